//! What is to be said, and how.

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Number,
    /// A number of things.
    Items,
    /// A number of people.
    Persons,
    /// A number of messages.
    Messages,
    /// An amount: `12.50`.
    Currency,
    /// A length of time: seconds, or `h:m:s`.
    TimeMeasurement,
    /// The date of a moment, in seconds since 1970; 0 is now.
    CurrentDate,
    /// Its time of day.
    CurrentTime,
    /// Both.
    CurrentDateTime,
    /// The same, as short as the distance from now allows: "yesterday at …".
    ShortDateTime,
    /// Digits and letters, one by one.
    TelephoneNumber,
    /// The same.
    TelephoneExtension,
    /// An address of the web.
    Url,
    /// `192.0.2.1`.
    IpAddress,
    /// An e-mail address.
    EmailAddress,
    /// A street and town.
    PostalAddress,
    /// A number of an account.
    AccountNumber,
    /// Letter by letter.
    NameSpelled,
    /// Letter by letter, as Alpha Bravo Charlie.
    NamePhonetic,
}

/// All kinds with their names.
pub const KINDS: &[(&str, Kind)] = &[
    ("number", Kind::Number),
    ("items", Kind::Items),
    ("persons", Kind::Persons),
    ("messages", Kind::Messages),
    ("currency", Kind::Currency),
    ("time_measurement", Kind::TimeMeasurement),
    ("current_date", Kind::CurrentDate),
    ("current_time", Kind::CurrentTime),
    ("current_date_time", Kind::CurrentDateTime),
    ("short_date_time", Kind::ShortDateTime),
    ("telephone_number", Kind::TelephoneNumber),
    ("telephone_extension", Kind::TelephoneExtension),
    ("url", Kind::Url),
    ("ip_address", Kind::IpAddress),
    ("email_address", Kind::EmailAddress),
    ("postal_address", Kind::PostalAddress),
    ("account_number", Kind::AccountNumber),
    ("name_spelled", Kind::NameSpelled),
    ("name_phonetic", Kind::NamePhonetic),
];

impl Kind {
    /// By its name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }
}

/// How a number is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `twenty-one`.
    Pronounced,
    /// `two one`.
    Iterated,
    /// `twenty-first`.
    Counted,
    /// Anything else: a number is then not said at all, as in FreeSWITCH.
    None,
}

impl Method {
    /// By its name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "pronounced" => Self::Pronounced,
            "iterated" => Self::Iterated,
            "counted" => Self::Counted,
            _ => Self::None,
        }
    }
}

/// One thing to say. (FreeSWITCH's fourth word, the gender, has no meaning in the languages that
/// there are.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the text is.
    pub kind: Kind,
    /// How it is said.
    pub method: Method,
    /// The text.
    pub text: String,
}
