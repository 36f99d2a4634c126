//! The names of all events.

macro_rules! names {
    ($($variant:ident = $text:literal,)*) => {
        /// Which event it is; the names are FreeSWITCH's.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[repr(u8)]
        pub enum EventName {
            $(
                #[doc = concat!("`", $text, "`")]
                $variant,
            )*
        }

        impl EventName {
            /// All names.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

names! {
    Custom = "CUSTOM",
    Clone = "CLONE",
    ChannelCreate = "CHANNEL_CREATE",
    ChannelDestroy = "CHANNEL_DESTROY",
    ChannelState = "CHANNEL_STATE",
    ChannelCallstate = "CHANNEL_CALLSTATE",
    ChannelAnswer = "CHANNEL_ANSWER",
    ChannelHangup = "CHANNEL_HANGUP",
    ChannelHangupComplete = "CHANNEL_HANGUP_COMPLETE",
    ChannelExecute = "CHANNEL_EXECUTE",
    ChannelExecuteComplete = "CHANNEL_EXECUTE_COMPLETE",
    ChannelHold = "CHANNEL_HOLD",
    ChannelUnhold = "CHANNEL_UNHOLD",
    ChannelBridge = "CHANNEL_BRIDGE",
    ChannelUnbridge = "CHANNEL_UNBRIDGE",
    ChannelProgress = "CHANNEL_PROGRESS",
    ChannelProgressMedia = "CHANNEL_PROGRESS_MEDIA",
    ChannelOutgoing = "CHANNEL_OUTGOING",
    ChannelPark = "CHANNEL_PARK",
    ChannelUnpark = "CHANNEL_UNPARK",
    ChannelApplication = "CHANNEL_APPLICATION",
    ChannelOriginate = "CHANNEL_ORIGINATE",
    ChannelUuid = "CHANNEL_UUID",
    Api = "API",
    Log = "LOG",
    InboundChan = "INBOUND_CHAN",
    OutboundChan = "OUTBOUND_CHAN",
    Startup = "STARTUP",
    Shutdown = "SHUTDOWN",
    Publish = "PUBLISH",
    Unpublish = "UNPUBLISH",
    Talk = "TALK",
    Notalk = "NOTALK",
    SessionCrash = "SESSION_CRASH",
    ModuleLoad = "MODULE_LOAD",
    ModuleUnload = "MODULE_UNLOAD",
    Dtmf = "DTMF",
    Message = "MESSAGE",
    PresenceIn = "PRESENCE_IN",
    NotifyIn = "NOTIFY_IN",
    PresenceOut = "PRESENCE_OUT",
    PresenceProbe = "PRESENCE_PROBE",
    MessageWaiting = "MESSAGE_WAITING",
    MessageQuery = "MESSAGE_QUERY",
    Roster = "ROSTER",
    Codec = "CODEC",
    BackgroundJob = "BACKGROUND_JOB",
    DetectedSpeech = "DETECTED_SPEECH",
    DetectedTone = "DETECTED_TONE",
    PrivateCommand = "PRIVATE_COMMAND",
    Heartbeat = "HEARTBEAT",
    Trap = "TRAP",
    AddSchedule = "ADD_SCHEDULE",
    DelSchedule = "DEL_SCHEDULE",
    ExeSchedule = "EXE_SCHEDULE",
    ReSchedule = "RE_SCHEDULE",
    Reloadxml = "RELOADXML",
    Notify = "NOTIFY",
    PhoneFeature = "PHONE_FEATURE",
    PhoneFeatureSubscribe = "PHONE_FEATURE_SUBSCRIBE",
    SendMessage = "SEND_MESSAGE",
    RecvMessage = "RECV_MESSAGE",
    RequestParams = "REQUEST_PARAMS",
    ChannelData = "CHANNEL_DATA",
    General = "GENERAL",
    Command = "COMMAND",
    SessionHeartbeat = "SESSION_HEARTBEAT",
    ClientDisconnected = "CLIENT_DISCONNECTED",
    ServerDisconnected = "SERVER_DISCONNECTED",
    SendInfo = "SEND_INFO",
    RecvInfo = "RECV_INFO",
    RecvRtcpMessage = "RECV_RTCP_MESSAGE",
    SendRtcpMessage = "SEND_RTCP_MESSAGE",
    CallSecure = "CALL_SECURE",
    Nat = "NAT",
    RecordStart = "RECORD_START",
    RecordStop = "RECORD_STOP",
    PlaybackStart = "PLAYBACK_START",
    PlaybackStop = "PLAYBACK_STOP",
    CallUpdate = "CALL_UPDATE",
    Failure = "FAILURE",
    SocketData = "SOCKET_DATA",
    MediaBugStart = "MEDIA_BUG_START",
    MediaBugStop = "MEDIA_BUG_STOP",
    ConferenceDataQuery = "CONFERENCE_DATA_QUERY",
    ConferenceData = "CONFERENCE_DATA",
    CallSetupReq = "CALL_SETUP_REQ",
    CallSetupResult = "CALL_SETUP_RESULT",
    CallDetail = "CALL_DETAIL",
    DeviceState = "DEVICE_STATE",
    Text = "TEXT",
    ShutdownRequested = "SHUTDOWN_REQUESTED",
}

/// What the names begin with in FreeSWITCH's C, and in scripts that were written from it.
const PREFIX: &str = "SWITCH_EVENT_";

// A filter is one bit a name.
const _: () = assert!(EventName::ALL.len() <= 128);

impl EventName {
    /// Reads a name in any case, with FreeSWITCH's `SWITCH_EVENT_` in front of it or without.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let name = match text.split_at_checked(PREFIX.len()) {
            Some((start, name)) if start.eq_ignore_ascii_case(PREFIX) => name,
            _ => text,
        };
        Self::ALL.iter().copied().find(|known| known.as_str().eq_ignore_ascii_case(name))
    }

    /// Its place among all names.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for EventName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_itself() {
        for (index, name) in EventName::ALL.iter().enumerate() {
            assert_eq!(EventName::find(&name.as_str().to_lowercase()), Some(*name));
            assert_eq!(EventName::find(&format!("switch_event_{name}")), Some(*name));
            assert_eq!(name.index(), index);
        }
        assert_eq!(EventName::find("SWITCH_EVENT_"), None);
        assert_eq!(EventName::find("ALL"), None);
    }
}
