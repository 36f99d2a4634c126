//! One call, from INVITE to its end.

use std::time::Duration;

use bytes::Bytes;
use ringfence_media::sdp::{Agreement, Capabilities, Direction, Negotiation};
use ringfence_media::{
    Codec, Dtmf, Heard as Packet, PlayOptions, Playback, RecordOptions, Recording, Source, Stream,
    StreamEvent,
};
use ringfence_sip::wire::Response;
use ringfence_sip::{Body, Call, CallEvent, Ended, Invite, MAX_FORWARDS};
use ringfence_switch::Cause;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::finger::{Act, Finger, HELD};
use super::{Dial, DialError, Finished, How, Phone, target};
use crate::ear::{Ear, Heard};
use crate::timeline::{Ender, Happening, Moment};

/// Samples of 1/8000 s in a millisecond.
const PER_MS: u128 = 8;

/// A call that is being made or held.
pub(super) struct Line<'a> {
    dial: Dial,
    tell: &'a mut (dyn FnMut(Moment) + Send),
    began: Instant,
    call: Call,
    events: mpsc::Receiver<CallEvent>,
    stream: Stream,
    stream_events: mpsc::Receiver<StreamEvent>,
    packets: mpsc::Receiver<Packet>,
    negotiation: Negotiation,
    ear: Ear,
    /// What is played once the call is answered.
    source: Option<Source>,
    playback: Option<Playback>,
    recording: Option<Recording>,
    answered: Option<Duration>,
    finger: Option<Finger>,
    /// Set when the phone hangs up: how that counts.
    ending: Option<How>,
}

/// What is agreed on before the answer: whoever sends is heard, in the codec that was offered first.
fn early() -> Agreement {
    let offered = Capabilities::default();
    let codec = offered.codecs.first().copied().unwrap_or(Codec::Pcmu);
    Agreement {
        remote: None,
        rtcp: None,
        codec,
        payload_type: codec.payload_type(),
        dtmf: offered.dtmf,
        ptime: offered.ptime,
        direction: Direction::RecvOnly,
        hold: false,
    }
}

impl<'a> Line<'a> {
    /// Sends the INVITE.
    pub(super) async fn dial(
        phone: &Phone,
        dial: Dial,
        tell: &'a mut (dyn FnMut(Moment) + Send),
    ) -> Result<Self, DialError> {
        let from = target::from(&dial.caller, phone.address)?;
        let source = match &dial.play {
            None => None,
            Some(path) => Some(phone.media.library().open(&path.to_string_lossy()).await?),
        };
        let (stream, stream_events) = phone.media.open(phone.address)?;
        // Who offers must be ready to hear before the answer comes (RFC 3264 §5.1).
        stream.connect(&early());
        let packets = stream.hear();
        let mut negotiation = Negotiation::new(Capabilities::default(), stream.local());
        let recording = dial.record.as_ref().map(|path| stream.record(RecordOptions::new(path)));

        let began = Instant::now();
        tell(Moment::new(
            Duration::ZERO,
            Happening::Calls { target: dial.target.clone(), from: dial.caller.clone() },
        ));
        let (call, events) = phone.stack.invite(Invite {
            profile: phone.profile.clone(),
            target: dial.target.clone(),
            from,
            to: None,
            headers: Vec::new(),
            body: Some(Body::sdp(negotiation.offer(Direction::SendRecv))),
            proxy: None,
            max_forwards: MAX_FORWARDS,
        })?;
        Ok(Self {
            dial,
            tell,
            began,
            call,
            events,
            stream,
            stream_events,
            packets,
            negotiation,
            ear: Ear::new(),
            source,
            playback: None,
            recording,
            answered: None,
            finger: None,
            ending: None,
        })
    }

    /// Stays with the call to its end.
    pub(super) async fn hold(mut self) -> Result<Finished, DialError> {
        let (how, cause) = loop {
            let due = self.due();
            tokio::select! {
                // In this order, so that a simulation is the same every time.
                biased;
                event = self.events.recv() => {
                    if let Some(end) = self.signalled(event) {
                        break end;
                    }
                }
                Some(event) = self.stream_events.recv() => {
                    if let StreamEvent::Dtmf { digit, .. } = event {
                        self.say(Happening::Key { key: digit });
                    }
                }
                Some(packet) = self.packets.recv() => {
                    let samples: Vec<i16> =
                        packet.payload.iter().map(|byte| packet.codec.decode(*byte)).collect();
                    self.ear.hear(self.began.elapsed(), &samples);
                }
                () = sleep_until(self.began + due) => self.act(),
            }
            self.ear.wait(self.began.elapsed());
            self.tell_heard();
        };
        let length = self.began.elapsed();
        self.ear.finish();
        self.tell_heard();
        let not_recorded = self.finish_recording().await;
        Ok(Finished { how, cause, answered: self.answered.is_some(), length, not_recorded })
    }

