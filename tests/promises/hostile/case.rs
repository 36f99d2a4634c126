//! A case: what is in its head, and the runs that it makes.
//!
//! The head is the comment at the start of the file: sentences, then lines of these.
//!
//! | line | means |
//! |---|---|
//! | `lua: 5.1 5.4` | the versions it runs in, one run each; `all`; 5.4 without this line |
//! | `profile: trusted` | the shipped profile it runs under; without this line, a profile of its own: `third-party` with less time (`batch.rs`) and a folder to write to |
//! | `with: memory=64 api=*` | these parameters in that profile of its own |
//! | `ends: error` | `script_result`; `ends 5.1: trap` for one version; `error or cpu-limit` where the machine decides; `hangup` when the call ends before the script |
//! | `error: text` | is in `script_error` |
//! | `says: text` | is in a line of the log that names this run |
//! | `kill: text` | when this was said, the job is killed |
//! | `hangup: text` | when this was said, the caller hangs up |
//! | `press: text` | when this was said, the caller presses 5 |
//! | `raw` | the text is no module: it is put where a component should be as it stands |
//! | `whole` | the text is a whole component, not the module of one |
//! | `keep: 100` | only so many bytes of the component |
//! | `functions: 1000` | so many large functions are added to the module |

use std::fs;
use std::path::Path;

/// The versions of Lua.
const VERSIONS: [&str; 4] = ["5.1", "5.2", "5.3", "5.4"];

/// One file.
#[derive(Debug)]
pub(crate) struct Case {
    /// Without its ending.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) language: Language,
    head: Vec<(String, String)>,
}

/// What a case is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Lua,
    Component,
}

/// One run of a case.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) case: &'a Case,
    /// The version of Lua, or `wasm`.
    pub(crate) version: &'static str,
    /// What is dialled: `5.1-string_rep`.
    pub(crate) id: String,
}

/// All cases, in the order of their names.
pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("promises/hostile");
    let mut cases = Vec::new();
    for (language, place, ending, comment) in
        [(Language::Lua, "lua", "lua", "--"), (Language::Component, "component", "wat", ";;")]
    {
        for entry in fs::read_dir(folder.join(place)).unwrap().flatten() {
            let path = entry.path();
            assert_eq!(path.extension().unwrap(), ending, "{}", path.display());
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let head = head(&text, comment);
            assert!(head.iter().any(|(key, _)| key.starts_with("ends")), "{name} has no end");
            cases.push(Case { name, text, language, head });
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

fn head(text: &str, comment: &str) -> Vec<(String, String)> {
    let lines = text.lines().map_while(|line| line.strip_prefix(comment));
    let pairs = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
    pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
}

impl Case {
    /// The runs of these cases.
    pub(crate) fn runs(cases: &[Self]) -> impl Iterator<Item = Run<'_>> {
        cases.iter().flat_map(|case| {
            case.versions().into_iter().map(move |version| Run {
                case,
                version,
                id: format!("{version}-{}", case.name),
            })
        })
    }

    fn versions(&self) -> Vec<&'static str> {
        if self.language == Language::Component {
            return vec!["wasm"];
        }
        let wanted = self.one("lua").unwrap_or("5.4");
        VERSIONS.into_iter().filter(|version| wanted == "all" || wanted.contains(version)).collect()
    }

    /// The value of a line of the head.
    pub(crate) fn one(&self, key: &str) -> Option<&str> {
        self.every(key).next()
    }

    /// All values under one key.
    pub(crate) fn every(&self, key: &str) -> impl Iterator<Item = &str> {
        self.head.iter().filter(move |(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Whether the head has this word as a line.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.one(word).is_some()
    }
}

impl Run<'_> {
    /// How it must end.
    pub(crate) fn ends(&self) -> &str {
        let own = self.case.one(&format!("ends {}", self.version));
        own.or_else(|| self.case.one("ends")).expect("every version has an end")
    }

    /// What must be in the error.
    pub(crate) fn error(&self) -> Option<&str> {
        let own = self.case.one(&format!("error {}", self.version));
        own.or_else(|| self.case.one("error"))
    }

    /// Where its script is, in the folder of scripts.
    pub(crate) fn file(&self) -> String {
        let ending = if self.case.language == Language::Lua { "lua" } else { "wasm" };
        format!("hostile/{}.{ending}", self.id)
    }
}
