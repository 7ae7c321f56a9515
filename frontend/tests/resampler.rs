//! Oracle: the resampler against sines, by sweep.

use std::f64::consts::PI;

use needledrop_frontend::Resampler;

const INPUT_RATES_HZ: [u32; 9] = [
    8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000,
];
const MODEL_RATES_HZ: [u32; 2] = [16_000, 22_050];
const AMPLITUDE: f64 = 32_000.0;
const OUTPUT_SAMPLES: usize = 2_000;

fn resample(pcm: &[i16], input_hz: u32, output_hz: u32) -> Vec<i16> {
    let mut resampler = Resampler::new(input_hz, output_hz).expect("a supported ratio");
    let mut out = Vec::new();
    resampler.push(pcm, |piece| out.extend_from_slice(piece));
    resampler.finish(|piece| out.extend_from_slice(piece));
    out
}

fn sine(hz: f64, input_hz: u32, output_hz: u32) -> Vec<i16> {
    let samples = OUTPUT_SAMPLES * input_hz as usize / output_hz as usize;
    (0..samples)
        .map(|i| {
            (AMPLITUDE * (2.0 * PI * hz * i as f64 / f64::from(input_hz)).sin()).round() as i16
        })
        .collect()
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.max(1e-12).log10()
}

/// Gain of a sine in dB, delay of its phase in output samples, and all that is not the sine, in dB below it.
///
/// The first and the last filter length are left out.
fn response(hz: f64, input_hz: u32, output_hz: u32) -> (f64, f64, f64) {
    let out = resample(&sine(hz, input_hz, output_hz), input_hz, output_hz);
    let edge = 64 * output_hz.max(input_hz) as usize / input_hz as usize + 8;
    let omega = 2.0 * PI * hz / f64::from(output_hz);
    // Least squares of a sin + b cos, by its normal equations.
    let (mut ss, mut sc, mut cc, mut ys, mut yc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let inner = || out.iter().enumerate().take(out.len() - edge).skip(edge);
    for (m, &y) in inner() {
        let (s, c) = (omega * m as f64).sin_cos();
        ss += s * s;
        sc += s * c;
        cc += c * c;
        ys += f64::from(y) * s;
        yc += f64::from(y) * c;
    }
    let determinant = ss * cc - sc * sc;
    let a = (ys * cc - yc * sc) / determinant;
    let b = (yc * ss - ys * sc) / determinant;
    let rest: f64 = inner()
        .map(|(m, &y)| {
            let (s, c) = (omega * m as f64).sin_cos();
            (f64::from(y) - a * s - b * c).powi(2)
        })
        .sum();
    let rms = (rest / (out.len() - 2 * edge) as f64).sqrt();
    (
        db(a.hypot(b) / AMPLITUDE),
        -b.atan2(a) / omega,
        db(rms / (AMPLITUDE / 2f64.sqrt())),
    )
}

#[test]
fn the_passband_is_flat_and_clean_without_delay() {
    for output_hz in MODEL_RATES_HZ {
        for input_hz in INPUT_RATES_HZ {
            let nyquist_hz = f64::from(input_hz.min(output_hz)) / 2.0;
            let (mut ripple, mut delay, mut dirt) = (0.0f64, 0.0f64, -200.0f64);
            for step in 0..40 {
                let hz = nyquist_hz * (0.011 + 0.889 * f64::from(step) / 39.0);
                let (gain_db, delay_samples, rest_db) = response(hz, input_hz, output_hz);
                ripple = ripple.max(gain_db.abs());
                delay = delay.max(delay_samples.abs());
                dirt = dirt.max(rest_db);
            }
            eprintln!(
                "| {input_hz} -> {output_hz} | {ripple:.4} dB | {dirt:.1} dB | {delay:.5} samples |"
            );
            assert!(
                ripple <= 0.05,
                "{input_hz} -> {output_hz}: ripple {ripple:.4} dB"
            );
            assert!(
                dirt <= -90.0,
                "{input_hz} -> {output_hz}: images and aliases {dirt:.1} dB"
            );
            assert!(
                delay <= 1e-3,
                "{input_hz} -> {output_hz}: delay {delay:.5} samples"
            );
        }
    }
}

#[test]
fn nothing_above_the_lower_nyquist_aliases() {
    for output_hz in MODEL_RATES_HZ {
        for input_hz in INPUT_RATES_HZ.into_iter().filter(|&hz| hz > output_hz) {
            let (low, high) = (f64::from(output_hz) / 2.0, f64::from(input_hz) / 2.0);
            for step in 0..30 {
                let hz = low + (high * 0.999 - low) * f64::from(step) / 29.0;
                let out = resample(&sine(hz, input_hz, output_hz), input_hz, output_hz);
                let inner = &out[80..out.len() - 80];
                let square: f64 = inner.iter().map(|&y| f64::from(y).powi(2)).sum();
                let rms = (square / inner.len() as f64).sqrt();
                let alias_db = db(rms / (AMPLITUDE / 2f64.sqrt()));
                assert!(
                    alias_db <= -90.0,
                    "{input_hz} -> {output_hz}: {hz:.0} Hz comes through at {alias_db:.1} dB"
                );
            }
        }
    }
}

#[test]
fn constants_pass_exactly_and_extremes_saturate() {
    for input_hz in INPUT_RATES_HZ {
        for constant in [i16::MIN, -1, 0, 1, 12_345, i16::MAX] {
            let out = resample(&vec![constant; 6_000], input_hz, 22_050);
            let edge = 700.min(out.len() / 2 - 1);
            assert!(out[edge..out.len() - edge].iter().all(|&y| y == constant));
        }
        // A full-scale square overshoots: it must clip, not wrap.
        let square: Vec<i16> = (0..6_000)
            .map(|i| {
                if (i / 50) % 2 == 0 {
                    i16::MAX
                } else {
                    i16::MIN
                }
            })
            .collect();
        let out = resample(&square, input_hz, 22_050);
        let middle = |i: usize| i * 22_050 / input_hz as usize;
        assert!(out[middle(3_025)] > 30_000 && out[middle(3_075)] < -30_000);
        assert!(out.contains(&i16::MAX) && out.contains(&i16::MIN));
    }
}
