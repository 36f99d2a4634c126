//! A started operation, and how it is driven.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::play::{self, Access};
use super::{Control, Failure, Operation, OperationEvent, Outcome, Speak, Speech, record, speech};
use crate::cause::Cause;
use crate::channel::Shared;
use crate::session::Session;

/// The longest sleep, in milliseconds: ten years. Longer ones are taken as this long; it keeps a
/// script's number away from the clock's end.
pub(crate) const MAX_SLEEP: u64 = 10 * 365 * 24 * 3600 * 1000;

tokio::task_local! {
    /// Set while a broadcast runs, to how deep it is nested: its operations do not end those of the
    /// call.
    static BESIDE: u32;
}

/// How deep what runs here is nested beside the call; 0 is the call itself.
pub(super) fn level() -> u32 {
    BESIDE.try_with(|level| *level).unwrap_or(0)
}

/// Runs a broadcast: what it starts lets the call's own operation wait instead of ending it.
pub(crate) async fn beside(session: &Session, run: impl Future<Output = ()>) {
    struct Over<'s>(&'s Session, u32);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.0.shared.lock().beside.retain(|level| *level != self.1);
            self.0.0.notify();
        }
    }
    let level = {
        let mut shared = session.0.shared.lock();
        let level = shared.beside.last().map_or(1, |top| top.saturating_add(1));
        shared.beside.push(level);
        level
    };
    let _over = Over(session, level);
    BESIDE.scope(level, run).await;
}

/// An operation that was started on a session; dropping it ends it.
#[derive(Debug)]
pub struct Running {
    session: Session,
    kind: Kind,
    watch: Watch,
    /// Whether keys and messages are reported.
    input: bool,
    ended: Option<OperationEvent>,
}

enum Kind {
    Play(Box<play::Playing>),
    Speech(speech::Speaking),
    Record(Box<record::Recording>),
    Sleep(Instant),
    Collect(BoxFuture<'static, Outcome>),
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Play(_) => "Play",
            Self::Speech(_) => "Speech",
            Self::Record(_) => "Record",
            Self::Sleep(_) => "Sleep",
            Self::Collect(_) => "Collect",
        })
    }
}

/// What an operation looks at to learn that it should end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    /// The operation's number; none for a broadcast's.
    number: Option<u32>,
    breaks: u32,
}

impl Watch {
    fn ended(self, shared: &Shared) -> Option<OperationEvent> {
        if !shared.state.up() {
            Some(OperationEvent::Hangup(shared.cause))
        } else if shared.transferring {
            Some(OperationEvent::Hangup(Cause::NONE))
        } else if self.breaks != shared.breaks
            || self.number.is_some_and(|number| number != shared.operation)
        {
            Some(OperationEvent::Finished(Outcome::Stopped))
        } else {
            None
        }
    }
}

impl Session {
    /// Starts an operation; one that runs already ends as stopped.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over or transferred, `Invalid` and `NotFound` for arguments that
    /// cannot be used, `Failed` without media.
    pub async fn start(&self, operation: Operation) -> Result<Running, Failure> {
        let watch = self.watch()?;
        let (kind, input) = match operation {
            Operation::Play(play) if speech::is_speech(&play.path) => {
                (Kind::Speech(speech::start(self, Speech::Path(play.path))), play.input)
            }
            Operation::Play(play) => {
                let input = play.input;
                let playing = self.unless_over(play::start(self, play, Access::Asked(None)));
                (Kind::Play(Box::new(playing.await?)), input)
            }
            Operation::Detect(detect) => {
                let input = detect.input;
                (Kind::Collect(super::detect::start(self, detect)), input)
            }
            Operation::Speak(Speak { speech, input }) => {
                (Kind::Speech(speech::start(self, speech)), input)
            }
            Operation::Record(record) => {
                let input = record.input;
                let recording = self.unless_over(record::start(self, record)).await?;
                (Kind::Record(Box::new(recording)), input)
            }
            Operation::Sleep(sleep) => {
                let until = Instant::now() + Duration::from_millis(sleep.ms.min(MAX_SLEEP));
                (Kind::Sleep(until), sleep.input)
            }
            Operation::Digits(digits) => {
                (Kind::Collect(super::digits::start(self, digits)?), false)
            }
            Operation::Prompt(prompt) => {
                (Kind::Collect(super::prompt::start(self, prompt)?), false)
            }
        };
        Ok(Running { session: self.clone(), kind, watch, input, ended: None })
    }

    /// Starts an operation and waits for its end, without reporting keys. For applications.
    ///
    /// # Errors
    ///
    /// As [`Self::start`], and `Hangup` when the call ends meanwhile.
    pub async fn perform(&self, operation: Operation) -> Result<Outcome, Failure> {
        let mut running = self.start(operation).await?;
        loop {
            match running.next_event().await {
                OperationEvent::Finished(outcome) => return Ok(outcome),
                OperationEvent::Hangup(cause) => return Err(Failure::Hangup(cause)),
                // The caller asked for input and does not look at it.
                OperationEvent::Dtmf(_) | OperationEvent::Message(_) => {}
            }
        }
    }

