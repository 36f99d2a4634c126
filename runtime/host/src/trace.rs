//! Watching what scripts do: `ringfence run`'s transcript.

use ringfence_sandbox::Place;

/// Is told what scripts do, as it happens. Called on guest threads: it must not block.
pub trait Trace: Send + Sync {
    /// The script called a function of the server; `call` reads as FreeSWITCH's Lua:
    /// `session:streamFile("hello.wav")`.
    fn called(&self, place: Option<&Place>, call: &str);
    /// The script wrote a log line; `level` as FreeSWITCH names it: `NOTICE`.
    fn logged(&self, place: Option<&Place>, level: &str, message: &str);
    /// The script printed a line.
    fn printed(&self, line: &str);
    /// The script ended with an error: the message with `file:line`, then the traceback.
    fn failed(&self, error: &str);
}
