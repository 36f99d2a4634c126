use std::path::Path;

use super::*;

struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn load(&self) -> (Result<Element, Fault>, Vec<String>, Variables) {
        let mut globals = Variables::new();
        let mut faults = Vec::new();
        let root = load(&self.path().join("main.xml"), &mut globals, &mut faults);
        let folder = format!("{}/", self.path().display());
        (root, faults.iter().map(|f| f.to_string().replace(&folder, "")).collect(), globals)
    }
}

#[test]
fn files_are_put_into_each_other_and_keep_their_lines() {
    let files = Files::new(&[
        (
            "main.xml",
            "<?xml version=\"1.0\"?>\n<document>\n  <X-PRE-PROCESS cmd=\"set\" data=\"a=one\"/>\n  \
             <X-PRE-PROCESS cmd=\"include\" data=\"sub/*.xml\"/><last x=\"$${a}\"/>\n</document>\n",
        ),
        ("sub/2.xml", "<include>\n  <two/>\n</include>\n"),
        ("sub/1.xml", "<include>\n\n  <one v=\"$${a}\"/>\n</include>\n"),
    ]);
    let (root, faults, _) = files.load();
    let root = root.unwrap();
    assert_eq!(faults, [""; 0]);
    let seen: Vec<_> = root
        .children
        .iter()
        .map(|child| {
            let file = child.place.file.rsplit('/').next().unwrap().to_owned();
            (child.name.clone(), file, child.place.line)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("one".into(), "1.xml".into(), 3),
            ("two".into(), "2.xml".into(), 2),
            ("last".into(), "main.xml".into(), 4)
        ]
    );
    assert_eq!(root.child("one").unwrap().attribute("v"), Some("one"));
    assert_eq!(root.child("last").unwrap().attribute("x"), Some("one"));
}

#[test]
fn a_place_names_the_file_without_detours() {
    let files = Files::new(&[
        ("main.xml", "<d><X-PRE-PROCESS cmd=\"include\" data=\"auto/sofia.xml\"/></d>"),
        ("auto/sofia.xml", "<X-PRE-PROCESS cmd=\"include\" data=\"../profiles/*.xml\"/>"),
        ("profiles/a.xml", "<a/>"),
    ]);
    let (root, faults, _) = files.load();
    assert_eq!(faults, [""; 0]);
    let place = root.unwrap().child("a").unwrap().place.to_string();
    assert_eq!(place, format!("{}/profiles/a.xml:1", files.path().display()));
}

#[test]
fn comments_do_nothing_unless_they_are_old_directives() {
    let files = Files::new(&[(
        "main.xml",
        "<d>\n<!-- <X-PRE-PROCESS cmd=\"set\" data=\"a=1\"/> $${nothing}\n \
         <X-PRE-PROCESS cmd=\"include\" data=\"nosuch.xml\"/> -->\n<!--#set \"b=2\"-->\n\
         <e>$${b}</e></d>",
    )]);
    let (root, faults, globals) = files.load();
    assert_eq!(faults, [""; 0]);
    assert!(globals.value("a").is_none());
    let root = root.unwrap();
    let element = root.child("e").unwrap();
    assert_eq!((element.text.as_str(), element.place.line), ("2", 5));
}

#[test]
fn every_fault_has_its_line_and_none_hides_another() {
    let files = Files::new(&[
        (
            "main.xml",
            "<d>\n<X-PRE-PROCESS cmd=\"include\" data=\"nosuch.xml\"/>\n\
             <X-PRE-PROCESS cmd=\"set\" data=\"noequals\"/>\n<X-PRE-PROCESS cmd=\"exec\" data=\"ls\"/>\n\
             <X-PRE-PROCESS cmd=\"nosuch\" data=\"\"/>\n<X-PRE-PROCESS cmd=\"set\"/>\n$${unset}\n\
             <X-PRE-PROCESS cmd=\"env-set\" data=\"a=$NO_SUCH_VARIABLE_HERE\"/>\n\
             <X-PRE-PROCESS cmd=\"include\" data=\"loop.xml\"/>\n<ok/></d>",
        ),
        ("loop.xml", "\n<X-PRE-PROCESS cmd=\"include\" data=\"loop.xml\"/>"),
    ]);
    let (root, faults, _) = files.load();
    assert!(root.unwrap().child("ok").is_some());
    let places: Vec<_> = faults.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "main.xml:2",
            "main.xml:3",
            "main.xml:4",
            "main.xml:5",
            "main.xml:6",
            "main.xml:7",
            "main.xml:8",
            "loop.xml:2"
        ],
        "{faults:#?}"
    );
    assert!(faults.iter().any(|fault| fault.contains("loop.xml includes itself")), "{faults:#?}");
}

#[test]
fn broken_xml_says_where() {
    for (text, line) in [
        ("<d>\n<a>\n</b>\n</d>", 3),
        ("<d>\n<a>\n", 2),
        ("<d>\n<a x=1/>\n</d>", 2),
        ("<d>\n<a x=\"1\" x=\"2\"/>\n</d>", 2),
        ("<d>\n<!-- open\n</d>", 1),
    ] {
        let files = Files::new(&[("main.xml", text)]);
        let fault = files.load().0.unwrap_err();
        assert_eq!(fault.place.line, line, "{text:?}: {fault}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
    let fault = Files::new(&[("main.xml", &text)]).load().0.unwrap_err();
    assert!(fault.message.contains("nested deeper than 256"), "{fault}");
}

#[test]
fn entities_and_text() {
    let text = "<d a=\"&lt;a&gt; &amp; &quot; &apos; &#65;&#x42; &nbsp; tab&#9;nl&#10;\nx\">\
                a &lt; b<![CDATA[ <c> & ]]>&nbsp;</d>";
    let root = Files::new(&[("main.xml", text)]).load().0.unwrap();
    assert_eq!(root.attribute("a"), Some("<a> & \" ' AB &nbsp; tab\tnl\n x"));
    assert_eq!(root.text, "a < b <c> & &nbsp;");
}

#[test]
fn a_missing_file_is_an_error() {
    let fault = Files::new(&[]).load().0.unwrap_err();
    assert!(fault.to_string().contains("cannot read"), "{fault}");
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_panics(text in "([<>&$!{}\"'/=a-zX#?;-]|<X-PRE-PROCESS cmd=|<!--|-->|\\$\\$\\{|<!\\[CDATA\\[|\n){0,60}") {
            let files = Files::new(&[("main.xml", &text)]);
            let _ = files.load();
        }
    }
}
