//! What a caller hears: silence, a tone, or sound that changes as speech and music do.
//!
//! [`Ear`] takes audio with the time it arrived at and tells when a sound begins, what it is, and
//! when it is over. No clock and no I/O of its own.

use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// Samples a second; everything that a phone hears is brought to this rate.
pub const RATE: u32 = 8000;
/// Below this RMS level (of 32768) it is silent: −50 dBFS.
const SILENT: f64 = 104.0;
/// Silence that ends a sound: longer than a pause between words or the gap of a busy tone.
pub const GAP: Duration = Duration::from_millis(600);
/// Audio that is looked at to tell what a sound is: 160 ms.
const LOOK: usize = 1280;
/// A window of the spectrum: 400 samples are 20 Hz a bin.
const WINDOW: usize = 400;
/// The bins 100 Hz to 3400 Hz.
const BINS: std::ops::Range<usize> = 5..171;
/// A tone has at least this part of its energy in at most two frequencies.
const TONAL: f64 = 0.85;

/// What a sound is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "sound", rename_all = "snake_case")]
pub enum Sound {
    /// Speech, music, noise.
    Audio {
        /// Level in dB of full scale.
        dbfs: f64,
    },
    /// One steady frequency, or two, as in a dial tone.
    Tone {
        /// In Hz, to 10 Hz.
        hertz: u32,
        /// The weaker one of two.
        #[serde(skip_serializing_if = "Option::is_none")]
        second: Option<u32>,
        /// Level in dB of full scale.
        dbfs: f64,
    },
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audio { dbfs } => write!(f, "audio at {dbfs:.0} dBFS"),
            Self::Tone { hertz, second: None, dbfs } => write!(f, "{hertz} Hz at {dbfs:.0} dBFS"),
            Self::Tone { hertz, second: Some(second), dbfs } => {
                write!(f, "{hertz} Hz + {second} Hz at {dbfs:.0} dBFS")
            }
        }
    }
}

/// What [`Ear`] tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    /// A sound began at `at`.
    Sound {
        /// When its first audio arrived.
        at: Duration,
        /// What it is.
        sound: Sound,
    },
    /// The sound was over at `at`.
    Silence {
        /// When its last audio arrived.
        at: Duration,
        /// How long it was heard.
        lasted: Duration,
    },
}

/// Listens.
#[derive(Debug, Default)]
pub struct Ear {
    current: Option<Current>,
    told: VecDeque<Heard>,
}

/// The sound that is heard now.
#[derive(Debug)]
struct Current {
    began: Duration,
    /// The end of its last audio that was not silent.
    last: Duration,
    /// Its beginning, until it is told what it is.
    look: Option<Vec<i16>>,
}

impl Ear {
    /// Hears nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes audio that arrived at `at`, at 8000 samples/s.
    pub fn hear(&mut self, at: Duration, samples: &[i16]) {
        let end = at + duration(samples.len());
        self.wait(at);
        let silent = rms(samples) < SILENT;
        match &mut self.current {
            None if silent => {}
            None => {
                self.current = Some(Current { began: at, last: end, look: Some(samples.to_vec()) });
            }
            Some(current) => {
                if !silent {
                    current.last = end;
                    if let Some(look) = &mut current.look {
                        look.extend_from_slice(samples);
                    }
                }
            }
        }
        if let Some(current) = &mut self.current
            && current.look.as_ref().is_some_and(|look| look.len() >= LOOK)
        {
            self.told.extend(current.told());
        }
    }

    /// Lets time pass without audio.
    pub fn wait(&mut self, now: Duration) {
        if self.current.as_ref().is_some_and(|current| now >= current.last + GAP) {
            self.finish();
        }
    }

