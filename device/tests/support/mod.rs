//! A tiny model and some sounds, made by the tests themselves.
use needledrop_bundle::{Decision, InputKind, Metadata, NO_MUSIC, Norm, Origin, Window};
use needledrop_frontend::{FftKind, FrontendConfig, MelNorm, MelScale};
use std::collections::BTreeMap;

/// Rate of the tests' sounds in Hz: not the model's, so that the resampler works too.
pub(crate) const RATE_HZ: u32 = 44_100;

/// A small geometry: 16 kHz, 16 ms a frame.
pub(crate) const FRONTEND: FrontendConfig = FrontendConfig {
    sample_rate_hz: 16_000,
    n_fft: 512,
    hop_samples: 256,
    mel_bands: BANDS,
    f_min_hz: 0.0,
    f_max_hz: 8_000.0,
    mel_scale: MelScale::Slaney,
    mel_norm: MelNorm::Slaney,
    fft: FftKind::Fixed,
};
pub(crate) const BANDS: usize = 20;
/// 0.64 s, half overlap.
pub(crate) const WINDOW: Window = Window {
    frames: 40,
    hop: 20,
    bands: BANDS,
};

/// Labels `low, tenor` (it needs encoding), `high` and `no-music`.
pub(crate) fn metadata() -> Metadata {
    Metadata {
        name: "tiny".to_owned(),
        model: "linear".to_owned(),
        labels: ["low, tenor", "high", NO_MUSIC].map(String::from).to_vec(),
        input: InputKind::LogMel,
        norm: Norm::None,
        origin: Origin::of(FRONTEND).expect("the geometry is valid"),
        window: WINDOW,
        temperature: 1.0,
        thresholds: vec![0.6; 3],
        decision: Decision {
            stay: 0.9,
            confident: 0.5,
            gate_dbfs: -65.0,
        },
        data_sha256: "0".repeat(64),
        split_sha256: "1".repeat(64),
        metrics: serde_json::json!({}),
        seed: 1,
        versions: BTreeMap::new(),
        notes: Vec::new(),
        unknown: BTreeMap::new(),
    }
}

/// `seconds` of a sine at `frequency_hz` with the given amplitude in 16-bit steps.
pub(crate) fn tone(frequency_hz: f64, amplitude: f64, seconds: f64) -> Vec<i16> {
    let step = frequency_hz * std::f64::consts::TAU / f64::from(RATE_HZ);
    (0..(seconds * f64::from(RATE_HZ)) as u32)
        .map(|n| (amplitude * (step * f64::from(n)).sin()).round() as i16)
        .collect()
}
