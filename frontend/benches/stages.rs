//! Time of each stage, of a whole frame and of the resampler.
//!
//! `cargo bench -p needledrop-frontend`

use divan::{Bencher, black_box, counter::ItemsCount};
use needledrop_frontend::{FftKind, FrontendConfig, LogMel, Owned, Resampler, Stages};

const CONFIGS: [(&str, FftKind); 8] = [
    ("seed", FftKind::Fixed),
    ("seed", FftKind::Micro),
    ("mfcc", FftKind::Fixed),
    ("mfcc", FftKind::Micro),
    ("compact", FftKind::Fixed),
    ("compact", FftKind::Micro),
    ("tagger", FftKind::Fixed),
    ("tagger", FftKind::Micro),
];
const RATES_HZ: [u32; 7] = [8_000, 11_025, 16_000, 32_000, 44_100, 48_000, 96_000];

fn main() {
    divan::main();
}

fn config((preset, fft): (&str, FftKind)) -> FrontendConfig {
    let config = FrontendConfig::preset(preset).expect("a preset");
    FrontendConfig { fft, ..config }
}

fn noise(samples: usize) -> Vec<i16> {
    let mut state = 1u32;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as u16).cast_signed()
        })
        .collect()
}

/// Stages that have seen a frame of noise, and the frame.
fn seen(which: (&str, FftKind)) -> (Stages<Owned>, Vec<i16>) {
    let config = config(which);
    let pcm = noise(config.n_fft);
    let mut stages = Stages::new(&config).expect("a preset is valid");
    stages.process(&pcm);
    (stages, pcm)
}

#[divan::bench(args = CONFIGS)]
fn stage_1_window(bencher: Bencher, which: (&str, FftKind)) {
    let (mut stages, pcm) = seen(which);
    bencher.bench_local(|| stages.window(black_box(&pcm)));
}

/// With the window before it: the FFT uses its input up.
#[divan::bench(args = CONFIGS)]
fn stage_1_and_2_window_fft(bencher: Bencher, which: (&str, FftKind)) {
    let (mut stages, pcm) = seen(which);
    bencher.bench_local(|| {
        stages.window(black_box(&pcm));
        stages.fft();
    });
}

#[divan::bench(args = CONFIGS)]
fn stage_3_power_and_mel(bencher: Bencher, which: (&str, FftKind)) {
    let (mut stages, _) = seen(which);
    bencher.bench_local(|| {
        black_box(stages.mel());
    });
}

#[divan::bench(args = CONFIGS)]
fn stage_4_log(bencher: Bencher, which: (&str, FftKind)) {
    let (mut stages, _) = seen(which);
    bencher.bench_local(|| {
        black_box(stages.log());
    });
}

#[divan::bench(args = CONFIGS)]
fn frame(bencher: Bencher, which: (&str, FftKind)) {
    let config = config(which);
    let pcm = noise(config.hop_samples);
    let mut log_mel = LogMel::new(&config).expect("a preset is valid");
    log_mel.push(&noise(config.n_fft), |_| ());
    bencher
        .counter(ItemsCount::new(1usize))
        .bench_local(|| log_mel.push(black_box(&pcm), |frame| _ = black_box(frame[0])));
}

/// One second of sound to 22 050 Hz.
#[divan::bench(args = RATES_HZ)]
fn resample_a_second(bencher: Bencher, input_hz: u32) {
    let pcm = noise(input_hz as usize);
    let mut resampler = Resampler::new(input_hz, 22_050).expect("a supported ratio");
    bencher
        .counter(ItemsCount::new(22_050usize))
        .bench_local(|| resampler.push(black_box(&pcm), |out| _ = black_box(out[0])));
}
