//! Oracle: each stage against f64 on that stage's own integer input; the error budget of docs/numerics.md.

use crate::reference::fft;
use needledrop_frontend::{FrontendConfig, Stages};
use std::f64::consts::PI;

const CONFIG: FrontendConfig = FrontendConfig::SEED;

#[derive(Default)]
struct Worst {
    window_lsb: f64,
    fft_lsb: f64,
    fft_square_sum: f64,
    bins: usize,
    mel_relative: f64,
    log_db: f64,
}

fn check(pcm: &[i16], worst: &mut Worst) {
    let n = CONFIG.n_fft;
    let mut stages = Stages::new(&CONFIG).expect("a preset is valid");
    let Some(shift) = stages.window(pcm) else {
        return;
    };
    let scale = f64::from(1u32 << shift);
    for (i, (&x, &y)) in pcm.iter().zip(stages.windowed()).enumerate() {
        let weight = 0.5 - 0.5 * (2.0 * PI * i as f64 / n as f64).cos();
        let error = f64::from(y) - f64::from(x) * weight * scale;
        worst.window_lsb = worst.window_lsb.max(error.abs());
    }
    let l1: i64 = stages.windowed().iter().map(|&y| i64::from(y).abs()).sum();
    assert!(l1 < (1 << 31) - (1 << 16), "L1 norm {l1}");

    let mut re: Vec<f64> = stages.windowed().iter().map(|&y| f64::from(y)).collect();
    let mut im = vec![0.0; n];
    fft(&mut re, &mut im);
    stages.fft();
    let power: Vec<f64> = (0..=n / 2).map(|bin| stages.power(bin) as f64).collect();
    for ((&p, re), im) in power.iter().zip(&re).zip(&im) {
        // The bits that the power stage drops are given back half; small bins would show them, not the FFT.
        let magnitude = re.hypot(*im);
        if magnitude > 65_536.0 {
            let error = ((p + 0.5) * 2048.0).sqrt() - magnitude;
            worst.fft_lsb = worst.fft_lsb.max(error.abs());
            worst.fft_square_sum += error * error;
            worst.bins += 1;
        }
    }

    let energy: Vec<f64> = stages.mel().iter().map(|&e| e as f64).collect();
    let mel = crate::reference::Reference::new(&CONFIG).unnormalised_mel(&power);
    for (&actual, expected) in energy.iter().zip(&mel) {
        if *expected > 1e6 {
            worst.mel_relative = worst.mel_relative.max((actual / expected - 1.0).abs());
        }
    }

    let norms = crate::reference::Reference::new(&CONFIG).norms();
    for ((&level, e), norm) in stages.log().iter().zip(&energy).zip(norms) {
        let pcm_scale = (2048.0 / 32_768f64.powi(2)) / (scale * scale);
        let expected = 10.0 * (e * pcm_scale * norm).log10();
        if expected > -100.0 {
            worst.log_db = worst
                .log_db
                .max((f64::from(level) / 256.0 - expected).abs());
        }
    }
}

#[test]
fn every_stage_keeps_its_error_budget() {
    let mut worst = Worst::default();
    let signals = crate::signals::all(CONFIG.n_fft, f64::from(CONFIG.sample_rate_hz), CONFIG.n_fft);
    for (_, signal) in &signals {
        for level_db in [0.0, -20.0, -40.0, -60.0, -80.0] {
            check(&crate::signals::to_pcm(signal, level_db), &mut worst);
        }
    }
    let fft_rms_lsb = (worst.fft_square_sum / worst.bins as f64).sqrt();
    eprintln!(
        "window {:.3} LSB; FFT {:.1} LSB worst, {fft_rms_lsb:.1} rms; mel {:.1e} relative; log {:.5} dB",
        worst.window_lsb, worst.fft_lsb, worst.mel_relative, worst.log_db
    );
    assert!(worst.window_lsb <= 1.02);
    assert!(fft_rms_lsb <= 20.0 && worst.fft_lsb <= 100.0);
    assert!(worst.mel_relative <= 1e-4);
    assert!(worst.log_db <= 0.5 / 256.0 + 1e-4);
}
