//! This frontend as the scripts of `frontend/studies` use it beside its peers.
//!
//! ```text
//! peer log-mel PRESET       < PCM  > levels   16-bit PCM at the model rate to Q8.8 dB, little-endian, frame by frame
//! peer resample FROM TO     < PCM  > PCM      16-bit, little-endian
//! peer time-frames                            microseconds a frame, by frontend and geometry, tab-separated
//! peer time-resample FROM TO                  microseconds for a second of sound
//! ```
//!
//! Times are the best of many runs: what the code needs when nobody else wants the processor.

use std::f32::consts::PI;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Instant;

use needledrop_frontend::{FftKind, FrontendConfig, LogMel, MelNorm, MelScale, Resampler};
use realfft::RealFftPlanner;

/// What the microfrontend is fixed to, as near as powers of two allow.
const SPEECH: FrontendConfig = FrontendConfig {
    sample_rate_hz: 16_000,
    n_fft: 512,
    hop_samples: 160,
    mel_bands: 40,
    f_min_hz: 125.0,
    f_max_hz: 7_500.0,
    mel_scale: MelScale::Htk,
    mel_norm: MelNorm::None,
    fft: FftKind::Fixed,
};
const RUNS: usize = 200;
const FRAMES_A_RUN: usize = 50;

fn noise(samples: usize) -> Vec<i16> {
    let mut state = 1u32;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as u16).cast_signed()
        })
        .collect()
}

/// Best time of a run, microseconds.
fn best_us(mut run: impl FnMut()) -> f64 {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e6
        })
        .fold(f64::MAX, f64::min)
}

fn integer_us(config: FrontendConfig) -> Result<f64, String> {
    let mut log_mel = LogMel::new(&config).map_err(|error| error.to_string())?;
    let pcm = noise(config.hop_samples * FRAMES_A_RUN);
    log_mel.push(&noise(config.n_fft), |_| ());
    let us = best_us(|| log_mel.push(black_box(&pcm), |frame| _ = black_box(frame[0])));
    Ok(us / FRAMES_A_RUN as f64)
}

/// Slaney's scale: linear to 1 kHz, logarithmic above.
fn slaney_hz(mel: f32) -> f32 {
    if mel < 15.0 {
        mel * 200.0 / 3.0
    } else {
        1000.0 * ((mel - 15.0) * 6.4f32.ln() / 27.0).exp()
    }
}

/// The same log-mel in f32, as one would write it with `realfft`: window, real FFT, power, sparse triangles, log10.
fn float_us(config: FrontendConfig) -> Result<f64, String> {
    let n = config.n_fft;
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(n);
    let (mut frame, mut bins) = (fft.make_input_vec(), fft.make_output_vec());
    let mut scratch = fft.make_scratch_vec();
    let window: Vec<f32> = (0..n)
        .map(|i| 0.5 - 0.5 * (2.0 * PI * i as f32 / n as f32).cos())
        .collect();
    let top_mel = 15.0 + (config.f_max_hz as f32 / 1000.0).ln() * 27.0 / 6.4f32.ln();
    let corner = |i: usize| slaney_hz(top_mel * i as f32 / (config.mel_bands + 1) as f32);
    // First bin and weights of each band.
    let bands: Vec<(usize, Vec<f32>)> = (0..config.mel_bands)
        .map(|band| {
            let (low, peak, high) = (corner(band), corner(band + 1), corner(band + 2));
            let bin_hz = config.sample_rate_hz as f32 / n as f32;
            let (first, end) = (
                (low / bin_hz).ceil() as usize,
                (high / bin_hz).ceil() as usize,
            );
            let weight = |bin: usize| {
                let hz = bin as f32 * bin_hz;
                let triangle = ((hz - low) / (peak - low)).min((high - hz) / (high - peak));
                triangle.max(0.0) * 2.0 / (high - low)
            };
            (first, (first..end.min(n / 2 + 1)).map(weight).collect())
        })
        .collect();
    let mut power = vec![0.0f32; n / 2 + 1];
    let mut levels = vec![0.0f32; config.mel_bands];
    let pcm = noise(config.samples(FRAMES_A_RUN));
    let mut failed = None;
    let us = best_us(|| {
        for k in 0..FRAMES_A_RUN {
            let start = k * config.hop_samples;
            let samples = &black_box(&pcm)[start..start + n];
            for ((y, &x), w) in frame.iter_mut().zip(samples).zip(&window) {
                *y = f32::from(x) / 32768.0 * w;
            }
            if let Err(error) = fft.process_with_scratch(&mut frame, &mut bins, &mut scratch) {
                failed = Some(error.to_string());
            }
            for (power, bin) in power.iter_mut().zip(&bins) {
                *power = bin.norm_sqr();
            }
            for (level, (first, weights)) in levels.iter_mut().zip(&bands) {
                let energy: f32 = power[*first..]
                    .iter()
                    .zip(weights)
                    .map(|(p, w)| p * w)
                    .sum();
                *level = 10.0 * energy.max(1e-10).log10();
            }
            _ = black_box(levels[0]);
        }
    });
    failed.map_or(Ok(us / FRAMES_A_RUN as f64), Err)
}

fn resampler(from: &str, to: &str) -> Result<(Resampler, u32), String> {
    let rate = |text: &str| {
        text.parse()
            .map_err(|_| format!("{text} is no sample rate"))
    };
    let from_hz: u32 = rate(from)?;
    let resampler = Resampler::new(from_hz, rate(to)?).map_err(|error| error.to_string())?;
    Ok((resampler, from_hz))
}

fn read_pcm() -> Result<Vec<i16>, String> {
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    let (pairs, _) = bytes.as_chunks::<2>();
    Ok(pairs.iter().map(|&pair| i16::from_le_bytes(pair)).collect())
}

fn write_cells(cells: &[i16]) -> Result<(), String> {
    let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_le_bytes()).collect();
    io::stdout()
        .write_all(&bytes)
        .map_err(|error| error.to_string())
}

fn run(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        ["log-mel", preset] => {
            let config = FrontendConfig::preset(preset).ok_or(format!("no preset {preset}"))?;
            let mut log_mel = LogMel::new(&config).map_err(|error| error.to_string())?;
            let mut levels = Vec::new();
            log_mel.push(&read_pcm()?, |frame| levels.extend_from_slice(frame));
            write_cells(&levels)
        }
        ["resample", from, to] => {
            let (mut resampler, _) = resampler(from, to)?;
            let mut out = Vec::new();
            resampler.push(&read_pcm()?, |pcm| out.extend_from_slice(pcm));
            resampler.finish(|pcm| out.extend_from_slice(pcm));
            write_cells(&out)
        }
        ["time-frames"] => {
            let micro = FrontendConfig {
                fft: FftKind::Micro,
                ..FrontendConfig::SEED
            };
            println!("integer seed\t{:.2}", integer_us(FrontendConfig::SEED)?);
            println!("microfft seed\t{:.2}", integer_us(micro)?);
            println!("realfft seed\t{:.2}", float_us(FrontendConfig::SEED)?);
            println!("integer speech\t{:.2}", integer_us(SPEECH)?);
            Ok(())
        }
        ["time-resample", from, to] => {
            let (mut resampler, from_hz) = resampler(from, to)?;
            let pcm = noise(from_hz as usize);
            let us = best_us(|| resampler.push(black_box(&pcm), |out| _ = black_box(out[0])));
            println!("{us:.0}");
            Ok(())
        }
        _ => Err(
            "usage: peer log-mel PRESET | resample FROM TO | time-frames | time-resample FROM TO"
                .into(),
        ),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
