//! Why a call ended: Q.850 causes and FreeSWITCH's own, with their SIP status both ways.

use std::fmt;

use crate::variable::integer;

/// A hangup cause. Its number is Q.850's up to 127; above, FreeSWITCH's.
///
/// A number without a name is kept as it came; its name is `UNKNOWN`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Cause(u32);

macro_rules! causes {
    ($($name:ident = $number:literal => $status:literal,)*) => {
        impl Cause {
            $(
                #[doc = concat!("`", stringify!($name), "`, number ", stringify!($number), ".")]
                pub const $name: Self = Self($number);
            )*

            /// The name, as `NORMAL_CLEARING`; `UNKNOWN` when the number has none.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self.0 {
                    $($number => stringify!($name),)*
                    _ => "UNKNOWN",
                }
            }

            /// The status that refuses an INVITE for this cause.
            #[must_use]
            pub const fn sip_status(self) -> u16 {
                match self.0 {
                    $($number => $status,)*
                    _ => 480,
                }
            }
        }

        /// All causes that have a name, by number.
        pub const ALL: &[Cause] = &[$(Cause::$name,)*];
    };
}

// Name, number, and the SIP status that refuses an INVITE with it.
causes! {
    NONE = 0 => 480,
    UNALLOCATED_NUMBER = 1 => 404,
    NO_ROUTE_TRANSIT_NET = 2 => 404,
    NO_ROUTE_DESTINATION = 3 => 404,
    CHANNEL_UNACCEPTABLE = 6 => 480,
    CALL_AWARDED_DELIVERED = 7 => 480,
    NORMAL_CLEARING = 16 => 480,
    USER_BUSY = 17 => 486,
    NO_USER_RESPONSE = 18 => 408,
    NO_ANSWER = 19 => 480,
    SUBSCRIBER_ABSENT = 20 => 480,
    CALL_REJECTED = 21 => 603,
    NUMBER_CHANGED = 22 => 410,
    REDIRECTION_TO_NEW_DESTINATION = 23 => 410,
    EXCHANGE_ROUTING_ERROR = 25 => 483,
    DESTINATION_OUT_OF_ORDER = 27 => 502,
    INVALID_NUMBER_FORMAT = 28 => 484,
    FACILITY_REJECTED = 29 => 501,
    RESPONSE_TO_STATUS_ENQUIRY = 30 => 480,
    NORMAL_UNSPECIFIED = 31 => 480,
    NORMAL_CIRCUIT_CONGESTION = 34 => 503,
    NETWORK_OUT_OF_ORDER = 38 => 503,
    NORMAL_TEMPORARY_FAILURE = 41 => 503,
    SWITCH_CONGESTION = 42 => 503,
    ACCESS_INFO_DISCARDED = 43 => 480,
    REQUESTED_CHAN_UNAVAIL = 44 => 503,
    PRE_EMPTED = 45 => 480,
    FACILITY_NOT_SUBSCRIBED = 50 => 480,
    OUTGOING_CALL_BARRED = 52 => 403,
    INCOMING_CALL_BARRED = 54 => 403,
    BEARERCAPABILITY_NOTAUTH = 57 => 403,
    BEARERCAPABILITY_NOTAVAIL = 58 => 503,
    SERVICE_UNAVAILABLE = 63 => 480,
    BEARERCAPABILITY_NOTIMPL = 65 => 488,
    CHAN_NOT_IMPLEMENTED = 66 => 480,
    FACILITY_NOT_IMPLEMENTED = 69 => 501,
    SERVICE_NOT_IMPLEMENTED = 79 => 501,
    INVALID_CALL_REFERENCE = 81 => 480,
    INCOMPATIBLE_DESTINATION = 88 => 488,
    INVALID_MSG_UNSPECIFIED = 95 => 480,
    MANDATORY_IE_MISSING = 96 => 480,
    MESSAGE_TYPE_NONEXIST = 97 => 480,
    WRONG_MESSAGE = 98 => 480,
    IE_NONEXIST = 99 => 480,
    INVALID_IE_CONTENTS = 100 => 480,
    WRONG_CALL_STATE = 101 => 480,
    RECOVERY_ON_TIMER_EXPIRE = 102 => 504,
    MANDATORY_IE_LENGTH_ERROR = 103 => 480,
    PROTOCOL_ERROR = 111 => 480,
    INTERWORKING = 127 => 480,
    SUCCESS = 142 => 480,
    ORIGINATOR_CANCEL = 487 => 487,
    CRASH = 700 => 480,
    SYSTEM_SHUTDOWN = 701 => 480,
    LOSE_RACE = 702 => 480,
    MANAGER_REQUEST = 703 => 480,
    BLIND_TRANSFER = 800 => 480,
    ATTENDED_TRANSFER = 801 => 480,
    ALLOTTED_TIMEOUT = 802 => 480,
    USER_CHALLENGE = 803 => 480,
    MEDIA_TIMEOUT = 804 => 480,
    PICKED_OFF = 805 => 480,
    USER_NOT_REGISTERED = 806 => 480,
    PROGRESS_TIMEOUT = 807 => 480,
    INVALID_GATEWAY = 808 => 484,
    GATEWAY_DOWN = 809 => 503,
    INVALID_URL = 810 => 484,
    INVALID_PROFILE = 811 => 502,
    NO_PICKUP = 812 => 480,
    SRTP_READ_ERROR = 813 => 480,
    BOWOUT = 814 => 480,
    BUSY_EVERYWHERE = 815 => 600,
    DECLINE = 816 => 603,
    DOES_NOT_EXIST_ANYWHERE = 817 => 604,
    NOT_ACCEPTABLE = 818 => 606,
    UNWANTED = 819 => 607,
    NO_IDENTITY = 820 => 428,
    BAD_IDENTITY_INFO = 821 => 429,
    UNSUPPORTED_CERTIFICATE = 822 => 437,
    INVALID_IDENTITY = 823 => 438,
    STALE_DATE = 824 => 403,
    REJECT_ALL = 825 => 603,
}

