//! Oracle: librosa 0.11 in float64, from fixtures that `tests/fixtures/make.py` made.
//!
//! It binds the float64 reference of the other tests, and so the scale of the features, to what the articles used.

use crate::reference::Reference;
use needledrop_frontend::{DbQ8, FrontendConfig, LogMel, MelNorm, MelScale};

fn pcm() -> Vec<i16> {
    include_bytes!("../fixtures/pcm.i16")
        .chunks_exact(2)
        .map(|b| i16::from_le_bytes([b[0], b[1]]))
        .collect()
}

fn levels(bytes: &[u8], bands: usize) -> Vec<Vec<f64>> {
    let values: Vec<f64> = bytes
        .chunks_exact(4)
        .map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])))
        .collect();
    values.chunks_exact(bands).map(<[f64]>::to_vec).collect()
}

fn cases() -> Vec<(&'static str, FrontendConfig, &'static [u8])> {
    let seed = FrontendConfig::SEED;
    let variant = |mel_scale, mel_norm| FrontendConfig {
        mel_scale,
        mel_norm,
        ..seed
    };
    vec![
        ("seed", seed, include_bytes!("../fixtures/seed.f32")),
        (
            "seed_no_norm",
            variant(MelScale::Slaney, MelNorm::None),
            include_bytes!("../fixtures/seed_no_norm.f32"),
        ),
        (
            "seed_htk",
            variant(MelScale::Htk, MelNorm::Slaney),
            include_bytes!("../fixtures/seed_htk.f32"),
        ),
        (
            "seed_htk_no_norm",
            variant(MelScale::Htk, MelNorm::None),
            include_bytes!("../fixtures/seed_htk_no_norm.f32"),
        ),
        (
            "mfcc",
            FrontendConfig::MFCC,
            include_bytes!("../fixtures/mfcc.f32"),
        ),
        (
            "compact",
            FrontendConfig::COMPACT,
            include_bytes!("../fixtures/compact.f32"),
        ),
        (
            "tagger",
            FrontendConfig::TAGGER,
            include_bytes!("../fixtures/tagger.f32"),
        ),
    ]
}

#[test]
fn the_float64_reference_is_librosa() {
    let pcm = pcm();
    for (name, config, bytes) in cases() {
        let expected = levels(bytes, config.mel_bands);
        let actual = Reference::new(&config).log_mel(&pcm);
        assert_eq!(expected.len(), actual.len(), "{name}");
        let worst = expected
            .iter()
            .flatten()
            .zip(actual.iter().flatten())
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        eprintln!("{name}: reference and librosa differ by {worst:.1e} dB at most");
        assert!(worst <= 1e-4, "{name}: {worst:.1e} dB");
    }
}

#[test]
fn the_integer_log_mel_is_librosa_within_a_fiftieth_of_a_decibel() {
    let pcm = pcm();
    for (name, config, bytes) in cases() {
        let mut frames = levels(bytes, config.mel_bands).into_iter();
        LogMel::new(&config).expect("valid").push(&pcm, |actual| {
            let expected = frames.next().expect("as many frames as librosa");
            let peak = expected.iter().copied().fold(f64::MIN, f64::max);
            for (&expected, &actual) in expected.iter().zip(actual) {
                let error = f64::from(DbQ8::from_bits(actual).to_f32()) - expected;
                assert!(
                    expected < peak - 80.0 || error.abs() <= 0.02,
                    "{name}: {error:.4} dB at {expected:.1} dB"
                );
            }
        });
        assert_eq!(frames.next(), None, "{name}");
    }
}
