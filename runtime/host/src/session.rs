//! `interface session`: the call that the script serves.

use ringfence_sandbox::{OpenHandle, State};
use ringfence_switch::{self as switch, Cause, Session, channel::ChannelState};
use wasmtime::component::Resource;

use crate::{
    bindings::ringfence::call::{
        session::{
            self as interface, Control, Digits, Dtmf, Event, Failure, Hook, HostSession, Outcome,
            Prompt, Recording,
        },
        types,
    },
    entry::data,
    failure::bounded,
    host::{Host, tell},
    permission::{acting, acting_now, answered},
    variables::shown,
};

/// A handle of the guest to a call.
#[expect(unreachable_pub, reason = "the generated bindings export it")]
pub struct Call {
    session: Session,
    /// What was started last and not yet seen to its end.
    running: Option<switch::Running>,
    /// The call ends with the handle. (That of the served call ends with the script: `finish`.)
    ends: bool,
    /// Counts for the limit of calls; none for the served call.
    _open: Option<OpenHandle>,
}

impl Call {
    /// A call besides the served one.
    pub(crate) fn held(session: Session, open: OpenHandle) -> Self {
        Self { session, running: None, ends: false, _open: Some(open) }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.ends && self.session.hook().is_none() {
            self.session.hangup(Cause::NORMAL_CLEARING);
        }
    }
}

pub(crate) type Handle = Resource<Call>;

impl types::Host for State<Host> {}

impl interface::Host for State<Host> {
    fn current(&mut self) -> wasmtime::Result<Option<Handle>> {
        let Some(session) = self.host.session.clone() else { return Ok(None) };
        Ok(Some(self.table.push(Call { session, running: None, ends: false, _open: None })?))
    }
}

/// What a handle stands for. A guest cannot make handles up: an unknown one ends it.
pub(crate) fn session(state: &State<Host>, handle: &Handle) -> wasmtime::Result<Session> {
    Ok(state.table.get(handle)?.session.clone())
}

/// To send a call elsewhere is to do what the application `transfer` does.
fn may_transfer(state: &State<Host>) -> Result<(), switch::Failure> {
    state.host.authority.as_ref().map_or(Ok(()), |authority| authority.application("transfer"))
}

/// Ends what runs and starts something else.
pub(crate) async fn start(
    state: &mut State<Host>,
    handle: &Handle,
    operation: switch::Operation,
) -> wasmtime::Result<Result<(), Failure>> {
    let call = state.table.get_mut(handle)?;
    call.running = None;
    let session = call.session.clone();
    let started = match acting(state, session.start(operation)).await {
        Ok(running) => {
            state.table.get_mut(handle)?.running = Some(running);
            Ok(())
        }
        Err(failure) => Err(failure.into()),
    };
    answered(state, started)
}

impl HostSession for State<Host> {
    fn uuid(&mut self, handle: Handle) -> wasmtime::Result<String> {
        self.job().count();
        Ok(session(self, &handle)?.uuid().to_string())
    }

    fn state(&mut self, handle: Handle) -> wasmtime::Result<String> {
        self.job().count();
        let session = session(self, &handle)?;
        // A transferred call is on its way to the dialplan, as FreeSWITCH sees it; ours gets there when
        // the script has ended.
        Ok(match session.hook() {
            Some(switch::Hook::Transfer) => ChannelState::Routing.to_string(),
            _ => session.state().to_string(),
        })
    }

    fn ready(&mut self, handle: Handle) -> wasmtime::Result<bool> {
        self.job().count();
        Ok(session(self, &handle)?.ready())
    }

    fn answered(&mut self, handle: Handle) -> wasmtime::Result<bool> {
        self.job().count();
        Ok(session(self, &handle)?.answered())
    }

    fn media_ready(&mut self, handle: Handle) -> wasmtime::Result<bool> {
        self.job().count();
        Ok(session(self, &handle)?.media_ready())
    }

    fn bridged(&mut self, handle: Handle) -> wasmtime::Result<bool> {
        self.job().count();
        Ok(session(self, &handle)?.bridged())
    }

    fn hangup_cause(&mut self, handle: Handle) -> wasmtime::Result<String> {
        self.job().count();
        Ok(session(self, &handle)?.hangup_cause().to_string())
    }

    fn hook(&mut self, handle: Handle) -> wasmtime::Result<Option<Hook>> {
        self.job().count();
        Ok(session(self, &handle)?.hook().map(|hook| match hook {
            switch::Hook::Hangup => Hook::Hangup,
            switch::Hook::Transfer => Hook::Transfer,
        }))
    }

    fn get_variable(&mut self, handle: Handle, name: String) -> wasmtime::Result<Option<String>> {
        self.job().count();
        Ok(self.table.get(&handle)?.session.variable(&name))
    }

