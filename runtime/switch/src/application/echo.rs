//! `echo`.

use crate::application::{Application, Flags};
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "echo",
        "",
        "Echo",
        "Sends back what the far end says, until it hangs up, is transferred, or `uuid_break`.",
        Flags::NONE,
        echo,
    )]
}

async fn echo(session: Session, _data: String) -> Result<(), Failure> {
    /// Switches the echo off, however the application ends.
    struct On(ringfence_media::Stream);
    impl Drop for On {
        fn drop(&mut self) {
            self.0.echo(false);
        }
    }
    let stream = session.stream().await?;
    stream.echo(true);
    let _on = On(stream);
    session.rest(None).await
}
