//! Pushes N frames of noise through a frontend and nothing else.
//!
//! The difference between two N under callgrind or a counting emulator, divided by the difference in frames, is the
//! cost of a frame.

use std::process::ExitCode;

use needledrop_frontend::{FftKind, FrontendConfig, LogMel};

const USAGE: &str = "usage: frames [--preset seed|mfcc|compact] [--fft fixed|micro] [--frames N]";

fn arguments() -> Result<(FrontendConfig, usize), String> {
    let (mut config, mut frames) = (FrontendConfig::SEED, 100);
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match flag.as_str() {
            "--preset" => {
                let fft = config.fft;
                config = FrontendConfig::preset(&value)
                    .ok_or_else(|| format!("unknown preset {value}; {USAGE}"))?;
                config.fft = fft;
            }
            "--fft" => {
                config.fft = match value.as_str() {
                    "fixed" => FftKind::Fixed,
                    "micro" => FftKind::Micro,
                    _ => return Err(format!("unknown FFT {value}; {USAGE}")),
                }
            }
            "--frames" => {
                frames = value
                    .parse()
                    .map_err(|_| format!("{value} is no number of frames; {USAGE}"))?;
            }
            _ => return Err(format!("unknown flag {flag}; {USAGE}")),
        }
    }
    Ok((config, frames))
}

fn main() -> ExitCode {
    let built = arguments().and_then(|(config, frames)| {
        LogMel::new(&config)
            .map(|log_mel| (log_mel, frames))
            .map_err(|error| error.to_string())
    });
    let (mut log_mel, frames) = match built {
        Ok(built) => built,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    // One stretch of noise, made before the count starts and pushed again and again.
    let mut state = 1u32;
    let noise: Vec<i16> = (0..64 * log_mel.config().hop_samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as u16).cast_signed()
        })
        .collect();
    let mut left = log_mel.config().samples(frames);
    let mut sum = 0i64;
    while left > 0 {
        let piece = left.min(noise.len());
        log_mel.push(&noise[..piece], |frame| sum += i64::from(frame[0]));
        left -= piece;
    }
    std::hint::black_box(sum);
    ExitCode::SUCCESS
}
