//! Menus: a greeting, keys, and what each key does. Application `ivr`, and `freeswitch.IVRMenu` in Lua.
//!
//! ```xml
//! <configuration name="ivr.conf">
//!   <menus>
//!     <menu name="demo" greet-long="phrase:demo" invalid-sound="ivr/ivr-that_was_an_invalid_entry.wav"
//!           timeout="10000" inter-digit-timeout="2000" max-failures="3" max-timeouts="3" digit-len="4">
//!       <entry action="menu-exec-app" digits="1" param="transfer 9198 XML default"/>
//!       <entry action="menu-exec-app" digits="/^(10[01][0-9])$/" param="transfer $1 XML default"/>
//!       <entry action="menu-sub" digits="2" param="demo_sub"/>
//!       <entry action="menu-exit" digits="*"/>
//! ```
//!
//! [`Menus`] come from the configuration or from a script; [`Session::ivr`](crate::Session::ivr) runs one.

mod read;
mod run;

use std::sync::Arc;

/// Menus that a script may define together; also entries of one menu. More are refused as `Invalid`.
pub const MAX_MENUS: usize = 1_000;

/// What a key, or several, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ends all menus.
    Exit,
    /// Goes to the menu that the argument names.
    Sub,
    /// Runs an application: `name data`.
    Execute,
    /// Plays the sound that the argument names.
    Play,
    /// Back to the menu before.
    Back,
    /// Back to the first menu.
    Top,
}

/// All actions with their names.
pub const ACTIONS: &[(&str, Action)] = &[
    ("menu-exit", Action::Exit),
    ("menu-sub", Action::Sub),
    ("menu-exec-app", Action::Execute),
    ("menu-play-sound", Action::Play),
    ("menu-back", Action::Back),
    ("menu-top", Action::Top),
];

impl Action {
    /// By its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let found = ACTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, action)| *action)
    }
}

/// `<entry action digits param>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it does.
    pub action: Action,
    /// Keys, or `/a Perl-compatible pattern/`.
    pub digits: String,
    /// What for; `$1` is what the pattern's group took.
    pub argument: String,
}

/// One menu. Sounds are paths as `playback` takes them, also `phrase:…` and `say:…`; empty ones are
/// not played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// What `menu-sub` and the application call it.
    pub name: String,
    /// Played first.
    pub greet_long: String,
    /// Played the next times; empty is the long one.
    pub greet_short: String,
    /// Played when no entry matches.
    pub invalid_sound: String,
    /// Played at the end, when it is not by going elsewhere.
    pub exit_sound: String,
    /// Played before an entry runs `transfer`.
    pub transfer_sound: String,
    /// A phrase macro that asks whether the keys are right; its data are the keys. Empty does not ask.
    pub confirm_macro: String,
    /// The key that says yes.
    pub confirm_key: String,
    /// How often it is asked.
    pub confirm_attempts: u32,
    /// What speaks sounds that are `say:text`.
    pub tts_engine: String,
    /// With which voice.
    pub tts_voice: String,
    /// Keys to be pressed before anything else is played; empty asks for none.
    pub pin: String,
    /// Played to ask for them.
    pub pin_file: String,
    /// Played when they are wrong.
    pub bad_pin_file: String,
    /// For the first key, in ms.
    pub timeout: u32,
    /// Between keys, in ms.
    pub inter_digit_timeout: u32,
    /// At most so many keys.
    pub digit_len: u32,
    /// After so many inputs that no entry matches, it ends.
    pub max_failures: u32,
    /// After so many times that no key came, it ends.
    pub max_timeouts: u32,
    /// An application (`name data`) that is run when it ends so.
    pub exec_on_max_failures: String,
    /// The same, for the other end.
    pub exec_on_max_timeouts: String,
    /// In order; all that match are done, as in FreeSWITCH.
    pub entries: Vec<Entry>,
}

impl Default for Menu {
    fn default() -> Self {
        let text = String::new;
        Self {
            name: text(),
            greet_long: text(),
            greet_short: text(),
            invalid_sound: text(),
            exit_sound: text(),
            transfer_sound: text(),
            confirm_macro: text(),
            confirm_key: "#".to_owned(),
            confirm_attempts: 3,
            tts_engine: text(),
            tts_voice: text(),
            pin: text(),
            pin_file: text(),
            bad_pin_file: text(),
            timeout: 10_000,
            inter_digit_timeout: 2_000,
            digit_len: 1,
            max_failures: 3,
            max_timeouts: 3,
            exec_on_max_failures: text(),
            exec_on_max_timeouts: text(),
            entries: Vec::new(),
        }
    }
}

/// Menus that know each other by name. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Menus(Arc<[Menu]>);

impl Menus {
    /// These; of several with the same name the first counts.
    pub fn new(menus: impl IntoIterator<Item = Menu>) -> Self {
        Self(menus.into_iter().collect())
    }

    /// The menu of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Menu> {
        self.0.iter().find(|menu| menu.name == name)
    }
}
