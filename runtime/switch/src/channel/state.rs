//! Where a channel is in its life, in FreeSWITCH's words.

use std::fmt;

/// The state of the channel's state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChannelState {
    /// A leg that we make, before it is called.
    None,
    /// Made, nothing done yet.
    New,
    /// The leg is being set up.
    Init,
    /// The dialplan is being hunted.
    Routing,
    /// Joined to another leg that executes `uuid_bridge`.
    SoftExecute,
    /// Executes what the dialplan (or `originate`) gave it.
    Execute,
    /// Joined to the leg that made the bridge.
    ExchangeMedia,
    /// Waits for orders with its media running: an originated leg before it is told what to do.
    ConsumeMedia,
    /// Between two things that it does.
    Hibernate,
    /// Leaves what it did.
    Reset,
    /// The call is over; the far end is being told.
    Hangup,
    /// What happened is being reported.
    Reporting,
    /// Gone.
    Destroy,
}

impl ChannelState {
    /// As `CS_EXECUTE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "CS_NONE",
            Self::New => "CS_NEW",
            Self::Init => "CS_INIT",
            Self::Routing => "CS_ROUTING",
            Self::SoftExecute => "CS_SOFT_EXECUTE",
            Self::Execute => "CS_EXECUTE",
            Self::ExchangeMedia => "CS_EXCHANGE_MEDIA",
            Self::ConsumeMedia => "CS_CONSUME_MEDIA",
            Self::Hibernate => "CS_HIBERNATE",
            Self::Reset => "CS_RESET",
            Self::Hangup => "CS_HANGUP",
            Self::Reporting => "CS_REPORTING",
            Self::Destroy => "CS_DESTROY",
        }
    }

    /// FreeSWITCH's number of it, the header `Channel-State-Number`.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::None | Self::New => 0,
            Self::Init => 1,
            Self::Routing => 2,
            Self::SoftExecute => 3,
            Self::Execute => 4,
            Self::ExchangeMedia => 5,
            Self::ConsumeMedia => 7,
            Self::Hibernate => 8,
            Self::Reset => 9,
            Self::Hangup => 10,
            Self::Reporting => 11,
            Self::Destroy => 12,
        }
    }

    /// True until the call is hung up.
    #[must_use]
    pub const fn up(self) -> bool {
        (self.number()) < Self::Hangup.number()
    }
}

impl fmt::Display for ChannelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The state of the call as a user sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Nothing yet.
    Down,
    /// We call; nobody rings yet.
    Dialing,
    /// The phone rings (ours, or theirs).
    Ringing,
    /// Early media.
    Early,
    /// Answered.
    Active,
    /// The far end holds the call.
    Held,
    /// Answered, and waits for a leg that is being called.
    RingWait,
    /// Over.
    Hangup,
    /// The far end does not hold it any more.
    Unheld,
}

impl CallState {
    /// As `ACTIVE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Down => "DOWN",
            Self::Dialing => "DIALING",
            Self::Ringing => "RINGING",
            Self::Early => "EARLY",
            Self::Active => "ACTIVE",
            Self::Held => "HELD",
            Self::RingWait => "RING_WAIT",
            Self::Hangup => "HANGUP",
            Self::Unheld => "UNHELD",
        }
    }

    /// FreeSWITCH's number of it, the header `Channel-Call-State-Number`.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Down => 0,
            Self::Dialing => 1,
            Self::Ringing => 2,
            Self::Early => 3,
            Self::Active => 4,
            Self::Held => 5,
            Self::RingWait => 6,
            Self::Hangup => 7,
            Self::Unheld => 8,
        }
    }
}

/// Which side began the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The far end called us.
    Inbound,
    /// We called.
    Outbound,
}

impl Direction {
    /// `inbound` or `outbound`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// Who ended the call and how, the variable `sip_hangup_disposition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// We refused the INVITE.
    SendRefuse,
    /// We sent BYE.
    SendBye,
    /// We took our INVITE back.
    SendCancel,
    /// Our INVITE was refused.
    RecvRefuse,
    /// The far end sent BYE.
    RecvBye,
    /// The far end took its INVITE back.
    RecvCancel,
}

impl Disposition {
    /// As `send_bye`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendRefuse => "send_refuse",
            Self::SendBye => "send_bye",
            Self::SendCancel => "send_cancel",
            Self::RecvRefuse => "recv_refuse",
            Self::RecvBye => "recv_bye",
            Self::RecvCancel => "recv_cancel",
        }
    }
}
