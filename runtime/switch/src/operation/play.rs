//! Playing a sound: `streamFile`, `playback`.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_media::{
    Codec, PlayOptions, Playback, PlaybackControl, PlaybackEnd, PlaybackEndReason, Remote, Search,
    Source, SourceError, Stream,
};

use super::{Control, Failure, Outcome, Play};
use crate::authority;
use crate::channel::Shared;
use crate::event::{Event, EventName};
use crate::session::Session;

/// A sound that is being played.
pub(super) struct Playing {
    path: String,
    stream: Stream,
    source: Source,
    playback: Playback,
    end: Option<PlaybackEnd>,
    /// How deep it is nested beside the call.
    level: u32,
    /// Whoever changes it from elsewhere.
    now: Option<Arc<Mutex<Option<Remote>>>>,
}

/// Whose sound is played, and where it is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access<'a> {
    /// One that was asked for, as the script that asks may play it. Relative names are below this
    /// folder, else below the variable `sound_prefix`, else where sounds are.
    Asked(Option<&'a str>),
    /// One that the server made.
    Server,
}

/// Opens the sound and begins to play it.
pub(super) async fn start(
    session: &Session,
    play: Play,
    access: Access<'_>,
) -> Result<Playing, Failure> {
    let stream = session.stream().await?;
    let source = open(session, stream.codec(), &play.path, access).await?;
    let playback = stream.play(source.clone(), PlayOptions { offset: play.offset });
    session.0.fire(EventName::PlaybackStart, |event| describe(&play.path, event));
    Ok(Playing {
        path: play.path,
        stream,
        source,
        playback,
        end: None,
        level: super::running::level(),
        now: None,
    })
}

/// What is played, and of a stream other than silence of which kind it is.
fn describe(path: &str, event: &mut Event) {
    if let Some((kind, _)) = path.split_once("://").filter(|(kind, _)| *kind != "silence_stream") {
        event.set("Playback-File-Type", kind);
    }
    event.set("Playback-File-Path", path);
}

/// Opens a sound by its name.
pub(super) async fn open(
    session: &Session,
    codec: Codec,
    path: &str,
    access: Access<'_>,
) -> Result<Source, Failure> {
    if path.is_empty() {
        return Err(Failure::Invalid("no sound is named".into()));
    }
    let library = session.switch().media().library();
    let (folders, prefix) = match access {
        Access::Asked(Some(prefix)) => (authority::playable(), Some(prefix.to_owned())),
        Access::Asked(None) => (authority::playable(), session.variable("sound_prefix")),
        Access::Server => (None, None),
    };
    let search = Search { prefix: prefix.as_deref().map(Path::new), folders: folders.as_ref() };
    let opened = library.open_in(path, codec, search).await;
    opened.map_err(unplayable)
}

/// A sound that cannot be used, as whoever asked for it is told.
pub(super) fn unplayable(error: SourceError) -> Failure {
    match error {
        SourceError::Outside { path } => authority::refuse_play(&path.to_string_lossy()),
        SourceError::NotFound { .. } => Failure::NotFound(error.to_string()),
        SourceError::Unusable { .. } => Failure::Failed(error.to_string()),
        SourceError::Invalid { .. } => Failure::Invalid(error.to_string()),
    }
}

impl Playing {
    pub(super) async fn finished(&mut self, session: &Session) -> Outcome {
        loop {
            let end = self.playback.finished().await;
            self.end = Some(end);
            match end.reason {
                PlaybackEndReason::Finished => return Outcome::Done,
                PlaybackEndReason::Stopped | PlaybackEndReason::Closed => return Outcome::Stopped,
                PlaybackEndReason::Replaced => {}
            }
            // A broadcast plays over it. (Another operation would have ended this one already.)
            let level = self.level;
            let top = |shared: &mut Shared| {
                shared.beside.last().is_none_or(|top| *top <= level).then_some(())
            };
            session.0.wait_for(top).await;
            let options = PlayOptions { offset: end.position };
            self.playback = self.stream.play(self.source.clone(), options);
            self.tell();
        }
    }

    /// Lets somebody else change what plays.
    pub(super) fn share(&mut self, now: &Arc<Mutex<Option<Remote>>>) {
        self.now = Some(Arc::clone(now));
        self.tell();
    }

    fn tell(&self) {
        if let Some(now) = &self.now {
            *now.lock() = Some(self.playback.remote());
        }
    }

    pub(super) fn control(&mut self, control: Control) -> Result<(), Failure> {
        self.playback.control(match control {
            Control::Pause => PlaybackControl::Pause,
            Control::Restart => PlaybackControl::Restart,
            Control::SeekBy(ms) => PlaybackControl::SeekBy(ms),
            Control::SeekTo(ms) => PlaybackControl::SeekTo(ms),
            Control::Speed(speed) => PlaybackControl::Speed(speed),
            Control::Volume(volume) => PlaybackControl::Volume(volume),
            // As FreeSWITCH: what is played and truncated ends.
            Control::Stop | Control::Truncate => PlaybackControl::Stop,
        });
        Ok(())
    }

    /// Sets `playback_ms`, `playback_seconds`, `playback_samples` and tells that it is over.
    pub(super) fn note_end(&mut self, session: &Session) {
        let position = self.end.map_or_else(|| self.playback.position(), |end| end.position);
        session.note("playback_seconds", &(position / 8000).to_string());
        session.note("playback_ms", &(position / 8).to_string());
        session.note("playback_samples", &position.to_string());
        let done = matches!(self.end, Some(end) if end.reason == PlaybackEndReason::Finished);
        session.note("playback_last_offset_pos", &position.to_string());
        // FreeSWITCH's: a hangup is no break.
        let broken = !done && session.up();
        session.0.fire(EventName::PlaybackStop, |event| {
            describe(&self.path, event);
            event.set("Playback-Status", if broken { "break" } else { "done" });
        });
    }
}
