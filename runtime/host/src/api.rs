//! `interface api`: commands, as on the console, and time.

use std::time::Duration;

use chrono::{Local, Offset as _, TimeZone as _};
use ringfence_sandbox::State;

use crate::{
    bindings::ringfence::call::{api, types::Failure},
    failure::bounded,
    host::{Host, tell, tell_answer},
    permission::{acting, answered, unknown},
};

impl api::Host for State<Host> {
    async fn execute(
        &mut self,
        command: String,
        arguments: String,
        with_session: bool,
    ) -> wasmtime::Result<Result<String, Failure>> {
        let _waiting = self.job().enter("api.execute");
        tell(self, || format!("api:execute({command:?}, {arguments:?})"));
        let fits =
            bounded("the command", &command).and_then(|()| bounded("its argument", &arguments));
        if let Err(failure) = fits {
            return Ok(Err(failure));
        }
        let session = self.host.session.clone().filter(|_| with_session);
        let run = self.host.switch()?.command(&command, &arguments, session.as_ref());
        let output = acting(self, run).await;
        let output = output.unwrap_or_else(|missing| unknown(self, &missing));
        tell_answer(self, &command, &output);
        answered(self, Ok(output))
    }

    fn time(&mut self) -> wasmtime::Result<u64> {
        self.job().count();
        let now = self.host.switch()?.clock().since_epoch();
        Ok(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }

    fn local_offset(&mut self, seconds: i64) -> wasmtime::Result<i32> {
        self.job().count();
        // A time that no calendar holds has no offset.
        let local = Local.timestamp_opt(seconds, 0).single();
        Ok(local.map_or(0, |time| time.offset().fix().local_minus_utc()))
    }

    async fn sleep(&mut self, ms: u64) -> wasmtime::Result<()> {
        let _waiting = self.job().enter("api.sleep");
        tell(self, || format!("freeswitch.msleep({ms})"));
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok(())
    }
}