    fn say(&mut self, what: Happening) {
        (self.tell)(Moment::new(self.began.elapsed(), what));
    }

    fn tell_heard(&mut self) {
        while let Some(heard) = self.ear.next_heard() {
            (self.tell)(match heard {
                Heard::Silence { at, lasted } => Moment::new(at, Happening::Silence { lasted }),
                Heard::Sound { at, sound } => Moment::new(at, Happening::Sound(sound)),
            });
        }
    }

    /// When the phone has something to do by itself, since dialling.
    fn due(&mut self) -> Duration {
        let hangup = self.hangup_at();
        let key = self.finger.as_mut().and_then(Finger::due);
        [key, self.ear.deadline(), hangup].into_iter().flatten().fold(self.cut_at(), Duration::min)
    }

    fn hangup_at(&self) -> Option<Duration> {
        match self.ending {
            Some(_) => None,
            None => Some(self.answered? + self.dial.hangup_after?),
        }
    }

    fn cut_at(&self) -> Duration {
        match self.ending {
            Some(_) => Duration::MAX / 4,
            None => self.dial.timeout,
        }
    }

    /// Does what is due.
    fn act(&mut self) {
        let now = self.began.elapsed();
        while let Some(act) = self.finger.as_mut().and_then(|finger| finger.act(now)) {
            match act {
                Act::HangUp => self.hang_up(How::Ended),
                Act::Press(key) => self.press(key),
            }
        }
        if self.hangup_at().is_some_and(|at| at <= now) {
            self.hang_up(How::Ended);
        }
        if self.cut_at() <= now {
            let how = if self.answered.is_some() { How::Cut } else { How::NoAnswer };
            self.hang_up(how);
        }
    }

    fn press(&mut self, key: char) {
        self.say(Happening::Presses { key });
        if self.dial.info {
            let body = format!("Signal={key}\r\nDuration={}\r\n", HELD.as_millis());
            if let Err(error) = self.call.info("application/dtmf-relay", Bytes::from(body)) {
                self.say(Happening::Trouble { message: format!("cannot press {key}: {error}") });
            }
            return;
        }
        let samples = u32::try_from(HELD.as_millis() * PER_MS).unwrap_or(u32::MAX);
        if let Some(dtmf) = Dtmf::with_duration(key, samples) {
            self.stream.send_dtmf(&[dtmf]);
        }
    }

    fn hang_up(&mut self, how: How) {
        if self.ending.is_some() {
            return;
        }
        self.ending = Some(how);
        self.finger = None;
        let method = if self.answered.is_some() { "BYE" } else { "CANCEL" };
        self.say(Happening::HangsUp { method });
        // A call that is over already tells so by its last event.
        let _ = self.call.hangup(Vec::new());
    }

    /// Takes what the stack reports; answers the end.
    fn signalled(&mut self, event: Option<CallEvent>) -> Option<(How, String)> {
        match event {
            Some(CallEvent::Provisional { status, sdp, response }) => {
                self.progress(status, sdp, &response);
                None
            }
            Some(CallEvent::Answered { sdp, response }) => {
                self.answered(sdp, &response);
                None
            }
            Some(CallEvent::Offer { sdp, responder }) => {
                match sdp {
                    None => responder.accept(self.negotiation.offer(Direction::SendRecv)),
                    Some(offer) => match self.negotiation.answer(&offer) {
                        Ok((answer, agreement)) => {
                            self.stream.connect(&agreement);
                            responder.accept(answer);
                        }
                        Err(refusal) => responder.refuse(refusal.status()),
                    },
                }
                None
            }
            Some(CallEvent::Confirmed { sdp: Some(sdp) }) => {
                self.connect(&sdp);
                None
            }
            Some(CallEvent::Refused { status, response }) => Some(self.refused(status, &response)),
            Some(CallEvent::Ended { how, reason, .. }) => Some(self.ended(how, reason.as_deref())),
            None => Some(self.ended(Ended::Timeout, None)),
            // INFO and answers to our re-INVITE, which a phone does not send.
            Some(_) => None,
        }
    }

