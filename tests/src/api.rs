//! API commands, from outside.
//!
//! The dialplan runs API commands (`${command(arguments)}`), so that a call is enough to run one: the
//! command is a header of its INVITE, the answer a line in the log. No script takes part, so that
//! this works while scripts are refused or unloaded.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Caller, Configuration, Server, eventually};

/// What is dialled to run a command.
const NUMBER: &str = "run-api-command";

static COMMANDS: AtomicU32 = AtomicU32::new(0);

/// Adds the extension that runs commands.
pub(crate) fn extension(configuration: &Configuration) {
    configuration.extension(
        NUMBER,
        r#"<action application="log" data="CONSOLE [answer ${sip_h_X-Token}]${expand(${sip_h_X-Command})}[end ${sip_h_X-Token}]"/>
      <action application="hangup" data="CALL_REJECTED"/>"#,
    );
}

impl Server {
    /// Runs an API command and answers what it answers, without the line's end.
    #[track_caller]
    pub fn api(&self, command: &str) -> String {
        let token = COMMANDS.fetch_add(1, Ordering::Relaxed);
        let mut caller = Caller::new(self.port());
        caller.invite_with(NUMBER, &format!("X-Token: {token}\r\nX-Command: {command}\r\n"));
        let (from, to) = (format!("[answer {token}]"), format!("[end {token}]"));
        caller.refused();
        eventually(&format!("the answer to `{command}`"), || {
            let said = self.log.lines().join("\n");
            let (_, rest) = said.rsplit_once(&from)?;
            let (answer, _) = rest.split_once(&to)?;
            Some(answer.trim_end().to_owned())
        })
    }
}
