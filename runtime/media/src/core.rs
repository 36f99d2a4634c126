//! The stream itself: time, packets and commands in; packets, events and ends out. It opens no
//! socket and asks no clock, so that media threads and simulations run the same code.

mod listen;
mod play;
mod receive;
mod relay;
mod send;
mod session;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::codec::Codec;
use crate::dtmf;
use crate::far::Far;
use crate::jitter::Jitter;
use crate::rtcp::Epoch;
use crate::sdp::Agreement;
use crate::stream::{
    Command, Control, Counters, Heard, PlaybackEndReason, RecordingEndReason, StreamEvent,
};
use crate::writer::Writer;
use listen::{Capture, Listener};
use play::Playing;
use receive::Receiving;
use relay::Relaying;
use send::Sending;

/// What all streams of a [`Media`](crate::Media) have in common.
pub(crate) struct Settings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) rtcp_interval: Duration,
    pub(crate) jitter: RangeInclusive<u16>,
    pub(crate) writer: Writer,
    pub(crate) epoch: Epoch,
}

/// Where packets go.
pub(crate) trait Wire {
    /// Sends an RTP packet; what cannot be sent is lost, as on a network.
    fn rtp(&mut self, packet: &[u8], to: SocketAddr);
    /// Sends an RTCP packet.
    fn rtcp(&mut self, packet: &[u8], to: SocketAddr);
    /// The far end's address is known for sure now (or, with none, is not any more).
    fn latch(&mut self, far: Option<SocketAddr>);
}

/// One stream. Idle it is a few hundred bytes: what plays, records or buffers is boxed.
pub(crate) struct Core {
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    events: mpsc::Sender<StreamEvent>,
    agreement: Option<Box<Agreement>>,
    far: Far,
    sending: Sending,
    receiving: Receiving,
    playing: Option<Box<Playing>>,
    capture: Option<Box<Capture>>,
    /// Recordings of the whole call.
    sessions: Vec<Capture>,
    /// What is sent and was not recorded yet, while there are some.
    sent: VecDeque<i16>,
    listener: Option<Box<Listener>>,
    jitter: Option<Box<Jitter>>,
    keys_out: Option<Box<dtmf::Sender>>,
    echo: bool,
    /// Comes before the echo.
    relay: Option<Relaying>,
    /// Who hears packets as they come.
    tap: Option<mpsc::Sender<Heard>>,
    /// When the next RTCP report is due; none while no RTP flows.
    report: Option<Instant>,
    /// When silence is a timeout.
    timeout: Option<Instant>,
    /// Events were lost because too many wait.
    behind: bool,
}

impl Core {
    pub(crate) fn new(
        settings: Arc<Settings>,
        counters: Arc<Counters>,
        events: mpsc::Sender<StreamEvent>,
        now: Instant,
    ) -> Self {
        Self {
            settings,
            counters,
            events,
            agreement: None,
            far: Far::default(),
            sending: Sending::new(now),
            receiving: Receiving::default(),
            playing: None,
            capture: None,
            sessions: Vec::new(),
            sent: VecDeque::new(),
            listener: None,
            jitter: None,
            keys_out: None,
            echo: false,
            relay: None,
            tap: None,
            report: None,
            timeout: None,
            behind: false,
        }
    }

    /// Does what a handle asks.
    pub(crate) fn command(&mut self, now: Instant, command: Command, wire: &mut impl Wire) {
        match command {
            Command::Connect(agreement) => self.connect(now, agreement, wire),
            Command::Play(play) => {
                self.end_playing(PlaybackEndReason::Replaced);
                self.playing = Some(Box::new(Playing::new(*play)));
            }
            Command::Record(record) => {
                self.end_capture(RecordingEndReason::Stopped);
                let capture = self.begin_capture(now, *record);
                self.capture = Some(Box::new(capture));
            }
            Command::RecordSession(record) => self.begin_session(now, *record),
            Command::Listen(listen) => self.listener = Some(Box::new(Listener::new(now, *listen))),
            Command::Control { id, control: Control::Playback(control) } => {
                self.control_playing(id, control);
            }
            Command::Control { id, control: Control::Recording(control) } => {
                self.control_capture(now, id, control);
            }
            Command::Echo(on) => self.echo = on,
            Command::Hear(tap) => self.tap = Some(tap),
            Command::SendDtmf(keys) => self.queue_keys(keys),
            Command::Relay { id, to } => self.begin_relay(id, to),
            Command::EndRelay(id) => self.end_relay(id),
            Command::Relayed(relayed) => self.relayed(now, &relayed, wire),
        }
        self.settle_jitter();
    }