    fn progress(&mut self, status: u16, sdp: Option<Bytes>, response: &Response) {
        let early_media = sdp.as_ref().is_some_and(|sdp| self.connect(sdp));
        let reason = response.reason().into_owned();
        self.say(Happening::Progress { status, reason, early_media });
    }

    fn answered(&mut self, sdp: Option<Bytes>, response: &Response) {
        let now = self.began.elapsed();
        self.answered = Some(now);
        let (status, reason) = (response.status(), response.reason().into_owned());
        self.say(Happening::Answered { status, reason });
        match sdp {
            Some(sdp) => {
                self.connect(&sdp);
            }
            None => {
                let message = "the answer has no SDP; nothing will be heard".to_owned();
                self.say(Happening::Trouble { message });
            }
        }
        self.finger = Some(Finger::new(&self.dial.presses, now));
        if let Some(source) = self.source.take() {
            let file = self.dial.play.as_ref().map(|path| path.display().to_string());
            self.say(Happening::Plays { file: file.unwrap_or_default() });
            self.playback = Some(self.stream.play(source, PlayOptions::default()));
        }
    }

    /// Takes the far end's answer to our offer; true when there is audio now.
    fn connect(&mut self, sdp: &[u8]) -> bool {
        match self.negotiation.accept(sdp) {
            Ok(agreement) => {
                self.stream.connect(&agreement);
                true
            }
            Err(refusal) => {
                let message = format!("cannot use the far end's SDP: {refusal}");
                self.say(Happening::Trouble { message });
                false
            }
        }
    }

    fn refused(&mut self, status: u16, response: &Response) -> (How, String) {
        let told = response.header("Reason").and_then(|reason| Cause::from_reason(&reason));
        let cause = told.unwrap_or_else(|| Cause::from_sip_status(status)).name().to_owned();
        let how = self.ending.unwrap_or(How::Refused);
        if self.ending.is_none() {
            self.say(Happening::Refused {
                status: Some(status),
                reason: response.reason().into_owned(),
                cause: Some(cause.clone()),
            });
        }
        (how, cause)
    }

    fn ended(&mut self, how: Ended, reason: Option<&str>) -> (How, String) {
        let told = reason.and_then(Cause::from_reason).unwrap_or(Cause::NORMAL_CLEARING);
        let end = match how {
            Ended::Bye | Ended::Cancelled => (How::Ended, Ender::FarEnd, told.name().to_owned()),
            Ended::Local => {
                let cause = match self.answered {
                    Some(_) => Cause::NORMAL_CLEARING,
                    None => Cause::ORIGINATOR_CANCEL,
                };
                let how = self.ending.unwrap_or(How::Ended);
                let how = if self.answered.is_none() { How::NoAnswer } else { how };
                (how, Ender::Caller, cause.name().to_owned())
            }
            Ended::Timeout | Ended::TransportFailure => {
                let why = reason.unwrap_or("no reply").to_owned();
                let how = if self.answered.is_some() { How::Lost } else { How::NoAnswer };
                (how, Ender::Failure, why)
            }
        };
        let (how, by, cause) = end;
        if by == Ender::Failure && self.answered.is_none() {
            self.say(Happening::Refused { status: None, reason: cause.clone(), cause: None });
        } else {
            self.say(Happening::Ended { by, cause: cause.clone() });
        }
        (how, cause)
    }

    /// Closes the file and tells what is in it; answers why not all is.
    async fn finish_recording(&mut self) -> Option<String> {
        let recording = self.recording.as_mut()?;
        recording.control(ringfence_media::RecordControl::Stop);
        let end = recording.finished().await;
        let file = self.dial.record.as_ref().map(|path| path.display().to_string());
        let file = file.unwrap_or_default();
        let Some(error) = end.error() else {
            let length = Duration::from_millis(end.milliseconds());
            self.say(Happening::Recorded { file, length });
            return None;
        };
        let message = format!("cannot record: {error}");
        self.say(Happening::Trouble { message: message.clone() });
        Some(message)
    }
}