    /// Lets time pass (none: for ever), whatever keys are pressed; for applications that wait.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call ends or is transferred meanwhile. A break is no error.
    pub(crate) async fn rest(&self, length: Option<Duration>) -> Result<(), Failure> {
        let watch = self.watch()?;
        let over = self.0.wait_for(|shared| watch.ended(shared));
        let passed = async {
            match length {
                Some(length) => tokio::time::sleep(length).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            event = over => match event {
                OperationEvent::Hangup(cause) => Err(Failure::Hangup(cause)),
                _ => Ok(()),
            },
            () = passed => Ok(()),
        }
    }

    fn watch(&self) -> Result<Watch, Failure> {
        let beside = level() > 0;
        let watch = {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return Err(Failure::Hangup(shared.cause));
            }
            if shared.transferring {
                return Err(Failure::Hangup(Cause::NONE));
            }
            if !beside {
                shared.operation = shared.operation.wrapping_add(1);
            }
            Watch { number: (!beside).then_some(shared.operation), breaks: shared.breaks }
        };
        if !beside {
            self.0.notify();
        }
        Ok(watch)
    }

    /// Waits for what may take long to start (a file on a slow disk), unless the call ends first.
    async fn unless_over<T>(
        &self,
        start: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            _ = self.interrupted() => Err(self.over().unwrap_or(Failure::Hangup(Cause::NONE))),
            started = start => started,
        }
    }
}

impl Running {
    /// Waits for what happens next. May be dropped and called again: nothing is lost.
    ///
    /// After `Finished` or `Hangup` it answers the same again.
    pub async fn next_event(&mut self) -> OperationEvent {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        let Self { session, kind, watch, input, .. } = self;
        let channel = &session.0;
        let sleeping = matches!(kind, Kind::Sleep(_)) && !*input;
        let event = tokio::select! {
            biased;
            event = channel.wait_for(|shared| watch.ended(shared)) => event,
            event = channel.wait_for(|shared| next_input(shared, *input)) => event,
            // A key that nobody takes ends a sleep, as in FreeSWITCH; it stays in the buffer.
            event = channel.wait_for(|shared| {
                (sleeping && !shared.digits.is_empty())
                    .then_some(OperationEvent::Finished(Outcome::Stopped))
            }) => event,
            outcome = kind.finished(session) => OperationEvent::Finished(outcome),
        };
        self.settle(event)
    }

    /// Notes the end, and tells a hangup that closed the stream as what it is.
    fn settle(&mut self, event: OperationEvent) -> OperationEvent {
        let event = match event {
            OperationEvent::Finished(outcome) => {
                let over = match self.session.over() {
                    // A prompt that failed may have transferred the call itself.
                    Some(Failure::Hangup(cause)) if !matches!(outcome, Outcome::Digits(_)) => {
                        Some(OperationEvent::Hangup(cause))
                    }
                    _ => None,
                };
                over.unwrap_or(OperationEvent::Finished(outcome))
            }
            other => other,
        };
        if matches!(event, OperationEvent::Finished(_) | OperationEvent::Hangup(_)) {
            self.ended = Some(event.clone());
            match &mut self.kind {
                Kind::Play(playing) => playing.note_end(&self.session),
                // What it has in hand ends with it.
                Kind::Speech(speaking) => speaking.control(Control::Stop),
                Kind::Record(_) | Kind::Sleep(_) | Kind::Collect(_) => {}
            }
        }
        event
    }

    /// Changes the operation.
    ///
    /// # Errors
    ///
    /// `Failed` when it has ended, or cannot be changed so: only playback is sought in, only a
    /// recording truncated.
    pub fn control(&mut self, control: Control) -> Result<(), Failure> {
        if self.ended.is_some() {
            return Err(Failure::Failed("the operation has ended".into()));
        }
        if matches!(control, Control::Stop | Control::Truncate) {
            // What is pressed from now on is for whoever comes next.
            self.input = false;
        }
        match &mut self.kind {
            Kind::Play(playing) => playing.control(control),
            Kind::Speech(speaking) => {
                speaking.control(control);
                Ok(())
            }
            Kind::Record(recording) => recording.control(control),
            Kind::Sleep(_) | Kind::Collect(_) if control == Control::Stop => {
                self.ended = Some(OperationEvent::Finished(Outcome::Stopped));
                Ok(())
            }
            Kind::Sleep(_) => Err(Failure::Failed("a sleep can only be stopped".into())),
            Kind::Collect(_) => {
                Err(Failure::Failed("collecting digits can only be stopped".into()))
            }
        }
    }
}

fn next_input(shared: &mut Shared, wanted: bool) -> Option<OperationEvent> {
    if !wanted {
        return None;
    }
    if let Some(digit) = shared.digits.pop_front() {
        return Some(OperationEvent::Dtmf(digit));
    }
    shared.messages.pop_front().map(|event| OperationEvent::Message(Box::new(event)))
}

impl Kind {
    async fn finished(&mut self, session: &Session) -> Outcome {
        match self {
            Self::Play(playing) => playing.finished(session).await,
            Self::Speech(speaking) => speaking.finished().await,
            Self::Record(recording) => recording.finished(session).await,
            Self::Sleep(until) => {
                tokio::time::sleep_until(*until).await;
                Outcome::Done
            }
            Self::Collect(collecting) => collecting.await,
        }
    }
}
