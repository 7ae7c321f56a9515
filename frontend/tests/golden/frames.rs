//! Signals and pins of one frame, without an allocator: shared by `tests/pins.rs` and the program in `emulated/`.

use needledrop_frontend::{FrontendConfig, Stages, Storage};
use sha2::{Digest, Sha256};

/// What is pinned: with the integer FFT; the last row of [`STAGES`] is the first of these with microfft.
pub(crate) const CONFIGS: [FrontendConfig; 4] = [
    FrontendConfig::SEED,
    FrontendConfig::MFCC,
    FrontendConfig::COMPACT,
    FrontendConfig::TAGGER,
];

/// By configuration and kind of signal: shift, then pins of window, FFT with power, mel and log.
pub(crate) const STAGES: [[[u32; 5]; 3]; 5] = [
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
        [8, 0xe779_d8b9, 0x3416_3cb4, 0x4ddd_d30f, 0x704e_1453],
        [7, 0x0241_380a, 0xed7e_0203, 0xec06_cf8e, 0xa0ca_cbd8],
        [15, 0x0e30_cd1f, 0x75f4_fca4, 0x02ed_6a0f, 0x7afb_967c],
    ],
    [
        [8, 0xe779_d8b9, 0x3416_3cb4, 0x6500_6e2d, 0x3dbe_ae0a],
        [7, 0x0241_380a, 0xed7e_0203, 0x39c1_4fb1, 0xd0b7_f94a],
        [15, 0x0e30_cd1f, 0x75f4_fca4, 0x6d21_05ac, 0xb18d_dfa6],
    ],
    [
        [6, 0x8fb6_5ed8, 0x41ee_659f, 0x98cc_bf9f, 0x67ed_5e97],
        [5, 0x2687_13c5, 0x907b_90e2, 0xbed2_0f53, 0x53d6_768d],
        [15, 0xfa59_3177, 0x4271_08ac, 0xb327_181e, 0xc4e3_5450],
    ],
];

/// Integer-only signals: noise, square, and a loud impulse in quiet noise.
pub(crate) fn fill(kind: usize, pcm: &mut [i16]) {
    let mut state = 12_345u32;
    let impulse = pcm.len() / 3;
    for (i, sample) in pcm.iter_mut().enumerate() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = ((state >> 16) as u16).cast_signed();
        *sample = match kind {
            0 => noise,
            1 if (i / 37) % 2 == 0 => i16::MAX,
            1 => i16::MIN,
            _ if i == impulse => i16::MIN,
            _ => noise >> 13,
        };
    }
}

/// First 32 bits of SHA-256 over little-endian cells.
pub(crate) fn pin<const N: usize>(cells: impl Iterator<Item = [u8; N]>) -> u32 {
    let mut hasher = Sha256::new();
    cells.for_each(|cell| hasher.update(cell));
    let digest: [u8; 32] = hasher.finalize().into();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// Shift, then pins of window, FFT with power, mel and log, for one frame.
pub(crate) fn stages<S: Storage>(
    stages: &mut Stages<S>,
    config: &FrontendConfig,
    pcm: &[i16],
) -> [u32; 5] {
    // No signal here is silent.
    let shift = stages.window(pcm).unwrap_or(u32::MAX);
    let window = pin(stages.windowed().iter().map(|x| x.to_le_bytes()));
    stages.fft();
    [
        shift,
        window,
        pin((0..=config.n_fft / 2).map(|bin| stages.power(bin).to_le_bytes())),
        pin(stages.mel().iter().map(|x| x.to_le_bytes())),
        pin(stages.log().iter().map(|x| x.to_le_bytes())),
    ]
}
