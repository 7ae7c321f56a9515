//! `bench`: what a second of sound costs here, in microseconds and as a share of real time.
use super::model;
use crate::args::BenchArgs;
use needledrop_device::profile::Profile;
use needledrop_infer::Features;
use std::{
    io::Write as _,
    time::{Duration, Instant},
};

/// Rounds of each measurement; the median counts.
const ROUNDS: usize = 9;
/// Least time of one round.
const ROUND: Duration = Duration::from_millis(100);
/// Rate of the sound, in Hz.
const INPUT_HZ: u32 = 44_100;

/// Measures the frontend on one second of noise and the model on one window, and puts both together.
pub(crate) fn bench(args: &BenchArgs) -> anyhow::Result<bool> {
    let start = Instant::now();
    let mut model = model::open(&args.model)?;
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    let profile = Profile::new(model.metadata.clone(), &model.sha256, None)?;

    let second = noise(INPUT_HZ as usize);
    let mut features = Features::new(profile.metadata.input, profile.frontend(), INPUT_HZ)?;
    let mut rows = 0_u64;
    let frontend_s = median(|| features.push(&second, |_| rows += 1));

    let window = noise(profile.window.values());
    let mut logits = vec![0.0; profile.labels.len()];
    let mut outcome = Ok(());
    let window_s = median(|| {
        if outcome.is_ok() {
            outcome = model.net.logits(&window, &mut logits);
        }
    });
    outcome?;

    let hop_s = profile.hop_seconds();
    let row_s = profile.row_seconds();
    let result = serde_json::json!({
        "model": profile.metadata.name,
        "model_digest": profile.digest.to_string(),
        "input_rate_hz": INPUT_HZ,
        "load_ms": round(load_ms),
        "frontend_us_per_frame": round(frontend_s * row_s * 1e6),
        "frontend_ms_per_second": round(frontend_s * 1e3),
        "net_us_per_window": round(window_s * 1e6),
        "net_multiply_adds": model.net.multiply_adds(),
        "window_s": round(profile.window_seconds()),
        "hop_s": round(hop_s),
        "real_time_factor": round(frontend_s + window_s / hop_s),
    });
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{result}")?;
        return Ok(true);
    }
    for (name, value) in result.as_object().into_iter().flatten() {
        writeln!(out, "{name:24} {value}")?;
    }
    Ok(true)
}

/// Four decimals are more than a clock here can tell.
fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Seconds of one call.
fn median(mut call: impl FnMut()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let mut calls = 0_u32;
            while start.elapsed() < ROUND {
                call();
                calls += 1;
            }
            start.elapsed().as_secs_f64() / f64::from(calls)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

/// Noise of half scale; the same each time.
fn noise(samples: usize) -> Vec<i16> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u16 as i16 / 2
    };
    (0..samples).map(|_| next()).collect()
}
