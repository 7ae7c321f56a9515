//! Pushes N frames of noise through a frontend and nothing else.
//!
//! The difference between two N under callgrind or a counting emulator, divided by the difference in frames, is the
//! cost of a frame; with `--input-hz` that of the resampler's share too. `--rate-hz` takes the highest band's edge to
//! the new Nyquist.

use std::process::ExitCode;

use needledrop_frontend::{FftKind, FrontendConfig, PcmFrontend};

const USAGE: &str = "usage: frames [--preset seed|mfcc|compact] [--fft fixed|micro] [--rate-hz R] [--n-fft N] \
     [--hop N] [--bands N] [--f-min-hz F] [--input-hz R] [--frames N]";

/// Configuration, input rate, frames.
fn arguments() -> Result<(FrontendConfig, u32, usize), String> {
    let (mut config, mut fft, mut input_hz, mut frames) =
        (FrontendConfig::SEED, FftKind::Fixed, None, 100);
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        let number = || -> Result<u32, String> {
            value
                .parse()
                .map_err(|_| format!("{value} is no number; {USAGE}"))
        };
        match (flag.as_str(), value.as_str()) {
            ("--preset", name) => {
                config = FrontendConfig::preset(name)
                    .ok_or_else(|| format!("unknown preset {name}; {USAGE}"))?;
            }
            ("--fft", "fixed") => fft = FftKind::Fixed,
            ("--fft", "micro") => fft = FftKind::Micro,
            ("--fft", name) => return Err(format!("unknown FFT {name}; {USAGE}")),
            ("--rate-hz", _) => {
                config.sample_rate_hz = number()?;
                config.f_max_hz = f64::from(config.sample_rate_hz) / 2.0;
            }
            ("--n-fft", _) => config.n_fft = number()? as usize,
            ("--hop", _) => config.hop_samples = number()? as usize,
            ("--bands", _) => config.mel_bands = number()? as usize,
            ("--f-min-hz", _) => config.f_min_hz = f64::from(number()?),
            ("--input-hz", _) => input_hz = Some(number()?),
            ("--frames", _) => frames = number()? as usize,
            _ => return Err(format!("unknown flag {flag}; {USAGE}")),
        }
    }
    config.fft = fft;
    Ok((config, input_hz.unwrap_or(config.sample_rate_hz), frames))
}

fn main() -> ExitCode {
    let built = arguments().and_then(|(config, input_hz, frames)| {
        PcmFrontend::new(&config, input_hz)
            .map(|frontend| (frontend, input_hz, frames))
            .map_err(|error| error.to_string())
    });
    let (mut frontend, input_hz, frames) = match built {
        Ok(built) => built,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    // One stretch of noise, made before the count starts and pushed again and again.
    let mut state = 1u32;
    let noise: Vec<i16> = (0..32_768)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as u16).cast_signed()
        })
        .collect();
    let config = *frontend.config();
    let mut left = config.samples(frames) * input_hz as usize / config.sample_rate_hz as usize;
    let mut sum = 0i64;
    while left > 0 {
        let piece = left.min(noise.len());
        frontend.push(&noise[..piece], |frame| sum += i64::from(frame[0]));
        left -= piece;
    }
    std::hint::black_box(sum);
    ExitCode::SUCCESS
}
