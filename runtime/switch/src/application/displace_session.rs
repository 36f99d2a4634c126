//! `displace_session`, `stop_displace_session`.

use crate::application::{Application, Flags};
use crate::command::split::arguments;
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "displace_session",
            "<path> [<flags>] [+time_limit_ms]",
            "Displace File",
            "Plays a sound to the far end instead of what it would hear, and goes on at once. The flag `l` \
             plays it again and again; the time is in seconds, as FreeSWITCH takes it. Mixing (`m`) and \
             playing to whoever listens to this call (`r`) are not there: they fail. At most 8 at a time.",
            Flags::NONE,
            displace,
        ),
        Application::new(
            "stop_displace_session",
            "<path>",
            "Stop Displace File",
            "Ends what is played over the call.",
            Flags::NONE,
            async |session: Session, path: String| match session.stop_displacing(path.trim()) {
                true => Ok(()),
                false => Err(Failure::NotFound(format!("{path:?} is not played over the call"))),
            },
        ),
    ]
}

async fn displace(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 3);
    let path = words.first().filter(|path| !path.is_empty());
    let Some(path) = path else {
        return Err(Failure::Invalid("displace_session: no sound is named".into()));
    };
    let (mut flags, mut limit) = ("", 0);
    for word in words.get(1..).unwrap_or_default() {
        match word.strip_prefix('+') {
            Some(seconds) => {
                let wrong = |_| {
                    Failure::Invalid(format!("displace_session: {word:?} is no time in seconds"))
                };
                limit = seconds.parse().map_err(wrong)?;
            }
            None => flags = word,
        }
    }
    if let Some(flag) = flags.chars().find(|flag| matches!(flag, 'm' | 'r')) {
        let text = format!("displace_session: the flag {flag} is not there: nothing is mixed here");
        return Err(Failure::Invalid(text));
    }
    session.displace(path, flags.contains('l'), limit)
}
