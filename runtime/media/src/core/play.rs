//! What plays on a stream.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::Core;
use crate::codec::Codec;
use crate::player::Player;
use crate::stream::{Play, PlaybackControl, PlaybackEnd, PlaybackEndReason, Progress};

/// A player with those who wait for its end.
pub(super) struct Playing {
    id: u64,
    player: Player,
    progress: Arc<Progress>,
    end: oneshot::Sender<PlaybackEnd>,
}

impl Playing {
    pub(super) fn new(play: Play) -> Self {
        let player = Player::new(play.source, play.options.offset);
        Self { id: play.id, player, progress: play.progress, end: play.end }
    }
}

impl Core {
    /// Fills a packet with what plays; false when nothing does, or its end was reached before.
    pub(super) fn play_into(&mut self, codec: Codec, audio: &mut [u8]) -> bool {
        let Some(playing) = &mut self.playing else { return false };
        let sounding = playing.player.fill(codec, audio);
        playing.progress.position.store(playing.player.position(), Ordering::Relaxed);
        if !sounding {
            // Only now, so that the end comes when the last packet has been heard.
            self.end_playing(PlaybackEndReason::Finished);
        }
        sounding
    }

    pub(super) fn control_playing(&mut self, id: u64, control: PlaybackControl) {
        let Some(playing) = self.playing.as_mut().filter(|playing| playing.id == id) else {
            return;
        };
        match control {
            PlaybackControl::Stop => self.end_playing(PlaybackEndReason::Stopped),
            control => {
                playing.player.control(control);
                playing.progress.position.store(playing.player.position(), Ordering::Relaxed);
            }
        }
    }

    pub(super) fn end_playing(&mut self, reason: PlaybackEndReason) {
        if let Some(playing) = self.playing.take() {
            let position = playing.player.position();
            // Whoever played may have gone.
            let _ = playing.end.send(PlaybackEnd { reason, position });
        }
    }
}
