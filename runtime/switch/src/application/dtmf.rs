//! `send_dtmf`, `queue_dtmf`, `flush_dtmf`.

use crate::application::{Application, Flags};
use crate::operation::{Dtmf, Failure};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "send_dtmf",
            "<dtmf_data>",
            "Send dtmf to be sent",
            "Presses keys towards the far end: `12#`, or `12#@100` for 100 ms each; `w` and `W` wait \
             500 ms and 1 s.",
            Flags::NONE,
            async |session: Session, data: String| session.send_dtmf(data.trim()),
        ),
        Application::new(
            "queue_dtmf",
            "<dtmf_data>",
            "Queue dtmf to be sent",
            "Presses keys as if the far end had: whoever reads keys of this call next gets them. `12#`, \
             or `12#@800` with a duration in samples of 1/8000 s.",
            Flags::NOMEDIA,
            async |session: Session, data: String| {
                let (keys, duration) = data.trim().split_once('@').unwrap_or((data.trim(), ""));
                let duration = duration.parse().unwrap_or(Dtmf::DEFAULT_DURATION);
                for key in keys.chars() {
                    let key = Dtmf::new(key).ok_or_else(|| {
                        Failure::Invalid(format!("{key:?} is no key: 0-9 * # A-D"))
                    })?;
                    session.receive_dtmf(Dtmf { duration, ..key });
                }
                Ok(())
            },
        ),
        Application::new(
            "flush_dtmf",
            "",
            "flush any queued dtmf",
            "Forgets the keys that were pressed and not read.",
            Flags::NOMEDIA,
            async |session: Session, _: String| {
                session.flush_digits();
                Ok(())
            },
        ),
    ]
}
