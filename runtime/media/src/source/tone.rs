//! Tones: the keys of a telephone, and TGML, the script language of `tone_stream://`.

use std::f64::consts::TAU;

use crate::codec::{RATE, SAMPLES_PER_MS};

/// The longest pass of a script, in samples: 120 s. Longer ones are for sound files.
const MAX_SAMPLES: u64 = 120 * RATE as u64;
/// Frequencies in one tone.
const MAX_FREQUENCIES: usize = 8;
/// The level of each frequency in dBm0 unless `v=` says otherwise: libteletone's.
const LEVEL: f64 = -7.0;
/// The level of a sine that just does not clip in µ-law.
const FULL_SCALE: f64 = 3.17;
/// A key in a script sounds so long and is followed by so much silence (`d=`, `w=`), in ms.
const KEY: (u64, u64) = (250, 50);

/// A script, read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tones {
    steps: Vec<Step>,
    /// How often all of it is played; none is for ever.
    pub(crate) times: Option<u32>,
}

#[derive(Clone, Debug, PartialEq)]
struct Step {
    on: u64,
    off: u64,
    frequencies: Vec<f64>,
    level: f64,
    times: u32,
}

impl Tones {
    /// Reads a script: `%(on,off,f1[,f2…])` and keys, with `v=` (dBm0), `l=` (times for each tone
    /// that follows), `L=` or `loops=` (times for all, -1 for ever), `d=` and `w=` (ms that a key
    /// sounds and is silent), separated by `;` or nothing.
    pub(crate) fn parse(script: &str) -> Result<Self, String> {
        let mut tones = Self { steps: Vec::new(), times: Some(1) };
        let (mut level, mut repeat, mut key) = (LEVEL, 1, KEY);
        let mut rest = script;
        loop {
            rest = rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
            let Some(first) = rest.chars().next() else { break };
            if let Some(after) = rest.strip_prefix('%') {
                let (inner, after) = after
                    .trim_start()
                    .strip_prefix('(')
                    .and_then(|inner| inner.split_once(')'))
                    .ok_or_else(|| format!("% wants (on,off,frequency…) at {rest:?}"))?;
                tones.steps.push(Step::parse(inner, level, repeat)?);
                rest = after;
            } else if let Some((name, after)) = option_name(rest) {
                let (value, after) = after.split_at(after.find([';', '%']).unwrap_or(after.len()));
                let value = value.trim();
                match name {
                    "v" => level = number(name, value)?,
                    "l" => repeat = count(name, value)?.unwrap_or(u32::MAX),
                    "L" | "loops" => tones.times = count(name, value)?,
                    "d" => key.0 = milliseconds(name, value)?,
                    "w" => key.1 = milliseconds(name, value)?,
                    "r" | "c" => {} // Rate and channels are the stream's.
                    _ => return Err(format!("unknown option {name}=; known: v l L loops d w")),
                }
                rest = after;
            } else if let Some(frequencies) = key_frequencies(first) {
                let (on, off) = key;
                let frequencies = frequencies.to_vec();
                tones.steps.push(Step { on, off, frequencies, level, times: repeat });
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            } else {
                return Err(format!(
                    "unexpected {first:?}; %(on,off,f1,…), a key or v= L= l= d= w="
                ));
            }
        }
        match tones.samples() {
            0 => Err("the script makes no sound: it wants at least one %(on,off,frequency)".into()),
            1..=MAX_SAMPLES => Ok(tones),
            _ => Err(format!("one pass is longer than {} s", MAX_SAMPLES / u64::from(RATE))),
        }
    }

    /// Samples of one pass.
    fn samples(&self) -> u64 {
        self.steps.iter().fold(0u64, |sum, step| {
            let step = step.on.saturating_add(step.off).saturating_mul(u64::from(step.times));
            sum.saturating_add(step.saturating_mul(SAMPLES_PER_MS))
        })
    }

    /// One pass as samples.
    pub(crate) fn render(&self) -> Vec<i16> {
        let mut samples = Vec::with_capacity(self.samples() as usize);
        for step in &self.steps {
            let begin = samples.len();
            samples.resize(begin + (step.on * SAMPLES_PER_MS) as usize, 0);
            if let Some(sounding) = samples.get_mut(begin..) {
                sound(&step.frequencies, step.level, 0, sounding);
            }
            samples.resize(samples.len() + (step.off * SAMPLES_PER_MS) as usize, 0);
            let end = samples.len();
            for _ in 1..step.times {
                samples.extend_from_within(begin..end);
            }
        }
        samples
    }
}

