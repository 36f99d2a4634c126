use futures_util::FutureExt;

use super::*;

/// Variables from pairs; the command `again` expands its argument once more.
struct Pairs(&'static [(&'static str, &'static str)]);

impl Scope for Pairs {
    fn variable(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(key, _)| *key == name)?;
        Some(found.1.to_owned())
    }

    fn element(&self, _: &str, _: usize) -> Option<String> {
        None
    }

    fn global(&self, _: &str) -> Option<String> {
        None
    }

    fn api<'a>(&'a self, name: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            match name {
                "again" => Some(expand(arguments, self).await.into_owned()),
                _ => None,
            }
        })
    }
}

fn expanded(text: &str, scope: &Pairs) -> String {
    expand(text, scope).now_or_never().unwrap().into_owned()
}

#[test]
fn values_that_name_themselves_end() {
    let scope = Pairs(&[("a", "${b}"), ("b", "${a}")]);
    assert_eq!(expanded("${a}", &scope), "${b}");
}

#[test]
fn doubling_values_are_cut() {
    let scope = Pairs(&[("a", "${a}${a}"), ("b", "0123456789${b}${b}")]);
    // Without a bound this would be 2^100 substitutions.
    assert!(expanded("${a}", &scope).len() <= MAX_OUTPUT);
    let grown = expanded("${b}", &scope);
    assert!((10_000..=MAX_OUTPUT).contains(&grown.len()), "{}", grown.len());
}

#[test]
fn commands_within_commands_end() {
    let scope = Pairs(&[("deep", "${again(\\\\${deep})}"), ("x", "1")]);
    assert_eq!(expanded("${again(${x})}", &scope), "1");
    let text = format!("{}${{x}}{}", "${again(".repeat(5000), ")}".repeat(5000));
    // It ends, and does not end the process.
    let _ = expanded(&text, &scope);
}

#[test]
fn commands_give_nothing_where_nothing_can_wait() {
    assert_eq!(expand_now("a${again(x)}b${x}", &Pairs(&[("x", "1")])), "ab1");
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    const SCOPE: Pairs = Pairs(&[
        ("a", "${b}${c}"),
        ("b", "\\${a}"),
        ("c", "${again(${a})}"),
        ("d", "é\u{F7FC}x"),
        ("", "empty"),
    ]);

    proptest! {
        #[test]
        fn nothing_panics_and_output_is_bounded(
            text in "([$\\\\{}()':\\[\\]0-9 a-dé-]|\\$\\{[a-d]\\}|\\$\\{d:-?[0-9]|again\\(){0,40}"
        ) {
            prop_assert!(expanded(&text, &SCOPE).len() <= MAX_OUTPUT.max(text.len()));
        }

        #[test]
        fn text_without_signs_stays(text in "[^$\\\\]{0,60}") {
            prop_assert_eq!(expanded(&text, &SCOPE), text);
        }
    }
}
