//! One call leg: its shared state, and the task that hears what happens to it.
//!
//! A `Channel` is reached through [`Session`](crate::Session) handles. What is quick is done by
//! whoever asks, under one short lock (answer, hangup, a variable): nobody waits for the task. The
//! task (`task`) owns what arrives from outside (SIP and media events) and runs the dialplan, so
//! BYE, `uuid_kill` and a transfer act at once, whatever a script does meanwhile.

pub(crate) mod api_hook;
pub(crate) mod data;
pub(crate) mod derived;
pub(crate) mod event;
pub(crate) mod execution;
pub(crate) mod hangup;
pub(crate) mod routing;
mod state;
pub(crate) mod task;

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use ringfence_media as media;

pub use state::{CallState, ChannelState, Direction, Disposition};

use crate::authority::Authority;
use crate::bridge::{Bond, order::Part};
use crate::cause::Cause;
use crate::endpoint::Leg;
use crate::event::Event;
use crate::operation::Dtmf;
use crate::profile::CallerProfile;
use crate::session::Execution;
use crate::switch::Switch;
use crate::variable::Variables;

/// Keys that wait to be read; FreeSWITCH keeps 500, and nobody reads that many. More are dropped,
/// with one WARN line a call.
pub const MAX_PENDING_DIGITS: usize = 128;

/// Events sent to a session that wait to be read; more are dropped with a WARN line.
pub const MAX_PENDING_MESSAGES: usize = 64;

/// What these events may take together, in bytes; the first may be larger.
pub const MAX_PENDING_MESSAGE_BYTES: usize = 1 << 20;

/// Broadcasts (`uuid_broadcast`) that wait for their turn; more are refused.
pub const MAX_PENDING_BROADCASTS: usize = 32;

/// What the channel's task is to run next.
pub(crate) enum Order {
    Application {
        application: String,
        data: String,
        /// Of the script that asked for it; none is the server's.
        authority: Option<Arc<Authority>>,
    },
    /// Its part in a bridge.
    Bridge(Part),
}

impl Order {
    /// An application of the server's.
    pub(crate) fn application(application: &str, data: &str) -> Self {
        let [application, data] = [application, data].map(str::to_owned);
        Self::Application { application, data, authority: None }
    }
}

/// An application that runs beside what the call executes.
pub(crate) struct Beside {
    pub(crate) execution: Execution,
    /// Of the script that asked for it; none is the server's.
    pub(crate) authority: Option<Arc<Authority>>,
}

/// A call leg. Shared by its task and all session handles.
pub(crate) struct Channel {
    pub(crate) uuid: Arc<str>,
    /// Counts the calls of this server from 1: `session_id`.
    pub(crate) number: u64,
    pub(crate) direction: Direction,
    /// `sofia/internal/1000@192.0.2.1`.
    pub(crate) name: Box<str>,
    pub(crate) switch: Switch,
    pub(crate) shared: Mutex<Shared>,
    /// Told whenever something changed that an operation or the task may wait for.
    pub(crate) changed: Notify,
}

/// What of a channel changes.
pub(crate) struct Shared {
    /// Where the channel is going: past `Hangup`, nothing begins any more.
    pub(crate) state: ChannelState,
    /// Where it is, as events tell: what still runs after a hangup ends in the state before.
    pub(crate) running: ChannelState,
    pub(crate) callstate: CallState,
    pub(crate) cause: Cause,
    pub(crate) profile: CallerProfile,
    pub(crate) variables: Variables,
    pub(crate) leg: Leg,
    pub(crate) media: MediaState,
    pub(crate) answered: bool,
    /// Early media, or ringing, has been told.
    pub(crate) progressed: bool,
    /// A transfer waits for the running application to end.
    pub(crate) transferring: bool,
    /// The dialplan has been asked at least once.
    pub(crate) hit_dialplan: bool,
    /// `CODEC` was told for what was agreed on.
    pub(crate) codecs_told: bool,
    /// The log was told of a say module that there is not.
    pub(crate) say_told: bool,
    /// All its events have its variables.
    pub(crate) verbose: bool,
    /// The call that this leg belongs to (`Channel-Call-UUID`); none is its own.
    pub(crate) call_uuid: Option<Arc<str>>,
    /// The bridge that this leg is in.
    pub(crate) bond: Option<Bond>,
    /// The leg that this one belongs to, for events.
    pub(crate) other: Option<Box<data::OtherLeg>>,
    /// Counts `uuid_break`; an operation ends when it moved.
    pub(crate) breaks: u32,
    /// How deep what runs beside is nested, for each that runs; the last one plays.
    pub(crate) beside: Vec<u32>,
    /// Counts operations; one ends when another one began.
    pub(crate) operation: u32,
    /// Whether digits were dropped already (for one log line a call).
    pub(crate) overflowed: bool,
    pub(crate) digits: VecDeque<Dtmf>,
    /// The keys that were pressed, the first [`MAX_PENDING_DIGITS`] of them: `digits_dialed`.
    pub(crate) dialed: String,
    pub(crate) messages: VecDeque<Event>,
    pub(crate) broadcasts: VecDeque<Beside>,
    /// Keys that went to the partner of a bridge, when somebody wants to know.
    pub(crate) overheard: Option<Box<crate::bridge::Overheard>>,
    /// Sounds that are played over what it hears.
    pub(crate) displaced: Vec<crate::session::displace::Displaced>,
    /// It hears the music of a partner that is on hold.
    pub(crate) music: bool,
    /// What is bound to keys, once something is.
    pub(crate) keys: Option<Box<crate::keys::Keys>>,
    /// What the call is recorded to.
    pub(crate) recordings: Vec<crate::session::recording::Running>,
    /// What looks after something of the call until it ends; the task takes it.
    pub(crate) watched: Vec<BoxFuture<'static, ()>>,
    /// Counts `uuid_session_heartbeat`; one ends when another one began.
    pub(crate) heartbeat: u32,
    /// What an originated leg executes once it is told.
    pub(crate) plan: Option<Order>,
    /// The application that runs now, for `show channels`.
    pub(crate) application: Option<Box<(String, String)>>,
    /// The profile at the beginning, for `show channels`, once a transfer changed it.
    pub(crate) initial: Option<Box<CallerProfile>>,
    /// On whose authority the commands run that were left in variables (`api_hangup_hook`,
    /// `execute_on_answer` …): that of the last script with fewer rights that left one or made the leg.
    pub(crate) left: Option<Arc<Authority>>,
}

