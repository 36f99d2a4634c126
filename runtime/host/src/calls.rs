//! `interface calls`: more calls than the one that the script serves.

use ringfence_sandbox::{Handle as Kind, State};
use ringfence_switch::{
    event::{Event, EventName},
    originate::Originate,
};

use crate::{
    bindings::ringfence::call::{
        calls::{self as interface, Unanswered},
        types::{EventData, Failure},
    },
    consumer::{described, given, headers},
    failure::bounded,
    host::{Host, tell, tell_answer},
    permission::{acting, acting_now, answered, unknown},
    session::{Call, Handle, session},
};

impl interface::Host for State<Host> {
    fn find(&mut self, uuid: String) -> wasmtime::Result<Result<Handle, Failure>> {
        self.job().count();
        tell(self, || format!("freeswitch.Session({uuid:?})"));
        let Some(found) = self.host.switch()?.session(&uuid) else {
            return Ok(Err(Failure::NotFound(format!("there is no call {uuid}"))));
        };
        let own = self.host.session.as_ref() == Some(&found);
        if !own
            && let Some(authority) = &self.host.authority
            && let Err(refused) = authority.call(&uuid)
        {
            return answered(self, Err(refused.into()));
        }
        match self.job().open(Kind::Call) {
            Ok(open) => Ok(Ok(self.table.push(Call::held(found, open))?)),
            Err(reached) => Ok(Err(Failure::Failed(reached.to_string()))),
        }
    }

    async fn originate(
        &mut self,
        dial: String,
        a_leg: Option<Handle>,
        seconds: u32,
    ) -> wasmtime::Result<Result<Handle, Unanswered>> {
        let _waiting = self.job().enter("calls.originate");
        tell(self, || format!("originate({dial:?}, {seconds})"));
        if let Err(failure) = bounded("the dial string", &dial) {
            return Ok(Err(Unanswered::Failure(failure)));
        }
        let a_leg = a_leg.map(|handle| session(self, &handle)).transpose()?;
        let open = match self.job().open(Kind::Call) {
            Ok(open) => open,
            Err(reached) => {
                return Ok(Err(Unanswered::Failure(Failure::Failed(reached.to_string()))));
            }
        };
        let switch = self.host.switch()?.clone();
        let originate = Originate {
            dial,
            a_leg,
            timeout: Some(seconds),
            plan: None,
            caller_id_name: None,
            caller_id_number: None,
        };
        let made = acting(self, async move { switch.originate(&originate).await }).await;
        if let Err(refused) = answered(self, Ok(()))? {
            return Ok(Err(Unanswered::Failure(refused)));
        }
        match made {
            Ok(session) => {
                session.soft_execute().await;
                Ok(Ok(self.table.push(Call::held(session, open))?))
            }
            Err(cause) => Ok(Err(Unanswered::Cause(cause.to_string()))),
        }
    }

    async fn bridge(&mut self, a: Handle, b: Handle) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("calls.bridge");
        let (a, b) = (session(self, &a)?, session(self, &b)?);
        tell(self, || format!("freeswitch.bridge({}, {})", a.uuid(), b.uuid()));
        if let Some(authority) = &self.host.authority
            && let Err(refused) = authority.application("bridge")
        {
            return answered(self, Err(refused.into()));
        }
        let joined = acting(self, async move { a.bridge(&b).await }).await;
        answered(self, joined.map_err(Failure::from))
    }

    async fn wait_for_answer(
        &mut self,
        call: Handle,
        waiting: Option<Handle>,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("calls.wait-for-answer");
        tell(self, || "session:waitForAnswer()".to_owned());
        let call = session(self, &call)?;
        let waiting = waiting.map(|handle| session(self, &handle)).transpose()?;
        Ok(call.wait_for_answer(waiting.as_ref()).await.map_err(Failure::from))
    }

    async fn execute(
        &mut self,
        call: Handle,
        command: String,
        arguments: String,
    ) -> wasmtime::Result<Result<String, Failure>> {
        let _waiting = self.job().enter("calls.execute");
        tell(self, || format!("api:execute({command:?}, {arguments:?})"));
        let fits =
            bounded("the command", &command).and_then(|()| bounded("its argument", &arguments));
        if let Err(failure) = fits {
            return Ok(Err(failure));
        }
        let session = session(self, &call)?;
        let run = self.host.switch()?.command(&command, &arguments, Some(&session));
        let output = acting(self, run).await;
        let output = output.unwrap_or_else(|missing| unknown(self, &missing));
        tell_answer(self, &command, &output);
        answered(self, Ok(output))
    }

    fn describe(&mut self, call: Handle) -> wasmtime::Result<Vec<(String, String)>> {
        self.job().count();
        let mut event = Event::bare(EventName::ChannelData);
        session(self, &call)?.describe(&mut event);
        Ok(headers(&event))
    }

    fn cdr(&mut self, call: Handle) -> wasmtime::Result<String> {
        self.job().count();
        Ok(session(self, &call)?.cdr())
    }

    fn send_event(
        &mut self,
        call: Handle,
        event: EventData,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        tell(self, || format!("session:sendEvent() {}", described(&event)));
        let event = match given(event) {
            Ok(event) => event,
            Err(failure) => return Ok(Err(failure)),
        };
        let session = session(self, &call)?;
        let sent = acting_now(self, || session.receive(event));
        answered(self, sent.map_err(Failure::from))
    }

    async fn insert_file(
        &mut self,
        call: Handle,
        file: String,
        insert: String,
        sample: u64,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("calls.insert-file");
        tell(self, || format!("session:insertFile({file:?}, {insert:?}, {sample})"));
        let fits = bounded("the file", &file).and_then(|()| bounded("the other file", &insert));
        if let Err(failure) = fits {
            return Ok(Err(failure));
        }
        let session = session(self, &call)?;
        let done = async move { session.insert_file(&file, &insert, sample).await };
        let done = acting(self, done).await;
        answered(self, done.map_err(Failure::from))
    }

    fn flush_events(&mut self, call: Handle) -> wasmtime::Result<()> {
        self.job().count();
        session(self, &call)?.flush_messages();
        Ok(())
    }
}
