//! `loopback/<extension>[/<context>[/<dialplan>]]`: a call to ourselves, without SIP.
//!
//! Two legs: the near one (`-a`) is what was called, the far one (`-b`) comes in as a call and is routed.
//! Between them is RTP on the loopback device, so that each plays, records and hears keys as any leg.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Weak};

use ringfence_media::sdp::{Agreement, Direction as Flow};
use ringfence_media::{Codec, Stream, StreamEvent};
use tokio::sync::mpsc;

use crate::authority;
use crate::cause::Cause;
use crate::channel::{CallState, Channel, Direction, task};
use crate::endpoint::Leg;
use crate::event::EventName;
use crate::originate::NotCalled;
use crate::profile::CallerProfile;
use crate::session::Session;
use crate::switch::Switch;

/// Where both legs have their audio.
const MEDIA: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The payload type of telephone-event between them.
const TELEPHONE_EVENT: u8 = 101;

/// What to call: `9664/public/XML` after `loopback/`.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) extension: String,
    pub(crate) context: String,
    pub(crate) dialplan: String,
}

impl Target {
    /// Reads it; context and dialplan are the caller's, or `default` and `XML`, unless given.
    ///
    /// # Errors
    ///
    /// The cause that `originate` answers; `OUTGOING_CALL_BARRED` for a dialplan that the script which
    /// asks may not use.
    pub(crate) fn parse(text: &str, caller: Option<&Session>) -> Result<Self, NotCalled> {
        let mut parts = text.splitn(3, '/');
        let extension = parts.next().unwrap_or_default();
        if extension.is_empty() {
            let why = "expected loopback/extension[/context[/dialplan]]";
            return Err(NotCalled::new(Cause::INVALID_NUMBER_FORMAT, why));
        }
        let mut or = |field: &str, default: &str| {
            let given = parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
            given
                .or_else(|| caller.and_then(|caller| caller.field(field)))
                .filter(|value| !value.is_empty())
                .unwrap_or_else(|| default.to_owned())
        };
        let target = Self {
            extension: extension.to_owned(),
            context: or("context", "default"),
            dialplan: or("dialplan", "XML"),
        };
        authority::dialplan(&target.dialplan)
            .map_err(|refused| NotCalled::new(Cause::OUTGOING_CALL_BARRED, refused.to_string()))?;
        Ok(target)
    }
}

/// The audio of both legs, connected to each other, and the far leg's number.
pub(crate) struct Pair {
    switch: Switch,
    number: u64,
    near: (Stream, mpsc::Receiver<StreamEvent>),
    far: (Stream, mpsc::Receiver<StreamEvent>),
}

impl Pair {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// The cause that `originate` answers, with its reason.
    pub(crate) fn open(switch: &Switch) -> Result<Self, NotCalled> {
        let number = switch
            .admit(Direction::Outbound)
            .map_err(|refusal| NotCalled::new(Cause::SWITCH_CONGESTION, refusal.to_string()))?;
        let open = || {
            switch.media().open(MEDIA).map_err(|error| {
                NotCalled::new(Cause::NORMAL_TEMPORARY_FAILURE, format!("no media: {error}"))
            })
        };
        Ok(Self { switch: switch.clone(), number, near: open()?, far: open()? })
    }

    /// Gives the near leg its audio, and makes the far leg.
    pub(crate) fn connect(
        self,
        near: &Arc<Channel>,
        name: String,
        profile: CallerProfile,
    ) -> Arc<Channel> {
        let Self { switch, number, near: to_near, far: to_far } = self;
        let agreed = |stream: &Stream| Agreement {
            remote: Some(stream.local()),
            rtcp: None,
            codec: Codec::Pcmu,
            payload_type: Codec::Pcmu.payload_type(),
            dtmf: Some(TELEPHONE_EVENT),
            ptime: 20,
            direction: Flow::SendRecv,
            hold: false,
        };
        let agreements = [agreed(&to_far.0), agreed(&to_near.0)];
        let uuid = switch.new_uuid();
        let leg = Leg::Loopback(Arc::downgrade(near));
        let far = Channel::new(switch, uuid, number, Direction::Inbound, name, profile, leg);
        near.shared.lock().leg = Leg::Loopback(Arc::downgrade(&far));
        for ((channel, agreement), (stream, events)) in
            [near, &far].into_iter().zip(agreements).zip([to_near, to_far])
        {
            stream.connect(&agreement);
            let media = &mut channel.shared.lock().media;
            media.stream = Some(stream);
            media.events = Some(events);
            media.agreement = Some(agreement);
        }
        far
    }
}

/// Lets the far leg come in, once the near one is on its way.
pub(crate) fn begin(near: &Session, far: Arc<Channel>) {
    let far = Session(far);
    near.note("other_loopback_leg_uuid", far.uuid());
    near.note("loopback_leg", "A");
    far.note("direction", "inbound");
    far.note("uuid", far.uuid());
    far.note("session_id", &far.0.number.to_string());
    far.note("channel_name", far.name());
    far.note("other_loopback_leg_uuid", near.uuid());
    far.note("loopback_leg", "B");
    if let Some(forwards) = near.own_variable("max_forwards") {
        far.note("max_forwards", &forwards);
    }
    // Its uuid is new, so nobody has it.
    let switch = near.switch();
    switch.register_session(&far);
    switch.spawn(task::run(far, None, true));
}

/// The other leg of a loopback call.
pub(crate) fn peer(leg: &Leg) -> Option<Arc<Channel>> {
    match leg {
        Leg::Loopback(peer) => Weak::upgrade(peer),
        Leg::Sip(_) | Leg::Null => None,
    }
}

/// How far the far leg has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Rings,
    Early,
    Answered,
}

/// Lets the near leg come as far as the far one has.
pub(crate) fn follow(far: &Session, step: Step) {
    let Some(near) = peer(&far.0.shared.lock().leg) else { return };
    let now = near.switch.microseconds();
    {
        let mut shared = near.shared.lock();
        if !shared.state.up() || shared.answered {
            return;
        }
        let times = &mut shared.profile.times;
        match step {
            Step::Rings => times.progress = now,
            Step::Early => times.progress_media = now,
            Step::Answered => times.answered = now,
        }
        shared.progressed = true;
        shared.media.ready = step != Step::Rings || shared.media.ready;
        shared.answered = step == Step::Answered;
    }
    near.notify();
    let (event, state) = match step {
        Step::Rings => (EventName::ChannelProgress, CallState::Ringing),
        Step::Early => (EventName::ChannelProgressMedia, CallState::Early),
        Step::Answered => (EventName::ChannelAnswer, CallState::Active),
    };
    near.fire(event, |_| {});
    near.enter_call_state(state);
}