    /// There is a jitter buffer for as long as somebody listens.
    fn settle_jitter(&mut self) {
        if self.capture.is_none() && self.listener.is_none() && self.sessions.is_empty() {
            self.jitter = None;
        } else if self.jitter.is_none() {
            self.jitter = Some(Box::new(Jitter::new(&self.settings.jitter)));
        }
    }

    /// How often [`tick`](Self::tick) wants to be called: every packet's length while there is
    /// something to send or to hear, else never.
    pub(crate) fn period(&self) -> Option<Duration> {
        let busy = self.playing.is_some()
            || self.keys_out.is_some()
            || self.capture.is_some()
            || !self.sessions.is_empty()
            || self.listener.is_some();
        busy.then(|| Duration::from_millis(u64::from(self.ptime())))
    }

    /// One packet's length has passed.
    pub(crate) fn tick(&mut self, now: Instant, wire: &mut impl Wire) {
        self.send_next(now, wire);
        self.hear(now);
    }

    /// When [`expire`](Self::expire) wants to be called, whatever happens until then.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let keepalive = self.keepalive();
        [self.report, self.timeout, self.receiving.keys.deadline(), keepalive]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due.
    pub(crate) fn expire(&mut self, now: Instant, wire: &mut impl Wire) {
        if let Some(key) = self.receiving.keys.expire(now) {
            self.report_key(key);
        }
        if self.timeout.is_some_and(|due| due <= now) {
            self.look_for_timeout(now);
        }
        if self.report.is_some_and(|due| due <= now) {
            self.send_report(now, wire, false);
        }
        if self.keepalive().is_some_and(|due| due <= now) {
            self.send_silence(now, wire);
        }
    }

    /// Ends everything; the stream is gone.
    pub(crate) fn close(mut self, now: Instant, wire: &mut impl Wire) {
        self.end_playing(PlaybackEndReason::Closed);
        self.hear(now);
        self.end_capture(RecordingEndReason::Closed);
        self.end_sessions(RecordingEndReason::Closed);
        if self.report.is_some() {
            self.send_report(now, wire, true);
        }
    }

    fn connect(&mut self, now: Instant, agreement: Box<Agreement>, wire: &mut impl Wire) {
        self.far = Far::told(agreement.remote);
        wire.latch(None);
        if let Some(jitter) = &mut self.jitter {
            jitter.reset();
        }
        self.agreement = Some(agreement);
        self.receiving.connected(now);
        self.arm_timeout();
    }

    fn codec(&self) -> Codec {
        self.agreement.as_ref().map_or(Codec::Pcmu, |agreement| agreement.codec)
    }

    fn ptime(&self) -> u8 {
        self.agreement.as_ref().map_or(20, |agreement| agreement.ptime)
    }

    /// Tells an event. The far end makes keys as fast as it likes, so that only the first one lost is
    /// a warning.
    fn event(&mut self, event: StreamEvent) {
        match self.events.try_send(event) {
            Ok(()) => self.behind = false,
            Err(mpsc::error::TrySendError::Full(event)) => {
                if !std::mem::replace(&mut self.behind, true) {
                    tracing::warn!(
                        ?event,
                        "media: nobody reads the stream's events; they are dropped until somebody does"
                    );
                }
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {} // nobody wants them
        }
    }
}

#[cfg(test)]
mod tests;