    /// When [`Ear::wait`] has something to tell, if nothing is heard until then.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.current.as_ref().map(|current| current.last + GAP)
    }

    /// The call is over: a sound that is still heard ends with its last audio.
    pub fn finish(&mut self) {
        if let Some(mut current) = self.current.take() {
            // Clicks of less than LOOK are told as what their few samples look like.
            self.told.extend(current.told());
            let lasted = current.last.saturating_sub(current.began);
            self.told.push_back(Heard::Silence { at: current.last, lasted });
        }
    }

    /// The next thing that was heard.
    pub fn next_heard(&mut self) -> Option<Heard> {
        self.told.pop_front()
    }
}

impl Current {
    fn told(&mut self) -> Option<Heard> {
        let look = self.look.take()?;
        Some(Heard::Sound { at: self.began, sound: classify(&look) })
    }
}

fn duration(samples: usize) -> Duration {
    Duration::from_micros(samples as u64 * 1_000_000 / u64::from(RATE))
}

/// Level of samples, 0 to 32768.
fn rms(samples: &[i16]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / samples.len() as f64).sqrt()
}

/// Level of samples in dB of full scale; silence is −96.
#[must_use]
pub fn dbfs(samples: &[i16]) -> f64 {
    (20.0 * (rms(samples) / 32768.0).log10()).max(-96.0)
}

fn classify(samples: &[i16]) -> Sound {
    let dbfs = (dbfs(samples) * 10.0).round() / 10.0;
    let windows: Vec<_> = samples.chunks_exact(WINDOW).filter_map(tone).collect();
    let Some(&(hertz, second)) = windows.first() else { return Sound::Audio { dbfs } };
    // Speech has moments that look like a tone, but not the same one all the time.
    let steady = samples.len() / WINDOW == windows.len()
        && windows.iter().all(|(other, _)| other.abs_diff(hertz) <= 10);
    if steady { Sound::Tone { hertz, second, dbfs } } else { Sound::Audio { dbfs } }
}

/// The one or two frequencies that carry the energy of a window, if there are such.
fn tone(window: &[i16]) -> Option<(u32, Option<u32>)> {
    let energies: Vec<f64> = BINS.map(|bin| energy(window, bin as f64)).collect();
    let total: f64 = energies.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let (first, first_energy) = peak(&energies, None)?;
    let (second, second_energy) = peak(&energies, Some(first)).unwrap_or((first, 0.0));
    if first_energy / total >= TONAL {
        Some((hertz(window, first), None))
    } else if (first_energy + second_energy) / total >= TONAL {
        Some((hertz(window, first), Some(hertz(window, second))))
    } else {
        None
    }
}

/// The strongest bin, with the energy of its neighbours, which a Hann window spreads it over.
fn peak(energies: &[f64], without: Option<usize>) -> Option<(usize, f64)> {
    let near = |index: usize| without.is_some_and(|other| index.abs_diff(other) <= 3);
    let (index, _) = energies
        .iter()
        .enumerate()
        .filter(|(index, _)| !near(*index))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let around = index.saturating_sub(2)..(index + 3).min(energies.len());
    Some((index, energies.get(around)?.iter().sum()))
}

/// The frequency at a peak, to 10 Hz: the strongest of the bin and points between it and the next.
fn hertz(window: &[i16], index: usize) -> u32 {
    let bin = (BINS.start + index) as f64;
    let points = (-4..=4).map(|quarter| bin + f64::from(quarter) / 8.0);
    let best = points.max_by(|a, b| energy(window, *a).total_cmp(&energy(window, *b)));
    let hertz = best.unwrap_or(bin) * f64::from(RATE) / WINDOW as f64;
    ((hertz / 10.0).round() * 10.0) as u32
}

