//! Pins: our own bits, stage by stage, the same on every target.
//!
//! Each stage's input is the output of the one before, so the first pin that moves names the stage that changed. A
//! change that is meant raises `ALGORITHM_VERSION` in `id.rs` and renews the pins; the test prints the new ones.

#[path = "golden/frames.rs"]
mod golden;

use golden::pin;
use needledrop_frontend::{FftKind, FrontendConfig, Resampler, Stages};

fn pcm(kind: usize, samples: usize) -> Vec<i16> {
    let mut pcm = vec![0; samples];
    golden::fill(kind, &mut pcm);
    pcm
}

/// Shift, then pins of window, FFT with power, mel and log, for one frame.
fn stages(config: &FrontendConfig, kind: usize) -> [u32; 5] {
    let mut stages = Stages::new(config).expect("a preset is valid");
    golden::stages(&mut stages, config, &pcm(kind, config.n_fft))
}

fn resampled(input_hz: u32, output_hz: u32, kind: usize) -> u32 {
    let mut resampler = Resampler::new(input_hz, output_hz).expect("a supported ratio");
    let mut out = Vec::new();
    resampler.push(&pcm(kind, 5_000), |piece| out.extend_from_slice(piece));
    resampler.finish(|piece| out.extend_from_slice(piece));
    pin(out.iter().map(|x| x.to_le_bytes()))
}

#[test]
fn every_stage_gives_the_pinned_bits() {
    let micro = FrontendConfig {
        fft: FftKind::Micro,
        ..FrontendConfig::SEED
    };
    let [seed, mfcc, compact, tagger] = golden::CONFIGS;
    let actual = [seed, mfcc, compact, tagger, micro]
        .map(|config| [0, 1, 2].map(|kind| stages(&config, kind)));
    assert_eq!(actual, golden::STAGES, "new pins: {actual:#010x?};");
}

#[test]
fn every_ratio_gives_the_pinned_bits() {
    let actual = [
        (44_100, 22_050),
        (48_000, 22_050),
        (96_000, 22_050),
        (8_000, 22_050),
        (11_025, 22_050),
        (44_100, 16_000),
        (48_000, 16_000),
    ]
    .map(|(input_hz, output_hz)| [0, 1, 2].map(|kind| resampled(input_hz, output_hz, kind)));
    let pinned = [
        [0xd030_e6ce, 0x37ad_efc8, 0x5e91_2b60],
        [0x72c9_faba, 0x0afe_8609, 0xcf58_269a],
        [0x8aad_c94a, 0xabba_a449, 0x2b9a_3de9],
        [0xf7e2_21e7, 0x8125_c866, 0x14dc_a660],
        [0x4c28_1964, 0x0833_83fa, 0x7086_4756],
        [0x2385_87fa, 0xb2cc_2aa7, 0xb650_1063],
        [0xfc45_ffc2, 0xa0c0_51c7, 0x3012_0224],
    ];
    assert_eq!(actual, pinned, "new pins: {actual:#010x?};");
}

#[test]
fn every_identity_is_the_pinned_one() {
    let actual = FrontendConfig::PRESETS.map(|(_, config)| {
        let micro = FrontendConfig {
            fft: FftKind::Micro,
            ..config
        };
        [config, micro].map(|config| config.id().expect("a preset is valid").to_string())
    });
    let pinned = [
        ["8b2674db148d2585", "38f78aca2d313b38"],
        ["86760d7d5a008c82", "575c11f064ddd0ea"],
        ["a0f0be77d49c4cb5", "b295b87ef0808c72"],
        ["750c96539b6bfbab", "6e6057bb5ca3724e"],
    ];
    assert_eq!(actual, pinned, "new pins: {actual:?};");
}