    fn set_variable(
        &mut self,
        handle: Handle,
        name: String,
        value: Option<String>,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        tell(self, || format!("session:setVariable({name:?}, {})", shown(value.as_deref())));
        let fits = bounded("the name", &name)
            .and_then(|()| bounded("the value", value.as_deref().unwrap_or_default()));
        if let Err(failure) = fits {
            return Ok(Err(failure));
        }
        let session = &self.table.get(&handle)?.session;
        let set = acting_now(self, || session.set_variable(&name, value.as_deref()));
        answered(self, set.map_err(|refused| Failure::Invalid(refused.to_string())))
    }

    async fn answer(&mut self, handle: Handle) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("session.answer");
        tell(self, || "session:answer()".to_owned());
        Ok(session(self, &handle)?.answer().await.map_err(Failure::from))
    }

    async fn pre_answer(&mut self, handle: Handle) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("session.pre-answer");
        tell(self, || "session:preAnswer()".to_owned());
        Ok(session(self, &handle)?.pre_answer().await.map_err(Failure::from))
    }

    fn hangup(&mut self, handle: Handle, cause: String) -> wasmtime::Result<()> {
        self.job().count();
        tell(self, || format!("session:hangup({cause:?})"));
        session(self, &handle)?.hangup(Cause::parse(&cause));
        Ok(())
    }

    fn transfer(
        &mut self,
        handle: Handle,
        extension: String,
        dialplan: Option<String>,
        context: Option<String>,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        tell(self, || {
            let (dialplan, context) = (shown(dialplan.as_deref()), shown(context.as_deref()));
            format!("session:transfer({extension:?}, {dialplan}, {context})")
        });
        if let Err(failure) = bounded("the extension", &extension) {
            return Ok(Err(failure));
        }
        let session = session(self, &handle)?;
        let done = acting_now(self, || {
            may_transfer(self)?;
            session.transfer(&extension, dialplan.as_deref(), context.as_deref())
        });
        answered(self, done.map_err(Failure::from))
    }

    fn set_auto_hangup(&mut self, handle: Handle, hang_up: bool) -> wasmtime::Result<()> {
        self.job().count();
        tell(self, || format!("session:setAutoHangup({hang_up})"));
        let call = self.table.get_mut(&handle)?;
        if self.host.session.as_ref() == Some(&call.session) {
            self.host.auto_hangup = hang_up;
        } else {
            call.ends = hang_up;
        }
        Ok(())
    }

    async fn execute(
        &mut self,
        handle: Handle,
        application: String,
        data: String,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("session.execute");
        tell(self, || format!("session:execute({application:?}, {data:?})"));
        let fits =
            bounded("the application", &application).and_then(|()| bounded("its data", &data));
        if let Err(failure) = fits {
            return Ok(Err(failure));
        }
        let session = session(self, &handle)?;
        let data = acting(self, session.expand(&data)).await;
        // What an expansion was refused is no data for the application.
        if let Err(refused) = answered(self, Ok(()))? {
            return Ok(Err(refused));
        }
        let done = acting(self, session.execute(&application, &data)).await;
        tell_bridge(self, &session, &application, &data);
        answered(self, done.map_err(Failure::from))
    }

    async fn start_playback(
        &mut self,
        handle: Handle,
        path: String,
        offset: u64,
        input: bool,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("session.start-playback");
        tell(self, || match offset {
            0 => format!("session:streamFile({path:?})"),
            offset => format!("session:streamFile({path:?}, {offset})"),
        });
        if let Err(failure) = bounded("the path", &path) {
            return Ok(Err(failure));
        }
        let play = switch::Play { path, offset, input };
        start(self, &handle, switch::Operation::Play(play)).await
    }

    async fn start_recording(
        &mut self,
        handle: Handle,
        recording: Recording,
        input: bool,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("session.start-recording");
        let Recording { path, limit, silence_threshold, silence_seconds } = recording;
        tell(self, || {
            format!("session:recordFile({path:?}, {limit}, {silence_threshold}, {silence_seconds})")
        });
        if let Err(failure) = bounded("the path", &path) {
            return Ok(Err(failure));
        }
        let record = switch::Record { path, limit, silence_threshold, silence_seconds, input };
        start(self, &handle, switch::Operation::Record(record)).await
    }

    async fn start_sleep(
        &mut self,
        handle: Handle,
        ms: u64,
        input: bool,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("session.start-sleep");
        tell(self, || format!("session:sleep({ms})"));
        start(self, &handle, switch::Operation::Sleep(switch::Sleep { ms, input })).await
    }

    async fn start_digits(
        &mut self,
        handle: Handle,
        digits: Digits,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("session.start-digits");
        let Digits { max, terminators, timeout, digit_timeout, total_timeout } = digits;
        tell(self, || {
            format!(
                "session:getDigits({max}, {terminators:?}, {timeout}, {digit_timeout}, \
                 {total_timeout})"
            )
        });
        if let Err(failure) = bounded("the terminators", &terminators) {
            return Ok(Err(failure));
        }
        let digits = switch::Digits { max, terminators, timeout, digit_timeout, total_timeout };
        start(self, &handle, switch::Operation::Digits(digits)).await
    }

    async fn start_prompt(
        &mut self,
        handle: Handle,
        prompt: Prompt,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("session.start-prompt");
        tell(self, || described(&prompt));
        let texts = [
            ("the terminators", &prompt.terminators),
            ("the file", &prompt.file),
            ("the file for invalid input", &prompt.invalid_file),
            ("the pattern", &prompt.pattern),
            ("the variable", &prompt.variable),
            ("the extension", &prompt.failure_extension),
        ];
        for (what, text) in texts {
            if let Err(failure) = bounded(what, text) {
                return Ok(Err(failure));
            }
        }
        if !prompt.failure_extension.is_empty() && may_transfer(self).is_err() {
            return answered(self, Ok(()));
        }
        let prompt = switch::Prompt {
            min: prompt.min,
            max: prompt.max,
            tries: prompt.tries,
            timeout: prompt.timeout,
            terminators: prompt.terminators,
            file: prompt.file,
            invalid_file: prompt.invalid_file,
            pattern: prompt.pattern,
            variable: prompt.variable,
            digit_timeout: prompt.digit_timeout,
            failure_extension: prompt.failure_extension,
            partial: prompt.partial,
        };
        start(self, &handle, switch::Operation::Prompt(prompt)).await
    }

    async fn next_event(&mut self, handle: Handle) -> wasmtime::Result<Result<Event, Failure>> {
        let _waiting = self.job().enter("session.next-event");
        // Taken out while it is waited for; when the guest is ended meanwhile it goes with it.
        let Some(mut running) = self.table.get_mut(&handle)?.running.take() else {
            return Ok(Err(Failure::Invalid("nothing runs on this session".to_owned())));
        };
        let event = acting(self, running.next_event()).await;
        if let Err(refused) = answered(self, Ok(()))? {
            return Ok(Err(refused));
        }
        if !matches!(event, switch::OperationEvent::Finished(_) | switch::OperationEvent::Hangup(_))
        {
            self.table.get_mut(&handle)?.running = Some(running);
        }
        Ok(Ok(reported(event)))
    }

    fn control(
        &mut self,
        handle: Handle,
        control: Control,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        let call = self.table.get_mut(&handle)?;
        let Some(running) = &mut call.running else {
            return Ok(Err(Failure::Invalid("nothing runs on this session".to_owned())));
        };
        let done = running.control(match control {
            Control::Pause => switch::Control::Pause,
            Control::Restart => switch::Control::Restart,
            Control::SeekBy(ms) => switch::Control::SeekBy(ms),
            Control::SeekTo(ms) => switch::Control::SeekTo(ms),
            Control::Speed(step) => switch::Control::Speed(step),
            Control::Volume(step) => switch::Control::Volume(step),
            Control::Truncate => switch::Control::Truncate,
            Control::Stop => switch::Control::Stop,
        });
        Ok(done.map_err(Failure::from))
    }

    fn flush_digits(&mut self, handle: Handle) -> wasmtime::Result<()> {
        self.job().count();
        tell(self, || "session:flushDigits()".to_owned());
        session(self, &handle)?.flush_digits();
        Ok(())
    }

    fn drop(&mut self, handle: Handle) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

