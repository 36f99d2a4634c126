//! Playing a source: position, speed, volume. No clock and no packets; it is asked for samples.

use crate::codec::{Codec, SAMPLES_PER_MS};
use crate::source::{Part, Source};
use crate::stream::PlaybackControl;

/// Positions are counted in 1/65536 of a sample, so that speeds are exact over hours.
const FRACTION_BITS: u32 = 16;
/// The source samples that one played sample takes, at speeds -2 to 2 (FreeSWITCH's steps).
const STEPS: [u64; 5] = [
    (1 << FRACTION_BITS) * 2 / 3,
    (1 << FRACTION_BITS) * 4 / 5,
    1 << FRACTION_BITS,
    (1 << FRACTION_BITS) * 4 / 3,
    2 << FRACTION_BITS,
];
/// Amplitude at volumes -4 to 4 (FreeSWITCH's steps).
const GAINS: [f32; 9] = [0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 2.3, 3.3, 4.3];

/// Where seeking ends in what never does: 1,100 years, so that counting on cannot overflow.
const MAX_POSITION: u64 = 1 << 48;

/// A source being played.
#[derive(Debug)]
pub(crate) struct Player {
    source: Source,
    /// In samples, of all parts together.
    position: u64,
    /// 1/65536 samples past the position.
    fraction: u64,
    speed: i32,
    volume: i32,
    paused: bool,
}

impl Player {
    pub(crate) fn new(source: Source, offset: u64) -> Self {
        let mut player =
            Self { source, position: 0, fraction: 0, speed: 0, volume: 0, paused: false };
        player.seek(offset);
        player
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Takes a change; stopping is the caller's.
    pub(crate) fn control(&mut self, control: PlaybackControl) {
        match control {
            PlaybackControl::Pause => self.paused = !self.paused,
            PlaybackControl::Restart => {
                self.seek(0);
                self.speed = 0;
            }
            PlaybackControl::SeekBy(ms) => {
                self.seek(self.position.saturating_add_signed(ms.saturating_mul(8)));
            }
            PlaybackControl::SeekTo(ms) => self.seek(ms.saturating_mul(SAMPLES_PER_MS)),
            PlaybackControl::Speed(speed) => self.speed = speed.clamp(-2, 2),
            PlaybackControl::Volume(volume) => self.volume = volume.clamp(-4, 4),
            PlaybackControl::Stop => {}
        }
    }

    fn seek(&mut self, position: u64) {
        self.position =
            position.min(self.source.samples().unwrap_or(MAX_POSITION)).min(MAX_POSITION);
        self.fraction = 0;
    }

    /// Fills `out` with the next samples; the rest, when the source ends in it, is silence. False
    /// when nothing was left to play.
    pub(crate) fn fill(&mut self, codec: Codec, out: &mut [u8]) -> bool {
        if self.paused {
            out.fill(codec.silence());
            return true;
        }
        let filled =
            if self.speed == 0 { self.copy(codec, out) } else { self.resample(codec, out) };
        let (sounding, rest) = out.split_at_mut(filled);
        rest.fill(codec.silence());
        if self.volume != 0 {
            let gain = GAINS.get((self.volume + 4) as usize).copied().unwrap_or(1.0);
            for byte in sounding {
                *byte = codec.encode((f32::from(codec.decode(*byte)) * gain) as i16);
            }
        }
        filled > 0
    }

    /// Normal speed: whole stretches at once.
    fn copy(&mut self, codec: Codec, out: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(rest) = out.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let Some((part, offset)) = self.locate(self.position) else { break };
            let left = part.samples().map_or(u64::MAX, |samples| samples - offset);
            let wanted = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let taken = match part {
                Part::Silence { .. } => {
                    rest.iter_mut().take(wanted).for_each(|byte| *byte = codec.silence());
                    wanted
                }
                Part::Clip { clip, .. } => {
                    // `locate` never answers an empty clip.
                    let place = (offset % clip.bytes.len() as u64) as usize;
                    let stretch = clip.bytes.get(place..).unwrap_or_default();
                    let taken = wanted.min(stretch.len());
                    for (byte, sample) in rest.iter_mut().zip(stretch.iter().take(taken)) {
                        *byte = *sample;
                    }
                    if clip.codec != codec {
                        for byte in rest.iter_mut().take(taken) {
                            *byte = clip.codec.transcode(*byte, codec);
                        }
                    }
                    taken
                }
            };
            filled += taken;
            self.position += taken as u64;
        }
        filled
    }

