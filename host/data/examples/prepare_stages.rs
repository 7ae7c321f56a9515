//! Where the time from a file to its log-mel goes, by the calls of `needledrop prepare`, on one thread:
//!
//! ```text
//! cargo run --release -p needledrop-data --example prepare_stages -- [--rounds N] FILE...
//! ```
//!
//! Prints one JSON object: milliseconds a file, the median over rounds of the mean over the files.

use anyhow::{Context, ensure};
use needledrop_audio::AudioFile;
use needledrop_frontend::{FrontendConfig, LogMel, Resampler};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// In the order of the stages.
const STAGES: [&str; 4] = ["decode_ms", "digest_ms", "resample_ms", "frontend_ms"];

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let mut rounds = 5;
    if arguments
        .next_if(|argument| argument == "--rounds")
        .is_some()
    {
        let text = arguments.next().context("--rounds needs a number")?;
        let text = text.to_string_lossy();
        rounds = text.parse().with_context(|| format!("--rounds {text}"))?;
    }
    let files: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    ensure!(
        rounds > 0 && !files.is_empty(),
        "give at least one round and one audio file"
    );

    let mut by_stage = [const { Vec::new() }; STAGES.len()];
    for _ in 0..rounds {
        let mut sums = [Duration::ZERO; STAGES.len()];
        for file in &files {
            add_stages(file, &mut sums)?;
        }
        for (times, sum) in by_stage.iter_mut().zip(sums) {
            times.push(sum.as_secs_f64() * 1e3 / files.len() as f64);
        }
    }
    let object: serde_json::Map<String, serde_json::Value> = STAGES
        .iter()
        .zip(&mut by_stage)
        .map(|(name, times)| {
            times.sort_by(f64::total_cmp);
            let median = times[times.len() / 2];
            (
                (*name).to_owned(),
                ((median * 100.0).round() / 100.0).into(),
            )
        })
        .collect();
    println!("{}", serde_json::Value::Object(object));
    Ok(())
}

fn add_stages(path: &Path, sums: &mut [Duration; STAGES.len()]) -> anyhow::Result<()> {
    let config = FrontendConfig::SEED;
    let start = Instant::now();
    let mut file = AudioFile::open(path)?;
    sums[0] += start.elapsed();
    let mut resampler = Resampler::new(file.sample_rate_hz(), config.sample_rate_hz)?;
    let mut log_mel = LogMel::new(&config)?;
    let mut digest = Sha256::new();
    let (mut bytes, mut resampled, mut values) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let start = Instant::now();
        let block = file.next_block()?;
        let decoded = Instant::now();
        let Some(block) = block else { break };
        bytes.clear();
        bytes.extend(block.iter().flat_map(|sample| sample.to_le_bytes()));
        digest.update(&bytes);
        let digested = Instant::now();
        resampled.clear();
        resampler.push(block, |part| resampled.extend_from_slice(part));
        let done = Instant::now();
        log_mel.push(&resampled, |frame| values.extend_from_slice(frame));
        sums[0] += decoded - start;
        sums[1] += digested - decoded;
        sums[2] += done - digested;
        sums[3] += done.elapsed();
    }
    std::hint::black_box((digest.finalize(), &values));
    Ok(())
}
