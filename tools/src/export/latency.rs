//! How long one window takes, in microseconds.
use anyhow::{Context, Result};
use needledrop_infer::Net;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Runs before the clock is read: caches and branch predictors settle.
const WARM_UP: usize = 5;
/// Most runs that are timed.
const MOST_RUNS: usize = 500;
/// Fewest runs that are timed, whatever the budget.
const FEWEST_RUNS: usize = 10;

/// Time of one window in tract, on one thread of the machine that exported it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Latency {
    /// Median, in microseconds.
    pub(crate) median_us: f64,
    /// The time that nine of ten windows stay within, in microseconds.
    pub(crate) p90_us: f64,
    /// Windows timed.
    pub(crate) runs: usize,
    /// Architecture of the machine.
    pub(crate) machine: String,
}

/// Times windows until `budget` is spent.
pub(crate) fn measure(mut net: Net, windows: &[Vec<i16>], budget: Duration) -> Result<Latency> {
    let classes = net.classes();
    let mut logits = vec![0.0; classes];
    let mut times_us = Vec::with_capacity(MOST_RUNS);
    let start = Instant::now();
    for (run, window) in windows.iter().cycle().take(WARM_UP + MOST_RUNS).enumerate() {
        let before = Instant::now();
        net.logits(window, &mut logits)?;
        if run >= WARM_UP {
            times_us.push(before.elapsed().as_secs_f64() * 1e6);
        }
        if start.elapsed() > budget && times_us.len() >= FEWEST_RUNS {
            break;
        }
    }
    times_us.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times_us
            .get(((times_us.len() - 1) as f64 * share) as usize)
            .copied()
    };
    Ok(Latency {
        median_us: at(0.5).context("no window was timed")?,
        p90_us: at(0.9).context("no window was timed")?,
        runs: times_us.len(),
        machine: std::env::consts::ARCH.to_owned(),
    })
}