/// A prompt as the Lua call that it most likely was.
fn described(prompt: &Prompt) -> String {
    let Prompt { min, max, tries, timeout, terminators, file, invalid_file, pattern, .. } = prompt;
    if prompt.partial {
        return format!("session:read({min}, {max}, {file:?}, {timeout}, {terminators:?})");
    }
    format!(
        "session:playAndGetDigits({min}, {max}, {tries}, {timeout}, {terminators:?}, {file:?}, \
         {invalid_file:?}, {pattern:?})"
    )
}

/// The switch's event in the contract's words.
fn reported(event: switch::OperationEvent) -> Event {
    match event {
        switch::OperationEvent::Dtmf(key) => {
            Event::Dtmf(Dtmf { digit: key.digit, duration: key.duration })
        }
        switch::OperationEvent::Message(event) => Event::Message(data(&event)),
        switch::OperationEvent::Finished(outcome) => Event::Finished(match outcome {
            switch::Outcome::Done => Outcome::Done,
            switch::Outcome::Stopped => Outcome::Stopped,
            switch::Outcome::Digits(digits) => Outcome::Digits(digits),
            switch::Outcome::Failed(text) => Outcome::Failed(text),
        }),
        switch::OperationEvent::Hangup(cause) => Event::Hangup(cause.to_string()),
    }
}
/// Tells the trace of a bridge that was not made; the application only leaves variables.
fn tell_bridge(state: &State<Host>, session: &switch::Session, application: &str, data: &str) {
    let Some(trace) = &state.host.trace else { return };
    if !application.eq_ignore_ascii_case("bridge") {
        return;
    }
    if let Some(cause) = session.variable("originate_disposition")
        && cause != switch::Cause::SUCCESS.name()
    {
        let place = state.job().place();
        let text = format!("not connected to {} ({cause})", switch::originate::dial::plain(data));
        trace.logged(place.as_ref(), "INFO", &text);
    }
}
