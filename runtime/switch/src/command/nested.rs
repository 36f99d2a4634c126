//! Commands that run commands: `xml_wrap`, `json`, `expand`, `${…}` within arguments.

tokio::task_local! {
    /// Commands that the current one runs within, and itself.
    static DEPTH: usize;
}

/// Commands that may run within each other; each takes of the stack. Who means it needs three or four.
const MAX_DEPTH: usize = 16;

/// Runs a command, unless too many others run it.
pub(crate) async fn nested(command: impl Future<Output = String>) -> String {
    let depth = DEPTH.try_with(|depth| *depth).unwrap_or(0);
    if depth >= MAX_DEPTH {
        return format!("-ERR commands are nested too deep: at most {MAX_DEPTH}\n");
    }
    DEPTH.scope(depth + 1, command).await
}