impl Cause {
    /// The cause of that number, whether it has a name or not.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number: Q.850's up to 127, FreeSWITCH's above.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The number for the variable `hangup_cause_q850`: 16 for what Q.850 does not know.
    #[must_use]
    pub const fn q850(self) -> u32 {
        if self.0 <= 127 { self.0 } else { 16 }
    }

    /// Reads a name in any case or a number; none for a word that is no cause.
    ///
    /// A text that begins with a digit is a number as C reads it (`17.0` is 17).
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        if text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return Some(Self(u32::try_from(integer(text)).unwrap_or(u32::MAX)));
        }
        ALL.iter().copied().find(|cause| cause.name().eq_ignore_ascii_case(text))
    }

    /// As [`Self::find`]; what is no cause is `NORMAL_CLEARING`, as for the application `hangup`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::find(text).unwrap_or(Self::NORMAL_CLEARING)
    }

    /// The cause of a call that was refused with this status.
    #[must_use]
    pub const fn from_sip_status(status: u16) -> Self {
        match status {
            200 => Self::NORMAL_CLEARING,
            401 | 402 | 403 | 407 | 603 | 608 => Self::CALL_REJECTED,
            404 => Self::UNALLOCATED_NUMBER,
            485 | 604 => Self::NO_ROUTE_DESTINATION,
            408 | 504 => Self::RECOVERY_ON_TIMER_EXPIRE,
            410 => Self::NUMBER_CHANGED,
            413 | 414 | 416 | 420 | 421 | 423 | 505 | 513 => Self::INTERWORKING,
            480 => Self::NO_USER_RESPONSE,
            400 | 481 | 500 | 503 => Self::NORMAL_TEMPORARY_FAILURE,
            486 | 600 => Self::USER_BUSY,
            484 => Self::INVALID_NUMBER_FORMAT,
            488 | 606 => Self::INCOMPATIBLE_DESTINATION,
            502 => Self::NETWORK_OUT_OF_ORDER,
            405 => Self::SERVICE_UNAVAILABLE,
            406 | 415 | 501 => Self::SERVICE_NOT_IMPLEMENTED,
            482 | 483 => Self::EXCHANGE_ROUTING_ERROR,
            487 => Self::ORIGINATOR_CANCEL,
            428 => Self::NO_IDENTITY,
            429 => Self::BAD_IDENTITY_INFO,
            437 => Self::UNSUPPORTED_CERTIFICATE,
            438 => Self::INVALID_IDENTITY,
            607 => Self::UNWANTED,
            _ => Self::NORMAL_UNSPECIFIED,
        }
    }

    /// The value of the Reason header (RFC 3326) that tells this cause.
    #[must_use]
    pub fn reason(self) -> String {
        match self {
            Self::PICKED_OFF => "SIP;cause=200;text=\"Call completed elsewhere\"".to_owned(),
            Self(number @ 1..=127) => format!("Q.850;cause={number};text=\"{}\"", self.name()),
            Self(number) => format!("SIP;cause={number};text=\"{}\"", self.name()),
        }
    }

    /// The cause that a Reason header tells; none when it names no Q.850 or FreeSWITCH cause.
    ///
    /// A `SIP;cause=…` says what status would have been sent, and is not a cause.
    #[must_use]
    pub fn from_reason(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let protocol = parts.next()?;
        if !protocol.eq_ignore_ascii_case("Q.850") && !protocol.eq_ignore_ascii_case("FreeSWITCH") {
            return None;
        }
        let number = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("cause").then(|| value.trim().parse::<u32>().ok())?
        })?;
        (number > 0).then_some(Self(number))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_find_each_other() {
        for cause in ALL {
            assert_eq!(Cause::find(cause.name()), Some(*cause));
            assert_eq!(Cause::find(&cause.name().to_lowercase()), Some(*cause));
            assert_eq!(Cause::find(&cause.number().to_string()), Some(*cause));
        }
        assert_eq!(Cause::find("NOSUCH"), None);
        assert_eq!(Cause::parse("").name(), "NORMAL_CLEARING");
        assert_eq!(Cause::parse("-5").name(), "NORMAL_CLEARING");
        assert_eq!(Cause::parse("999999999999").name(), "UNKNOWN");
    }

    #[test]
    fn a_reason_reads_back() {
        for cause in ALL.iter().filter(|cause| (1..=127).contains(&cause.number())) {
            assert_eq!(Cause::from_reason(&cause.reason()), Some(*cause));
        }
        for value in [
            "",
            "garbage",
            "SIP;cause=486",
            "Q.850",
            "Q.850;cause=",
            "Q.850;cause=0",
            "Q.850;text=17",
        ] {
            assert_eq!(Cause::from_reason(value), None, "{value}");
        }
    }
}
