//! `say_string`: the sounds that `say` would play.

use super::split::arguments;
use super::{Command, CommandContext};
use crate::operation::speech::said_at;
use crate::phrase::{Asker, Language};

const SYNTAX: &str =
    "<module_name>[.<ext>] <lang>[.<ext>] <say_type> <say_method> [<say_gender>] <text>";

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "say_string",
        SYNTAX,
        "",
        "Prints what `say` would play, as a `file_string://` with the ending `ext` (`wav` unless given): \
         `say_string en.wav en number pronounced 42` is `file_string://digits/40.wav!digits/2.wav`. Prints \
         nothing for a text that cannot be said so, the usage for a language that the section `languages` does \
         not have or that has no words for the type.",
        say_string,
    )]
}

async fn say_string(context: CommandContext, text: String) -> String {
    let usage = || format!("-ERR Usage: {SYNTAX}\n");
    let words = arguments(&text, 6);
    let (module, language, kind, method, said) = match &words[..] {
        [module, language, kind, method, said] => (module, language, kind, method, said),
        [module, language, kind, method, _gender, said] => (module, language, kind, method, said),
        _ => return usage(),
    };
    let extension = module.split_once('.').map(|(_, extension)| extension);
    let asker = Asker { switch: &context.switch, session: context.session.as_ref() };
    let Some(language) = Language::find(asker, Some(language)).await else { return usage() };
    let zone = asker.variable("timezone").and_then(|name| name.parse().ok());
    let moment = context.switch.moment(zone);
    said_at(&moment, &language, kind, method, said, extension).unwrap_or_else(|_| usage())
}
