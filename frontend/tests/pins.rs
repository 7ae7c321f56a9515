//! Pins: our own bits, stage by stage, the same on every target.
//!
//! Each stage's input is the output of the one before, so the first pin that moves names the stage that changed. A
//! change that is meant raises `ALGORITHM_VERSION` in `id.rs` and renews the pins; the test prints the new ones.

use needledrop_frontend::{FftKind, FrontendConfig, Resampler, Stages};
use sha2::{Digest, Sha256};

/// Integer-only signals: noise, square, and a loud impulse in quiet noise.
fn pcm(kind: usize, samples: usize) -> Vec<i16> {
    let mut state = 12_345u32;
    (0..samples)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = ((state >> 16) as u16).cast_signed();
            match kind {
                0 => noise,
                1 if (i / 37) % 2 == 0 => i16::MAX,
                1 => i16::MIN,
                _ if i == samples / 3 => i16::MIN,
                _ => noise >> 13,
            }
        })
        .collect()
}

/// First 32 bits of SHA-256 over little-endian cells.
fn pin<const N: usize>(cells: impl Iterator<Item = [u8; N]>) -> u32 {
    let mut hasher = Sha256::new();
    cells.for_each(|cell| hasher.update(cell));
    let digest: [u8; 32] = hasher.finalize().into();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// Shift, then pins of window, FFT with power, mel and log, for one frame.
fn stages(config: &FrontendConfig, kind: usize) -> [u32; 5] {
    let mut stages = Stages::new(config).expect("a preset is valid");
    let shift = stages
        .window(&pcm(kind, config.n_fft))
        .expect("no signal here is silent");
    [
        shift,
        pin(stages.windowed().iter().map(|x| x.to_le_bytes())),
        {
            stages.fft();
            pin((0..=config.n_fft / 2).map(|bin| stages.power(bin).to_le_bytes()))
        },
        pin(stages.mel().iter().map(|x| x.to_le_bytes())),
        pin(stages.log().iter().map(|x| x.to_le_bytes())),
    ]
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
    let actual = [
        FrontendConfig::SEED,
        FrontendConfig::MFCC,
        FrontendConfig::COMPACT,
        micro,
    ]
    .map(|config| [0, 1, 2].map(|kind| stages(&config, kind)));
    let pinned = [
        [
            [6, 0x8fb6_5ed8, 0xada5_e90d, 0x6c8a_0e29, 0x67ed_5e97],
            [5, 0x2687_13c5, 0x0935_c221, 0xe38a_c17a, 0x9d0c_1131],
            [15, 0xfa59_3177, 0x49f0_7c7f, 0x1cef_e15b, 0xc4e3_5450],
        ],
        [
            [7, 0x511d_403a, 0x69ad_5ff4, 0x0bfd_1041, 0xead2_722a],
            [6, 0xa9d5_eb5f, 0x1f58_82b7, 0xb5b4_d781, 0x37b4_9be6],
            [15, 0xd0e5_3dbe, 0xb067_e6d2, 0xa240_1832, 0xdce8_7141],
        ],
        [
            [7, 0x511d_403a, 0x69ad_5ff4, 0x8b0f_070f, 0xfdf5_aae3],
            [6, 0xa9d5_eb5f, 0x1f58_82b7, 0xb332_20dd, 0x3a02_6f58],
            [15, 0xd0e5_3dbe, 0xb067_e6d2, 0xc962_6e52, 0x88e6_d2c9],
        ],
        [
            [6, 0x8fb6_5ed8, 0x41ee_659f, 0x98cc_bf9f, 0x67ed_5e97],
            [5, 0x2687_13c5, 0x907b_90e2, 0xbed2_0f53, 0x53d6_768d],
            [15, 0xfa59_3177, 0x4271_08ac, 0xb327_181e, 0xc4e3_5450],
        ],
    ];
    assert_eq!(actual, pinned, "new pins: {actual:#010x?};");
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
        ["5b677db4b9268141", "cc7f709f2cf66515"],
    ];
    assert_eq!(actual, pinned, "new pins: {actual:?};");
}
