//! The 518 features against librosa 0.11 and scipy 1.17, from fixtures that make.py beside this file made.

mod signals;

use needledrop_data::fma518::{Column, Feature, Fma518, VALUES, columns};
use sha2::{Digest, Sha256};
use signals::signal;

/// NAME, librosa's values.
const FIXTURES: [(&str, &[u8]); 7] = [
    ("band", include_bytes!("band.f64")),
    ("detuned", include_bytes!("detuned.f64")),
    ("noise", include_bytes!("noise.f64")),
    ("quiet", include_bytes!("quiet.f64")),
    ("islands", include_bytes!("islands.f64")),
    ("silence", include_bytes!("silence.f64")),
    ("short", include_bytes!("short.f64")),
];

/// Largest difference allowed: of maximum, mean, median, minimum and deviation in the feature's own unit, and of skew
/// and kurtosis as a share of max(1, |value|). What is stored as `f32` differs by that alone in most.
const fn tolerance(feature: Feature) -> (f64, f64) {
    match feature {
        Feature::ChromaCens | Feature::ChromaStft | Feature::Tonnetz | Feature::Zcr => (1e-7, 2e-6),
        Feature::ChromaCqt => (1e-6, 2e-5),
        Feature::Mfcc => (5e-5, 2e-6),
        Feature::Rmse => (2e-8, 2e-6),
        Feature::SpectralBandwidth | Feature::SpectralCentroid => (5e-4, 2e-6),
        Feature::SpectralContrast => (5e-6, 2e-6),
        Feature::SpectralRolloff => (1e-3, 2e-6),
    }
}

/// Built on the constant-Q transform: in digital silence after sound librosa's are its resampler's rounding errors,
/// scaled up; ours are 0.
const fn is_of_constant_q(feature: Feature) -> bool {
    matches!(
        feature,
        Feature::ChromaCens | Feature::ChromaCqt | Feature::Tonnetz
    )
}

#[test]
fn the_signals_are_those_of_the_fixtures() {
    for line in include_str!("signals.sha256").lines() {
        let (expected, name) = line.split_once("  ").unwrap();
        let bytes: Vec<u8> = signal(name).iter().flat_map(|s| s.to_le_bytes()).collect();
        let actual: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(actual, expected, "{name}");
    }
}

#[test]
fn every_value_agrees_with_librosa() {
    let mut features = Fma518::new();
    for (name, fixture) in FIXTURES {
        let expected: Vec<f64> = fixture
            .chunks_exact(8)
            .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        let actual = features.compute(&signal(name));
        assert_eq!((actual.len(), expected.len()), (VALUES, VALUES));
        for ((column, actual), expected) in columns().into_iter().zip(actual).zip(expected) {
            if name == "islands" && is_of_constant_q(column.feature) {
                continue;
            }
            check(name, column, actual.into(), expected);
        }
    }
}

fn check(name: &str, column: Column, actual: f64, expected: f64) {
    let Column {
        feature,
        statistic,
        number,
    } = column;
    let (values, shapes) = tolerance(feature);
    let allowed = match statistic {
        // scipy has no skew and kurtosis of a constant series, we do.
        "kurtosis" if expected.is_nan() => return assert_eq!(actual, -3.0),
        "skew" if expected.is_nan() => return assert_eq!(actual, 0.0),
        "kurtosis" | "skew" => shapes * expected.abs().max(1.0),
        _ => values,
    };
    assert!(
        (actual - expected).abs() <= allowed,
        "{name}: {} {statistic} {number}: {actual} is not {expected}",
        feature.name()
    );
}