    /// Another speed: each sample between its two neighbours.
    fn resample(&mut self, codec: Codec, out: &mut [u8]) -> usize {
        let step = STEPS.get((self.speed + 2) as usize).copied().unwrap_or(1 << FRACTION_BITS);
        for (filled, byte) in out.iter_mut().enumerate() {
            let Some(here) = self.sample(self.position) else { return filled };
            let next = self.sample(self.position + 1).unwrap_or(0);
            let between = i64::from(next - here) * self.fraction.cast_signed();
            *byte = codec.encode((i64::from(here) + (between >> FRACTION_BITS)) as i16);
            self.fraction += step;
            self.position += self.fraction >> FRACTION_BITS;
            self.fraction &= (1 << FRACTION_BITS) - 1;
        }
        out.len()
    }

    fn sample(&self, position: u64) -> Option<i32> {
        let (part, offset) = self.locate(position)?;
        Some(match part {
            Part::Silence { .. } => 0,
            Part::Clip { clip, .. } => {
                let place = (offset % clip.bytes.len() as u64) as usize;
                clip.bytes.get(place).map_or(0, |byte| i32::from(clip.codec.decode(*byte)))
            }
        })
    }

    /// The part that plays at a position and the offset in it; none past the end.
    fn locate(&self, position: u64) -> Option<(&Part, u64)> {
        let mut offset = position;
        for part in self.source.parts.iter() {
            match part.samples() {
                Some(samples) if offset >= samples => offset -= samples,
                _ => return Some((part, offset)),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Clip;

    /// A clip whose samples rise by 64 from one to the next.
    fn ramp(codec: Codec, samples: i16) -> Part {
        let bytes = (0..samples).map(|place| codec.encode(place * 64)).collect();
        Part::Clip { clip: Arc::new(Clip { codec, bytes }), times: Some(1) }
    }

    fn player(parts: Vec<Part>) -> Player {
        Player::new(Source { parts: parts.into() }, 0)
    }

    /// Plays to the end (at most 100 frames of 160) and decodes it.
    fn play(player: &mut Player, codec: Codec) -> Vec<i16> {
        let mut all = Vec::new();
        let mut frame = [0; 160];
        for _ in 0..100 {
            if !player.fill(codec, &mut frame) {
                break;
            }
            all.extend(frame.map(|byte| codec.decode(byte)));
        }
        all
    }

    #[test]
    fn parts_follow_one_another_without_a_gap() {
        let silence = Part::Silence { samples: Some(10) };
        let mut player = player(vec![ramp(Codec::Pcmu, 100), silence, ramp(Codec::Pcmu, 100)]);
        let played = play(&mut player, Codec::Pcmu);
        assert_eq!(played.len(), 320);
        assert_eq!(played[..100], played[110..210]);
        assert!(played[100..110].iter().all(|sample| *sample == 0));
        assert!(played[210..].iter().all(|sample| *sample == 0), "the last frame is filled up");
        assert_eq!(player.position(), 210);
    }

    #[test]
    fn a_clip_of_the_other_codec_is_recoded() {
        let played = play(&mut player(vec![ramp(Codec::Pcma, 160)]), Codec::Pcmu);
        for (place, sample) in played.iter().enumerate() {
            let wanted = place as i32 * 64;
            let error = (i32::from(*sample) - wanted).abs();
            assert!(error <= wanted / 12 + 16, "sample {place}: {sample}");
        }
    }

    #[test]
    fn loops_repeat_and_end() {
        let Part::Clip { clip, .. } = ramp(Codec::Pcmu, 70) else { unreachable!() };
        let mut thrice = player(vec![Part::Clip { clip: Arc::clone(&clip), times: Some(3) }]);
        let played = play(&mut thrice, Codec::Pcmu);
        assert_eq!(thrice.position(), 210);
        assert_eq!(played[..70], played[140..210]);
        let mut endless = player(vec![Part::Clip { clip, times: None }]);
        assert_eq!(play(&mut endless, Codec::Pcmu).len(), 16_000);
    }

    #[test]
    fn seeking_stays_within_the_source() {
        let mut player = player(vec![ramp(Codec::Pcmu, 400)]);
        player.control(PlaybackControl::SeekTo(20));
        assert_eq!(player.position(), 160);
        player.control(PlaybackControl::SeekBy(10));
        assert_eq!(player.position(), 240);
        player.control(PlaybackControl::SeekBy(-i64::MAX));
        assert_eq!(player.position(), 0);
        player.control(PlaybackControl::SeekTo(u64::MAX));
        assert_eq!(player.position(), 400);
        assert!(play(&mut player, Codec::Pcmu).is_empty());
        let endless = Source { parts: Arc::new([Part::Silence { samples: None }]) };
        let mut player = Player::new(endless, u64::MAX);
        player.control(PlaybackControl::SeekBy(i64::MAX));
        assert!(player.fill(Codec::Pcmu, &mut [0; 160]), "no script's number overflows it");
        assert_eq!(player.position(), MAX_POSITION + 160);
    }

    #[test]
    fn speed_changes_the_length_by_freeswitchs_steps() {
        for (speed, samples) in [(-2, 2400), (-1, 2000), (0, 1600), (1, 1200), (2, 800), (9, 800)] {
            let mut player = player(vec![Part::Silence { samples: Some(1600) }]);
            player.control(PlaybackControl::Speed(speed));
            let mut frame = [0; 80];
            let frames = (0..100).take_while(|_| player.fill(Codec::Pcmu, &mut frame)).count();
            let found = frames * 80;
            assert!(found.abs_diff(samples) <= 80, "speed {speed}: {found} samples");
        }
    }

    #[test]
    fn speed_does_not_change_the_shape() {
        let mut player = player(vec![ramp(Codec::Pcmu, 480)]);
        player.control(PlaybackControl::Speed(2));
        let played = play(&mut player, Codec::Pcmu);
        for (place, sample) in played.iter().take(240).enumerate() {
            let wanted = place as i32 * 128;
            assert!((i32::from(*sample) - wanted).abs() <= wanted / 16 + 16, "{place}: {sample}");
        }
    }

    #[test]
    fn volume_has_freeswitchs_steps() {
        for (volume, gain) in [(-4, 0.2), (-1, 0.8), (1, 1.3), (4, 4.3), (-9, 0.2)] {
            let mut player = player(vec![ramp(Codec::Pcmu, 100)]);
            player.control(PlaybackControl::Volume(volume));
            let sample = f64::from(play(&mut player, Codec::Pcmu)[90]);
            let wanted = 90.0 * 64.0 * gain;
            assert!((sample - wanted).abs() < wanted / 12.0, "volume {volume}: {sample}");
        }
    }

    #[test]
    fn pausing_is_silence_and_keeps_the_place() {
        let mut player = player(vec![ramp(Codec::Pcmu, 320)]);
        player.control(PlaybackControl::SeekTo(10));
        player.control(PlaybackControl::Pause);
        let mut frame = [0; 160];
        assert!(player.fill(Codec::Pcmu, &mut frame));
        assert!(frame.iter().all(|byte| *byte == 0xff));
        assert_eq!(player.position(), 80);
        player.control(PlaybackControl::Pause);
        player.fill(Codec::Pcmu, &mut frame);
        assert_eq!(player.position(), 240);
    }
}