impl Step {
    fn parse(inner: &str, level: f64, times: u32) -> Result<Self, String> {
        let mut values = inner.split(',').map(str::trim);
        let (Some(on), Some(off)) = (values.next(), values.next()) else {
            return Err(format!("%({inner}) wants on and off in ms, then frequencies in Hz"));
        };
        let frequencies = values
            .map(|value| match number("frequency", value)? {
                hertz if (0.0..f64::from(RATE / 2)).contains(&hertz) => Ok(hertz),
                _ => Err(format!("%({inner}): frequency {value} is not between 0 and 4000 Hz")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        match frequencies.len() {
            1..=MAX_FREQUENCIES => Ok(Self {
                on: milliseconds("on", on)?,
                off: milliseconds("off", off)?,
                frequencies,
                level,
                times,
            }),
            _ => Err(format!("%({inner}) wants 1 to {MAX_FREQUENCIES} frequencies")),
        }
    }
}

/// `name=` at the start, and what follows it.
fn option_name(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.split_once('=')?;
    let name = name.trim_end();
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()))
        .then_some((name, after))
}

fn number(name: &str, value: &str) -> Result<f64, String> {
    let number: f64 = value.parse().map_err(|_| format!("{name}: {value:?} is not a number"))?;
    if number.is_finite() { Ok(number) } else { Err(format!("{name}: {value:?} is not a number")) }
}

fn milliseconds(name: &str, value: &str) -> Result<u64, String> {
    match number(name, value)? {
        ms if (0.0..=MAX_SAMPLES as f64).contains(&ms) => Ok(ms as u64),
        _ => Err(format!("{name}: {value} ms is out of range")),
    }
}

/// How often; none is for ever. 0 counts as once, as in FreeSWITCH.
fn count(name: &str, value: &str) -> Result<Option<u32>, String> {
    match value.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(times) if (0..=i64::from(u32::MAX)).contains(&times) => Ok(Some(times.max(1) as u32)),
        _ => Err(format!("{name}= wants a number of times or -1, not {value:?}")),
    }
}

/// The two frequencies of a key (ITU-T Q.23).
fn key_frequencies(digit: char) -> Option<[f64; 2]> {
    const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
    const HIGH: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    let place = "123A456B789C*0#D".find(digit.to_ascii_uppercase())?;
    Some([*LOW.get(place / 4)?, *HIGH.get(place % 4)?])
}

/// The sound of a key, `offset` samples after it was pressed. Flash is silent.
pub(crate) fn dual_tone(digit: char, offset: u32, out: &mut [i16]) {
    match key_frequencies(digit) {
        Some(frequencies) => sound(&frequencies, LEVEL, u64::from(offset), out),
        None => out.fill(0),
    }
}

fn sound(frequencies: &[f64], level: f64, offset: u64, out: &mut [i16]) {
    let amplitude = 32_767.0 * 10f64.powf((level.min(FULL_SCALE) - FULL_SCALE) / 20.0);
    for (place, sample) in (offset..).zip(out) {
        let time = place as f64 / f64::from(RATE);
        let sum: f64 = frequencies.iter().map(|hertz| (TAU * hertz * time).sin()).sum();
        *sample = (sum * amplitude) as i16; // Saturates.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The power of one frequency in samples (Goertzel), as the amplitude of the sine.
    fn amplitude(samples: &[i16], hertz: f64) -> f64 {
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (place, sample) in samples.iter().enumerate() {
            let angle = TAU * hertz * place as f64 / f64::from(RATE);
            real += f64::from(*sample) * angle.cos();
            imaginary += f64::from(*sample) * angle.sin();
        }
        2.0 * f64::hypot(real, imaginary) / samples.len() as f64
    }

    #[test]
    fn a_ringback_tone_has_its_frequencies_and_its_cadence() {
        let tones = Tones::parse("%(2000,4000,440.0,480.0);loops=-1").unwrap();
        assert_eq!(tones.times, None);
        let samples = tones.render();
        assert_eq!(samples.len(), 48_000);
        let (on, off) = samples.split_at(16_000);
        assert!(off.iter().all(|sample| *sample == 0));
        for hertz in [440.0, 480.0] {
            let found = amplitude(on, hertz);
            assert!((9_700.0..10_700.0).contains(&found), "{hertz} Hz: {found}");
        }
        assert!(amplitude(on, 600.0) < 200.0);
    }

    #[test]
    fn options_hold_for_what_follows() {
        let tones = Tones::parse("L=3;v=-20;l=2;%(100, 50, 400) v=-7;%(10,0,500)").unwrap();
        assert_eq!(tones.times, Some(3));
        assert_eq!(tones.steps.len(), 2);
        assert_eq!((tones.steps[0].level, tones.steps[0].times), (-20.0, 2));
        assert_eq!((tones.steps[1].level, tones.steps[1].times), (-7.0, 2));
        assert_eq!(tones.render().len(), (2 * 150 + 2 * 10) * 8);
        let loud = amplitude(&tones.render()[..800], 400.0);
        assert!((2_100.0..2_500.0).contains(&loud), "{loud}");
    }

    #[test]
    fn keys_are_tones_too() {
        let samples = Tones::parse("d=100;w=20;5").unwrap().render();
        assert_eq!(samples.len(), 960);
        assert!(amplitude(&samples[..800], 770.0) > 9_000.0);
        assert!(amplitude(&samples[..800], 1336.0) > 9_000.0);
    }

    #[test]
    fn faults_are_named() {
        for (script, part) in [
            ("", "no sound"),
            ("L=2", "no sound"),
            ("%(100)", "wants on and off"),
            ("%(100,100)", "frequencies"),
            ("%(100,100,9000)", "9000"),
            ("%(a,100,400)", "\"a\" is not a number"),
            ("%100,100,400", "% wants"),
            ("%(100,100,400", "% wants"),
            ("x=3;%(1,1,400)", "unknown option x="),
            ("L=often;%(1,1,400)", "\"often\""),
            ("l=100;%(1000,1000,400)", "longer than 120 s"),
            ("%(9999999,0,400)", "out of range"),
            ("l=4000000;%(1000,0,400)", "longer than 120 s"),
            ("?", "unexpected '?'"),
        ] {
            let fault = Tones::parse(script).unwrap_err();
            assert!(fault.contains(part), "{script:?}: {fault}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(script in "[%(),;=vlLdw0-9.#A-D -]{0,40}") {
            let _ = Tones::parse(&script);
        }
    }
}