/// The media of a leg.
#[derive(Default)]
pub(crate) struct MediaState {
    pub(crate) stream: Option<media::Stream>,
    /// What the stream reports; the task takes it.
    pub(crate) events: Option<mpsc::Receiver<media::StreamEvent>>,
    pub(crate) agreement: Option<media::sdp::Agreement>,
    /// Our last SDP, for a retransmitted or repeated answer.
    pub(crate) local_sdp: Option<bytes::Bytes>,
    /// Both ends know where to send.
    pub(crate) ready: bool,
    /// What there was, once the stream is closed.
    pub(crate) last: Option<Box<LastMedia>>,
}

/// What a stream leaves for the reports.
pub(crate) struct LastMedia {
    /// What was sent and received in all.
    pub(crate) statistics: media::StreamStatistics,
    /// Our address.
    pub(crate) local: std::net::SocketAddr,
}

impl Shared {
    /// True when what runs on the channel must come to its end: hung up or transferred.
    pub(crate) fn interrupted(&self) -> bool {
        !self.state.up() || self.transferring
    }

    /// A key arrived; false when the buffer is full.
    pub(crate) fn push_digit(&mut self, digit: Dtmf) -> bool {
        if self.dialed.len() < MAX_PENDING_DIGITS {
            self.dialed.push(digit.digit);
        }
        if self.digits.len() >= MAX_PENDING_DIGITS {
            return false;
        }
        self.digits.push_back(digit);
        true
    }
}

impl Channel {
    /// A new channel in `CS_NEW`; it is not registered yet.
    pub(crate) fn new(
        switch: Switch,
        uuid: Arc<str>,
        number: u64,
        direction: Direction,
        name: String,
        mut profile: CallerProfile,
        leg: Leg,
    ) -> Arc<Self> {
        let now = switch.microseconds();
        profile.times.created = now;
        profile.times.profile_created = now;
        uuid.as_ref().clone_into(&mut profile.uuid);
        name.clone_into(&mut profile.chan_name);
        "1".clone_into(&mut profile.profile_index);
        Arc::new(Self {
            uuid,
            number,
            direction,
            name: name.into_boxed_str(),
            switch,
            shared: Mutex::new(Shared {
                state: ChannelState::New,
                running: match direction {
                    Direction::Inbound => ChannelState::New,
                    Direction::Outbound => ChannelState::None,
                },
                callstate: CallState::Down,
                cause: Cause::NONE,
                profile,
                variables: Variables::new(),
                leg,
                media: MediaState::default(),
                answered: false,
                progressed: false,
                transferring: false,
                hit_dialplan: false,
                codecs_told: false,
                say_told: false,
                verbose: false,
                call_uuid: None,
                bond: None,
                other: None,
                breaks: 0,
                beside: Vec::new(),
                operation: 0,
                overflowed: false,
                digits: VecDeque::new(),
                dialed: String::new(),
                messages: VecDeque::new(),
                broadcasts: VecDeque::new(),
                overheard: None,
                displaced: Vec::new(),
                music: false,
                keys: None,
                recordings: Vec::new(),
                watched: Vec::new(),
                heartbeat: 0,
                plan: None,
                application: None,
                initial: None,
                left: None,
            }),
            changed: Notify::new(),
        })
    }

    /// Waits until `ready` answers something. It is asked again after every change of the channel.
    pub(crate) async fn wait_for<T>(&self, mut ready: impl FnMut(&mut Shared) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(value) = ready(&mut self.shared.lock()) {
                return value;
            }
            changed.await;
        }
    }

    /// Wakes whoever waits for a change.
    pub(crate) fn notify(&self) {
        self.changed.notify_waiters();
    }
}
