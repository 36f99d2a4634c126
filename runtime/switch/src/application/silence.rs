//! `wait_for_silence`.

use std::time::Duration;

use ringfence_media::SilenceOptions;

use crate::application::{Application, Flags};
use crate::command::split::arguments;
use crate::operation::{Failure, Operation, Play};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "wait_for_silence",
        "<silence_thresh> <silence_hits> <listen_hits> <timeout_ms> [<file>]",
        "wait_for_silence",
        "Waits until the far end has spoken for `listen_hits` frames of 20 ms (0: at once) and then \
         been silent (energy below `silence_thresh`, 0 to 32767) for `silence_hits` frames, or until \
         `timeout_ms` (0: for ever). `file` is played meanwhile, over and over.",
        Flags::NONE,
        wait_for_silence,
    )]
}

async fn wait_for_silence(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 5);
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok());
    let (Some(threshold), Some(hits), Some(listen_hits)) = (number(0), number(1), number(2)) else {
        return Err(Failure::Invalid(
            "wait_for_silence: <silence_thresh> <silence_hits> <listen_hits> are numbers".into(),
        ));
    };
    let stream = session.stream().await?;
    let silent = stream.listen_for_silence(SilenceOptions { threshold, hits, listen_hits });
    let patience = number(3).filter(|ms| *ms > 0).map(|ms| Duration::from_millis(u64::from(ms)));
    let timeout = async {
        match patience {
            Some(patience) => tokio::time::sleep(patience).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        _ = session.interrupted() => Err(session.over().unwrap_or(Failure::Hangup(session.hangup_cause()))),
        _ = silent => Ok(()),
        () = timeout => Ok(()),
        failure = play_over(&session, words.get(4)) => Err(failure),
    }
}

/// Plays a file again and again; ends only when it cannot be played.
async fn play_over(session: &Session, file: Option<&String>) -> Failure {
    let Some(file) = file else { return std::future::pending().await };
    loop {
        let play = Play { path: file.clone(), ..Play::default() };
        if let Err(failure) = session.perform(Operation::Play(play)).await {
            return failure;
        }
        // A file without sound must not spin.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
