//! The models that `needledrop train` knows, and what they cost.

use crate::backend::{Device, Task, TrainBackend};
use crate::nn::compact::{Compact, CompactConfig};
use crate::nn::{Network, trainable_parameters};
use crate::train::window::three_seconds;
use crate::train::{Error, Preset, Settings, order};
use needledrop_frontend::FrontendConfig;
use needledrop_infer::Net;
use serde::Serialize;

/// Multiply-adds a second that a small board (Cortex-A53 at 1 GHz, one core, f32 in tract) can spend on a network
/// beside capture and frontend: an estimate of a tenth of its peak. `needledrop-device bench` measures.
const BOARD_MULTIPLY_ADDS_PER_SECOND: f64 = 4e8;
/// Labels that the listed costs are for.
const LISTED_LABELS: usize = 10;

/// Names, separated by commas.
pub fn names() -> String {
    "compact".to_owned()
}

/// Default settings of a model.
///
/// # Errors
/// [`Error::UnknownModel`].
pub fn settings(model: &str, preset: Preset) -> Result<Settings, Error> {
    match model {
        "compact" => Ok(Settings::compact(preset)),
        _ => Err(Error::UnknownModel {
            name: model.to_owned(),
            known: names(),
        }),
    }
}

/// What a model costs, for ten labels on frontend preset `seed`.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What the presets are.
    pub presets: &'static str,
    /// Input.
    pub input: String,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-adds for one window.
    pub multiply_adds_per_window: u64,
    /// Multiply-adds for a second of audio, windows half overlapping.
    pub multiply_adds_per_second: f64,
    /// Whether a small board keeps up with live audio, by the estimate above.
    pub real_time: bool,
}

/// Every model.
///
/// # Errors
/// [`Error::Infer`] when a network does not run in tract, which is a bug.
pub fn list() -> Result<Vec<Listed>, Error> {
    Ok(vec![Device::Cpu.run(CostOfCompact)??])
}

struct CostOfCompact;

impl Task for CostOfCompact {
    type Output = Result<Listed, Error>;

    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output {
        let frontend = FrontendConfig::SEED;
        let window = three_seconds(&frontend);
        let config = CompactConfig {
            frames: window.frames,
            bands: window.bands,
            classes: LISTED_LABELS,
        };
        let mut rng = order::generator(0, order::stream::WEIGHTS, 0, 0);
        let net = Compact::<B>::new(config, &mut rng, &device);
        let tract = Net::load(&net.to_onnx(window), &window, LISTED_LABELS)?;
        let hop_seconds =
            (window.hop * frontend.hop_samples) as f64 / f64::from(frontend.sample_rate_hz);
        let multiply_adds_per_second = tract.multiply_adds() as f64 / hop_seconds;
        Ok(Listed {
            name: "compact",
            about: "depthwise-separable CNN for small boards",
            presets: "both ours: best (default) augments, article is plain training",
            input: format!(
                "log-mel, {} x {} (preset seed)",
                window.frames, window.bands
            ),
            parameters: trainable_parameters::<B, _>(&net),
            multiply_adds_per_window: tract.multiply_adds(),
            multiply_adds_per_second,
            real_time: multiply_adds_per_second <= BOARD_MULTIPLY_ADDS_PER_SECOND,
        })
    }
}
