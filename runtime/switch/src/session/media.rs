//! Answering: ringing, early media, 200 OK.

use crate::cause::Cause;
use crate::channel::hangup::{self, How};
use crate::channel::{CallState, Direction, Shared};
use crate::endpoint::sip::{self, media::Unanswerable};
use crate::endpoint::{Leg, loopback, null};
use crate::event::EventName;
use crate::operation::Failure;
use crate::session::Session;
use crate::session::on::When;

/// What a step towards the answer has changed.
enum Step {
    Done,
    Nothing,
}

impl Session {
    /// True for a leg without a far end.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.0.shared.lock().leg, Leg::Null)
    }

    /// Tells the caller that it rings (180). Done already, or answered, is success.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over.
    pub async fn ring_ready(&self) -> Result<(), Failure> {
        let now = self.0.switch.microseconds();
        let step = self.step(|shared, _| {
            if shared.answered || shared.progressed {
                return Ok(Step::Nothing);
            }
            if let Leg::Sip(leg) = &mut shared.leg {
                sip::ring(leg)?;
            }
            shared.progressed = true;
            shared.profile.times.progress = now;
            Ok(Step::Done)
        })?;
        if matches!(step, Step::Done) {
            loopback::follow(self, loopback::Step::Rings);
            self.0.fire(EventName::ChannelProgress, |_| {});
            self.execute_on(When::Ring).await;
            self.0.enter_call_state(CallState::Ringing);
        }
        Ok(())
    }

    /// Opens early media (183). Done already, or answered, is success.
    ///
    /// A caller that made no offer cannot be heard before the answer; it is told 180 instead.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Failed` when there is no common codec or no port for media:
    /// the call is then refused (488, 503).
    pub async fn pre_answer(&self) -> Result<(), Failure> {
        let now = self.0.switch.microseconds();
        let step = self.step(|shared, media| {
            if shared.answered || shared.media.ready {
                return Ok(Step::Nothing);
            }
            match &mut shared.leg {
                Leg::Sip(leg) => sip::pre_answer(leg, &mut shared.media, media)?,
                Leg::Loopback(_) => shared.media.ready = true,
                Leg::Null => {}
            }
            shared.progressed = true;
            shared.profile.times.progress_media = now;
            Ok(Step::Done)
        })?;
        if matches!(step, Step::Done) && self.media_ready() {
            self.0.notify();
            loopback::follow(self, loopback::Step::Early);
            self.0.report_codecs();
            self.0.fire(EventName::ChannelProgressMedia, |_| {});
            self.execute_on(When::PreAnswer).await;
            self.execute_on(When::Media).await;
            self.0.enter_call_state(CallState::Early);
        }
        Ok(())
    }

    /// Answers the call. Done already is success.
    ///
    /// When the caller left the offer to us, waits for its answer (in the ACK).
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Failed` when there is no common codec or no port for media:
    /// the call is then refused (488, 503).
    pub async fn answer(&self) -> Result<(), Failure> {
        let now = self.0.switch.microseconds();
        let first = !self.media_ready();
        let step = self.step(|shared, media| {
            if shared.answered {
                return Ok(Step::Nothing);
            }
            match &mut shared.leg {
                Leg::Sip(leg) => sip::answer(leg, &mut shared.media, media)?,
                Leg::Loopback(_) => shared.media.ready = true,
                Leg::Null => {}
            }
            shared.answered = true;
            shared.profile.times.answered = now;
            Ok(Step::Done)
        })?;
        if matches!(step, Step::Done) {
            self.0.notify();
            loopback::follow(self, loopback::Step::Answered);
            tracing::debug!(call = %self.0.uuid, "answered");
            self.0.report_codecs();
            self.0.fire(EventName::ChannelAnswer, |_| {});
            if first {
                self.execute_on(When::Media).await;
            }
            self.execute_on(When::Answer).await;
            self.0.enter_call_state(CallState::Active);
        }
        self.media_settled().await
    }

    /// Waits until media is ready or the call over, when an offer of ours is not answered yet.
    async fn media_settled(&self) -> Result<(), Failure> {
        self.0
            .wait_for(|shared| {
                if !shared.state.up() {
                    return Some(Err(Failure::Hangup(shared.cause)));
                }
                let inbound = self.0.direction == Direction::Inbound;
                match &shared.leg {
                    Leg::Sip(leg) if inbound && !shared.media.ready && leg.offered => None,
                    _ => Some(Ok(())),
                }
            })
            .await
    }

    /// Does one step under the lock; what cannot be answered ends the call. A leg that we called is
    /// answered by its far end, so nothing is done for it.
    fn step(
        &self,
        act: impl FnOnce(&mut Shared, &ringfence_media::Media) -> Result<Step, Unanswerable>,
    ) -> Result<Step, Failure> {
        let media = self.0.switch.media();
        let result = {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return Err(Failure::Hangup(shared.cause));
            }
            if self.0.direction == Direction::Outbound {
                return Ok(Step::Nothing);
            }
            act(&mut shared, media)
        };
        result.map_err(|unanswerable| {
            tracing::warn!(call = %self.0.uuid, "cannot answer: {}", unanswerable.why);
            let how = match unanswerable.status {
                Some(status) => How::Refuse { status, phrase: None, contact: None },
                None => How::Local,
            };
            hangup::hangup(&self.0, unanswerable.cause, &how);
            unanswerable.into()
        })
    }

    /// The stream to play on and record from, opening early media when the call needs it.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over or transferred; `Failed` when there is no media.
    pub(crate) async fn stream(&self) -> Result<ringfence_media::Stream, Failure> {
        if let Some(over) = self.over() {
            return Err(over);
        }
        if let Some(stream) = self.ready_stream()? {
            return Ok(stream);
        }
        self.pre_answer().await?;
        match self.ready_stream()? {
            Some(stream) => Ok(stream),
            None => Err(Failure::Failed("no media: the call has to be answered first".into())),
        }
    }

    fn ready_stream(&self) -> Result<Option<ringfence_media::Stream>, Failure> {
        let mut shared = self.0.shared.lock();
        if !shared.state.up() {
            return Err(Failure::Hangup(shared.cause));
        }
        if matches!(shared.leg, Leg::Null) && shared.media.stream.is_none() {
            let (stream, events) = self
                .0
                .switch
                .media()
                .open(null::MEDIA)
                .map_err(|error| Failure::Failed(format!("no media: {error}")))?;
            shared.media.stream = Some(stream);
            shared.media.events = Some(events);
            drop(shared);
            self.0.notify();
            shared = self.0.shared.lock();
        }
        let ready = shared.media.ready || matches!(shared.leg, Leg::Null);
        Ok(ready.then(|| shared.media.stream.clone()).flatten())
    }

    /// Refuses or ends the call with a SIP status (the application `respond`).
    pub(crate) fn refuse(
        &self,
        cause: Cause,
        status: u16,
        phrase: Option<String>,
        contact: Option<String>,
    ) {
        hangup::hangup(&self.0, cause, &How::Refuse { status, phrase, contact });
    }
}
