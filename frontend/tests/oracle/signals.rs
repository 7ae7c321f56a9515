//! Test signals of issue-grade variety, synthesised; amplitude 1 is full scale.

use std::f64::consts::PI;

/// Deterministic noise source (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Uniform in -1..1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        bits as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// About normal, deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() / 2.0
    }
}

/// A signal brought to peak 1.
fn normalised(mut x: Vec<f64>) -> Vec<f64> {
    let peak = x.iter().fold(0.0f64, |peak, v| peak.max(v.abs()));
    x.iter_mut().for_each(|v| *v /= peak);
    x
}

fn sine(n: usize, rate_hz: f64, hz: f64) -> Vec<f64> {
    (0..n)
        .map(|i| (2.0 * PI * hz * i as f64 / rate_hz + 0.3).sin())
        .collect()
}

/// Chords with decaying partials, a bass and noise bursts on a beat.
fn music(n: usize, rate_hz: f64) -> Vec<f64> {
    let mut random = Random::new(7);
    let beat = (rate_hz * 0.25) as usize;
    let mut x = vec![0.0; n];
    for (start, chord) in (0..n)
        .step_by(beat)
        .zip([220.0, 261.63, 196.0, 329.63].iter().cycle())
    {
        for ratio in [0.25, 1.0, 1.25, 1.5] {
            for partial in 1..=12 {
                let hz = chord
                    * ratio
                    * f64::from(partial)
                    * (1.0 + 2e-4 * f64::from(partial * partial));
                if hz > rate_hz * 0.45 {
                    break;
                }
                let phase = random.uniform() * PI;
                for (i, x) in x[start..].iter_mut().enumerate().take(2 * beat) {
                    let t = i as f64 / rate_hz;
                    let decay = (-t * (3.0 + f64::from(partial))).exp() / f64::from(partial);
                    *x += decay * (2.0 * PI * hz * t + phase).sin();
                }
            }
        }
        for (i, x) in x[start..].iter_mut().enumerate().take(beat / 3) {
            let t = i as f64 / rate_hz;
            *x += 1.5 * random.normal() * (-t * 60.0).exp();
        }
    }
    normalised(x)
}

/// A pulse train with gliding pitch through three resonances, with pauses.
fn speech(n: usize, rate_hz: f64) -> Vec<f64> {
    let mut random = Random::new(11);
    let mut phase = 0.0;
    let mut x: Vec<f64> = (0..n)
        .map(|i| {
            let t = i as f64 / rate_hz;
            phase += (120.0 + 30.0 * (2.0 * PI * 2.0 * t).sin()) / rate_hz;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase -= pulse;
            let voiced = (2.0 * PI * 1.3 * t).sin() > -0.5;
            if voiced {
                pulse
            } else {
                0.02 * random.normal()
            }
        })
        .collect();
    for (hz, width_hz) in [(650.0, 80.0), (1400.0, 120.0), (2600.0, 160.0)] {
        let r = (-PI * width_hz / rate_hz).exp();
        let (a, b) = (2.0 * r * (2.0 * PI * hz / rate_hz).cos(), -r * r);
        let (mut y1, mut y2) = (0.0, 0.0);
        for v in &mut x {
            let y = *v + a * y1 + b * y2;
            (y2, y1) = (y1, y);
            *v = y;
        }
    }
    normalised(x)
}

fn pink(n: usize) -> Vec<f64> {
    let mut random = Random::new(5);
    // Sum of first-order low-passes an octave and a half apart.
    let mut state = [0.0f64; 8];
    let x = (0..n)
        .map(|_| {
            let white = random.normal();
            let mut sum = 0.0;
            for (i, s) in state.iter_mut().enumerate() {
                let a = 0.5f64.powf(1.5 * i as f64);
                *s += a * (white - *s);
                sum += *s / a.sqrt();
            }
            sum
        })
        .collect();
    normalised(x)
}

/// All signals by name, n samples each, peak 1.
pub(crate) fn all(n: usize, rate_hz: f64, n_fft: usize) -> Vec<(&'static str, Vec<f64>)> {
    let bin_hz = rate_hz / n_fft as f64;
    let mut random = Random::new(3);
    let chirp = |low: f64, high: f64| -> Vec<f64> {
        (0..n)
            .map(|i| {
                let t = i as f64 / n as f64;
                let octaves = (high / low).ln();
                let phase =
                    2.0 * PI * low * (n as f64 / rate_hz) * ((octaves * t).exp() - 1.0) / octaves;
                phase.sin()
            })
            .collect()
    };
    let mix = |a: &[f64], gain: f64, b: &[f64]| -> Vec<f64> {
        normalised(a.iter().zip(b).map(|(a, b)| a + gain * b).collect())
    };
    let on_bin = sine(n, rate_hz, 93.0 * bin_hz);
    let between = sine(n, rate_hz, 200.5 * bin_hz);
    let impulses = (0..n)
        .map(|i| if i % 3001 == 1700 { 1.0 } else { 0.0 })
        .collect();
    let square = (0..n)
        .map(|i| if (i / 37) % 2 == 0 { 1.0 } else { -1.0 })
        .collect();
    vec![
        ("music", music(n, rate_hz)),
        ("speech-like", speech(n, rate_hz)),
        (
            "white noise",
            normalised((0..n).map(|_| random.normal()).collect()),
        ),
        ("pink noise", pink(n)),
        ("sine on a bin", on_bin.clone()),
        ("sine between bins", between.clone()),
        ("low sine", sine(n, rate_hz, 3.3 * bin_hz)),
        ("chirp", chirp(30.0, rate_hz * 0.49)),
        (
            "two tones 60 dB apart",
            mix(&between, 1e-3, &sine(n, rate_hz, 420.25 * bin_hz)),
        ),
        ("impulses", impulses),
        ("square", square),
    ]
}

/// Rounds to PCM at a level in dBFS (peak); silence below one LSB stays silence.
pub(crate) fn to_pcm(x: &[f64], level_db: f64) -> Vec<i16> {
    let gain = 32767.0 * 10f64.powf(level_db / 20.0);
    x.iter().map(|v| (v * gain).round() as i16).collect()
}

/// The same with triangular dither of one LSB.
pub(crate) fn to_dithered_pcm(x: &[f64], level_db: f64) -> Vec<i16> {
    let gain = 32767.0 * 10f64.powf(level_db / 20.0);
    let mut random = Random::new(99);
    x.iter()
        .map(|v| {
            let dither = (random.uniform() + random.uniform()) / 2.0;
            (v * gain + dither).round().clamp(-32768.0, 32767.0) as i16
        })
        .collect()
}
