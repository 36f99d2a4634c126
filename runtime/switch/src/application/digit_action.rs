//! `bind_digit_action`, `clear_digit_action`, `digit_action_set_realm`, `bind_meta_app`,
//! `unbind_meta_app`, `block_dtmf`, `unblock_dtmf`.

use crate::application::{Application, Flags};
use crate::authority;
use crate::command::split::{arguments, arguments_by};
use crate::keys::{Leg, action, meta};
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "bind_digit_action",
            "<realm>,<digits|~regex>,<string>[,<value>][,<dtmf target leg>][,<event target leg>]",
            "bind a key sequence or regex to an action",
            "When the keys are pressed, whatever the call does: `exec:<application>` runs an application \
             beside it with the value as its data, `api:<command>` a command; anything else is sent to \
             the call as an event with a header of that name, which input callbacks get. The first leg \
             says whose keys count, the second on whom it acts: `self`, `peer`, `both`.\n\nKeys of a \
             sequence reach nobody else; those that turn out to be none go on. A sequence that a longer \
             one, or a pattern, may still follow waits `bind_digit_digit_timeout` (ms, 1500, at most 60,000). Only those \
             of the realm count that was bound first, or that `digit_action_set_realm` named. At most 256 \
             a call, 16 of them patterns, of 64 keys and 4,096 bytes each; 16 commands run at a time.",
            Flags::NOMEDIA,
            bind_digit_action,
        ),
        Application::new(
            "clear_digit_action",
            "<realm>|all[,target]",
            "clear all digit bindings",
            "Forgets the sequences of a realm, or all.",
            Flags::NOMEDIA,
            async |session: Session, data: String| {
                for (leg, realm) in targets(&session, &data)? {
                    action::clear(&leg, &realm);
                }
                Ok(())
            },
        ),
        Application::new(
            "digit_action_set_realm",
            "<realm>[,<target>]",
            "change binding realm",
            "Only sequences of that realm count from now on.",
            Flags::NOMEDIA,
            async |session: Session, data: String| {
                for (leg, realm) in targets(&session, &data)? {
                    action::set_realm(&leg, &realm);
                }
                Ok(())
            },
        ),
        Application::new(
            "bind_meta_app",
            "<key> [a|b|ab] [a|b|o|s|i|1] <app>",
            "Bind a key to an application",
            "`*` and the key run `application::data` beside what the call does. The second word says \
             whose keys count: this leg's (`a`), that of whom it is bridged with (`b`), both; the third on \
             whom it acts: `a`, `b`, whoever pressed (`s`), the other one (`o`); with `1` only once. A key \
             that nothing is bound to goes on without its `*`. At most 4,096 bytes a key.",
            Flags::NOMEDIA,
            bind_meta_app,
        ),
        Application::new(
            "unbind_meta_app",
            "[<key>]",
            "Unbind a key from an application",
            "Forgets what is bound to `*` and that key, or to all keys.",
            Flags::NOMEDIA,
            async |session: Session, data: String| {
                meta::unbind(&session, data.trim().chars().next());
                Ok(())
            },
        ),
        Application::new(
            "block_dtmf",
            "",
            "Block DTMF",
            "Keys of this call are dropped from now on.",
            Flags::NOMEDIA,
            async |session: Session, _: String| {
                session.0.shared.lock().keys.get_or_insert_default().blocked = true;
                Ok(())
            },
        ),
        Application::new(
            "unblock_dtmf",
            "",
            "Stop blocking DTMF",
            "Keys of this call count again.",
            Flags::NOMEDIA,
            async |session: Session, _: String| {
                if let Some(keys) = &mut session.0.shared.lock().keys {
                    keys.blocked = false;
                }
                Ok(())
            },
        ),
    ]
}

async fn bind_digit_action(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments_by(&data, ',', 6);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let [realm, keys, what] = [0, 1, 2].map(word);
    if realm.is_empty() || keys.is_empty() || what.is_empty() {
        let text = "bind_digit_action needs <realm>,<digits|~regex>,<string>[,<value>]";
        return Err(Failure::Invalid(text.into()));
    }
    let (whose, whom) = (leg(word(4))?, leg(word(5))?);
    for listener in whose.of(&session) {
        action::bind(&listener, realm, keys, what, word(3), whom)?;
    }
    Ok(())
}

fn leg(text: &str) -> Result<Leg, Failure> {
    let unknown = || Failure::Invalid(format!("{text:?} is no leg: self, peer or both"));
    Leg::parse(text).ok_or_else(unknown)
}

/// `<realm>[,<target>]`.
fn targets(session: &Session, data: &str) -> Result<Vec<(Session, String)>, Failure> {
    let (realm, target) = data.split_once(',').unwrap_or((data, ""));
    let legs = leg(target)?.of(session).into_iter();
    Ok(legs.map(|leg| (leg, realm.trim().to_owned())).collect())
}

async fn bind_meta_app(session: Session, data: String) -> Result<(), Failure> {
    let wrong = || {
        let text = format!("bind_meta_app: {data:?}: <key> [a|b|ab] [a|b|o|s|i|1] <app>[::<data>]");
        Failure::Invalid(text)
    };
    let words = arguments(&data, 4);
    let [key, whose, flags, what] = words.as_slice() else { return Err(wrong()) };
    let key = key.chars().next().filter(|key| matches!(key, '0'..='9' | '*' | '#'));
    let sides = [('a', meta::Side::A), ('b', meta::Side::B)];
    let listens = sides.into_iter().filter(|(letter, _)| whose.contains(*letter));
    let target = flags.chars().find_map(|letter| match letter {
        'a' => Some(meta::Target::Leg(meta::Side::A)),
        'b' => Some(meta::Target::Leg(meta::Side::B)),
        'o' => Some(meta::Target::Opposite),
        's' => Some(meta::Target::Same),
        _ => None,
    });
    let (application, data) = what.split_once("::").unwrap_or((what, ""));
    let binding = meta::Binding {
        key: key.ok_or_else(wrong)?,
        listens: listens.map(|(_, side)| side).collect(),
        target: target.unwrap_or(meta::Target::Same),
        once: flags.contains('1'),
        application: application.to_owned(),
        data: data.to_owned(),
        authority: authority::current(),
    };
    meta::bind(&session, binding)
}
