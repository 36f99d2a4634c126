//! `script run`: starts a script in the background.

use futures_util::{FutureExt as _, future::BoxFuture};
use ringfence_sandbox::Owner;

use super::{Verb, usage};
use crate::{scripts::Scripts, start::Language};

pub(super) const VERB: Verb = Verb {
    name: "run",
    syntax: "<file> [arguments]",
    manual: "starts a script that serves no call: Lua from a `.lua` file, a component of the world \
             `call-script` from a `.wasm` file. Answers `+OK` and the job's id at once.",
    run,
};

fn run<'a>(scripts: &'a Scripts, line: &'a str) -> BoxFuture<'a, String> {
    async move {
        if line.is_empty() {
            return usage(&VERB);
        }
        match scripts.background(Language::ByEnding, Owner::new("script", ""), line).await {
            Ok(job) => format!("+OK {job}\n"),
            Err(error) => format!("-ERR {error}\n"),
        }
    }
    .boxed()
}