/// Energy at a frequency given in bins (Goertzel's sum, written out, under a Hann window).
fn energy(window: &[i16], bin: f64) -> f64 {
    let step = TAU / window.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (index, sample) in window.iter().enumerate() {
        let angle = step * index as f64;
        let value = f64::from(*sample) * (0.5 - 0.5 * angle.cos());
        re += value * (angle * bin).cos();
        im += value * (angle * bin).sin();
    }
    re * re + im * im
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 160;

    fn sine(parts: &[(f64, f64)], samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|n| {
                let at =
                    |(hertz, level): &(f64, f64)| (TAU * hertz * n as f64 / 8000.0).sin() * level;
                parts.iter().map(at).sum::<f64>() as i16
            })
            .collect()
    }

    /// Feeds audio in frames of 20 ms from `start`, and tells what was heard until the end.
    fn listen(start: Duration, audio: &[i16]) -> Vec<Heard> {
        let mut ear = Ear::new();
        for (index, frame) in audio.chunks(FRAME).enumerate() {
            ear.hear(start + duration(index * FRAME), frame);
        }
        ear.finish();
        std::iter::from_fn(|| ear.next_heard()).collect()
    }

    #[test]
    fn a_tone_is_told_with_its_frequency_and_level() {
        for hertz in [350.0, 440.0, 1000.0, 2600.0] {
            let heard = listen(Duration::from_secs(1), &sine(&[(hertz, 8192.0)], 4000));
            let Heard::Sound { at, sound: Sound::Tone { hertz: told, second: None, dbfs } } =
                heard[0]
            else {
                panic!("{heard:?}")
            };
            assert_eq!((at, told), (Duration::from_secs(1), hertz as u32));
            assert!((dbfs + 15.05).abs() < 0.2, "{dbfs}");
            let lasted = Duration::from_millis(500);
            assert_eq!(heard[1], Heard::Silence { at: Duration::from_millis(1500), lasted });
        }
    }

    #[test]
    fn two_frequencies_are_a_tone() {
        let heard = listen(Duration::ZERO, &sine(&[(350.0, 6000.0), (440.0, 5000.0)], 4000));
        assert!(
            matches!(
                heard[0],
                Heard::Sound { sound: Sound::Tone { hertz: 350, second: Some(440), .. }, .. }
            ),
            "{heard:?}"
        );
    }

    #[test]
    fn what_changes_is_audio() {
        let sweep: Vec<i16> = (0..4000)
            .map(|n| {
                let t = f64::from(n) / 8000.0;
                ((TAU * (300.0 * t + 2000.0 * t * t)).sin() * 9000.0) as i16
            })
            .collect();
        let heard = listen(Duration::ZERO, &sweep);
        assert!(matches!(heard[0], Heard::Sound { sound: Sound::Audio { .. }, .. }), "{heard:?}");
    }

    #[test]
    fn silence_is_not_told() {
        assert_eq!(listen(Duration::ZERO, &[0; 8000]), []);
        assert_eq!(listen(Duration::ZERO, &[8; 8000]), []);
    }

    #[test]
    fn a_short_gap_belongs_to_the_sound_and_a_long_one_ends_it() {
        let tone = sine(&[(440.0, 8000.0)], 1600);
        let busy = [tone.clone(), vec![0; 1600], tone.clone()].concat();
        assert_eq!(listen(Duration::ZERO, &busy).len(), 2);
        let two = [tone.clone(), vec![0; 8000], tone].concat();
        assert_eq!(listen(Duration::ZERO, &two).len(), 4);
    }

    #[test]
    fn a_sound_ends_without_further_audio_when_its_time_has_come() {
        let mut ear = Ear::new();
        ear.hear(Duration::ZERO, &sine(&[(440.0, 8000.0)], 1600));
        assert!(matches!(ear.next_heard(), Some(Heard::Sound { .. })));
        let deadline = ear.deadline().unwrap();
        ear.wait(deadline - Duration::from_millis(1));
        assert_eq!(ear.next_heard(), None);
        ear.wait(deadline);
        let lasted = Duration::from_millis(200);
        assert_eq!(ear.next_heard(), Some(Heard::Silence { at: lasted, lasted }));
        assert_eq!(ear.deadline(), None);
    }
}
