//! The caller profile: who calls whom, through what, and when.
//!
//! A channel has one; a transfer starts a new one. Dialplan conditions name its fields.

use std::borrow::Cow;

/// When what happened to a call; microseconds since 1970, 0 for "not yet".
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Times {
    /// The profile began: the call's start, or the transfer.
    pub profile_created: u64,
    /// The channel was made.
    pub created: u64,
    /// 200 OK.
    pub answered: u64,
    /// The far end rings.
    pub progress: u64,
    /// Early media.
    pub progress_media: u64,
    /// The call ended.
    pub hungup: u64,
    /// It was transferred away.
    pub transferred: u64,
    /// It was bridged.
    pub bridged: u64,
    /// It was held last.
    pub last_hold: u64,
    /// How long it was held in all: a length, no moment.
    pub hold_accum: u64,
}

macro_rules! profile {
    ($($(#[$doc:meta])* $field:ident,)*) => {
        /// Who calls whom, through what, and when.
        #[derive(Clone, Debug, Default, Eq, PartialEq)]
        pub struct CallerProfile {
            $($(#[$doc])* pub $field: String,)*
            /// When what happened.
            pub times: Times,
        }

        /// The text fields by name.
        pub const FIELDS: &[&str] = &[$(stringify!($field)),*];

        impl CallerProfile {
            fn text(&self, name: &str) -> Option<&String> {
                match name {
                    $(stringify!($field) => Some(&self.$field),)*
                    _ => None,
                }
            }

            fn text_mut(&mut self, name: &str) -> Option<&mut String> {
                match name {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

profile! {
    /// The user part of From, or what the endpoint says.
    username,
    /// The dialplans to ask, separated by commas: `XML`.
    dialplan,
    /// As the caller sends it.
    caller_id_name,
    /// As the caller sends it.
    caller_id_number,
    /// Before anything changed it.
    orig_caller_id_name,
    /// Before anything changed it.
    orig_caller_id_number,
    /// Who answered.
    callee_id_name,
    /// Who answered.
    callee_id_number,
    /// Automatic number identification: who pays.
    ani,
    /// Its second part.
    aniii,
    /// Where the call came from.
    network_addr,
    /// Who redirected it; the previous destination after a transfer.
    rdnis,
    /// Who is called.
    destination_number,
    /// The channel's uuid.
    uuid,
    /// The module that made the channel: `mod_sofia`.
    source,
    /// Who transferred the call, when and where.
    transfer_source,
    /// The dialplan context.
    context,
    /// The channel's name: `sofia/internal/1000@example.com`.
    chan_name,
    /// Counts the profiles of a channel from 1.
    profile_index,
    /// ISDN type of number.
    caller_ton,
    /// ISDN numbering plan.
    caller_numplan,
    /// ISDN type of number.
    destination_number_ton,
    /// ISDN numbering plan.
    destination_number_numplan,
    /// ISDN type of number.
    ani_ton,
    /// ISDN numbering plan.
    ani_numplan,
    /// ISDN type of number.
    rdnis_ton,
    /// ISDN numbering plan.
    rdnis_numplan,
    /// `true` when the caller's number is screened.
    screen_bit,
    /// `true` hides the caller's name.
    privacy_hide_name,
    /// `true` hides the caller's number.
    privacy_hide_number,
}

impl CallerProfile {
    /// The field of that name, as a condition or `${name}` sees it; none for a name that no field
    /// has.
    ///
    /// An empty field is `Some("")`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(text) = self.text(name) {
            return Some(Cow::Borrowed(text));
        }
        let times = &self.times;
        let time = match name {
            "profile_created_time" => times.profile_created,
            "created_time" => times.created,
            "answered_time" => times.answered,
            "progress_time" => times.progress,
            "progress_media_time" => times.progress_media,
            "hungup_time" => times.hungup,
            "transferred_time" => times.transferred,
            "bridged_time" => times.bridged,
            _ => return None,
        };
        Some(Cow::Owned(time.to_string()))
    }

    /// Sets a text field; false when there is none of that name.
    pub fn set_field(&mut self, name: &str, value: &str) -> bool {
        match self.text_mut(name) {
            Some(field) => {
                value.clone_into(field);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_field_is_read_and_set_by_name() {
        let mut profile = CallerProfile::default();
        for field in FIELDS {
            assert!(profile.set_field(field, field));
        }
        for field in FIELDS {
            assert_eq!(profile.field(field).as_deref(), Some(*field));
        }
        assert_eq!(profile.field("nosuchfield"), None);
        assert!(!profile.set_field("created_time", "1"));
    }

    #[test]
    fn times_are_numbers() {
        let mut profile = CallerProfile::default();
        profile.times.answered = 1_700_000_000_000_000;
        assert_eq!(profile.field("answered_time").as_deref(), Some("1700000000000000"));
        assert_eq!(profile.field("hungup_time").as_deref(), Some("0"));
    }
}
