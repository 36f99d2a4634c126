//! Any rate to 8000 Hz: a windowed-sinc filter in as many phases as the two rates need.

use std::f64::consts::PI;

use crate::codec::RATE;

/// Zero crossings of the sinc on each side, at the lower of the two rates. 16 keep what is above
/// the new half rate 60 dB down and the voice band flat to 3.4 kHz.
const CROSSINGS: f64 = 16.0;
/// What passes, as a share of the new half rate: the rest is the filter's slope.
const CUTOFF: f64 = 0.92;
/// Phases of the filter; odd rates (as 11,024 Hz) are rounded to it.
const MAX_PHASES: u64 = 512;

/// Changes the rate of one channel, piece by piece.
pub(super) struct Resampler {
    /// None when the rate is right already.
    filter: Option<Filter>,
}

struct Filter {
    /// Coefficients for each phase.
    phases: Vec<Vec<f32>>,
    /// Input samples of one output sample, and the rest in `1/per`.
    step: u64,
    step_rest: u64,
    per: u64,
    /// Samples that are still needed; the first belongs to the first coefficient.
    history: Vec<f32>,
    /// Where the next output sample is: samples into `history`, and the rest in `1/per`.
    position: u64,
    rest: u64,
}

impl Resampler {
    pub(super) fn new(rate: u32) -> Self {
        Self { filter: (rate != RATE).then(|| Filter::new(rate)) }
    }

    /// Takes some samples and appends what they make.
    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        match &mut self.filter {
            None => out.extend_from_slice(samples),
            Some(filter) => filter.push(samples, out),
        }
    }

    /// No more samples come.
    pub(super) fn finish(&mut self, out: &mut Vec<f32>) {
        if let Some(filter) = &mut self.filter {
            let half = filter.taps() / 2;
            filter.push(&vec![0.0; half], out);
        }
    }
}

impl Filter {
    fn new(rate: u32) -> Self {
        let common = gcd(u64::from(rate), u64::from(RATE));
        let (from, per) = (u64::from(rate) / common, u64::from(RATE) / common);
        // The lower rate decides what may pass.
        let scale = (f64::from(RATE) / f64::from(rate)).min(1.0) * CUTOFF;
        let half = (CROSSINGS / scale).ceil() as usize;
        let taps = 2 * half;
        let phases = per.min(MAX_PHASES);
        let phase = |number: u64| {
            let shift = number as f64 / phases as f64;
            let coefficient = |tap: usize| {
                let time = tap as f64 - (half - 1) as f64 - shift;
                let window = 0.5 + 0.5 * (PI * time / half as f64).cos();
                if time.abs() < half as f64 { scale * sinc(scale * time) * window } else { 0.0 }
            };
            let raw: Vec<f64> = (0..taps).map(coefficient).collect();
            // A constant stays exactly what it is, in every phase.
            let sum: f64 = raw.iter().sum();
            raw.into_iter().map(|value| (value / sum) as f32).collect()
        };
        Self {
            phases: (0..phases).map(phase).collect(),
            step: from / per,
            step_rest: from % per,
            per,
            // Silence before the first sample, so that the first output lies on it.
            history: vec![0.0; half - 1],
            position: 0,
            rest: 0,
        }
    }

    fn taps(&self) -> usize {
        self.phases.first().map_or(0, Vec::len)
    }

    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.history.extend_from_slice(samples);
        let phases = self.phases.len() as u64;
        let taps = self.taps();
        loop {
            let begin = self.position as usize;
            let Some(window) = self.history.get(begin..begin + taps) else { break };
            let phase = self.phases.get((self.rest * phases / self.per) as usize);
            let coefficients = phase.map_or(&[][..], Vec::as_slice);
            out.push(window.iter().zip(coefficients).map(|(sample, factor)| sample * factor).sum());
            self.rest += self.step_rest;
            self.position += self.step + self.rest / self.per;
            self.rest %= self.per;
        }
        let used = (self.position as usize).min(self.history.len());
        self.history.drain(..used);
        self.position -= used as u64;
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// A second of a sine at some rate, as 8000 Hz; in pieces of odd length.
    fn converted(rate: u32, hertz: f64) -> Vec<f32> {
        let samples: Vec<f32> = (0..rate)
            .map(|place| (TAU * hertz * f64::from(place) / f64::from(rate)).sin() as f32)
            .collect();
        let mut resampler = Resampler::new(rate);
        let mut out = Vec::new();
        samples.chunks(997).for_each(|piece| resampler.push(piece, &mut out));
        resampler.finish(&mut out);
        out
    }

    fn power(samples: &[f32]) -> f64 {
        let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        (2.0 * sum / samples.len() as f64).sqrt()
    }

    #[test]
    fn the_voice_band_keeps_level_length_and_phase() {
        for rate in [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 7350] {
            for hertz in [300.0, 1000.0, 3000.0] {
                let out = converted(rate, hertz);
                assert!(out.len().abs_diff(8000) <= 1, "{rate} Hz: {} samples", out.len());
                let error = out[200..7800].iter().enumerate().map(|(place, sample)| {
                    let time = (place + 200) as f64 / 8000.0;
                    (f64::from(*sample) - (TAU * hertz * time).sin()).abs()
                });
                let worst = error.fold(0.0, f64::max);
                assert!(worst < 0.02, "{rate} Hz, tone of {hertz} Hz: off by {worst}");
            }
        }
    }

    #[test]
    fn what_8000_hz_cannot_carry_is_gone() {
        for rate in [16_000, 44_100, 48_000] {
            for hertz in [4500.0, 6000.0, 7900.0] {
                let left = power(&converted(rate, hertz)[200..7800]);
                assert!(left < 0.003, "{rate} Hz, tone of {hertz} Hz: {left} is left");
            }
        }
    }
}
