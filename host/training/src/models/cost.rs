//! What each model costs, for `needledrop models`: parameters, multiply-adds and whether a small board keeps up.
//!
//! Each is built with random weights, written as ONNX and counted in tract, so that the figures are of what a board
//! runs.

use crate::classic;
use crate::ensemble;
use crate::error::Error;
use needledrop_bundle::{InputKind, Origin, Window};
use needledrop_data::window::three_seconds;
use needledrop_frontend::FrontendConfig;
use needledrop_infer::Net;
use needledrop_networks::backend::{Task, TrainBackend, on_cpu};
use needledrop_networks::models::{MODELS, Model, NetworkTask};
use needledrop_networks::nn::{Size, Trainable, trainable_parameters};
use needledrop_networks::{Input, Preset, order};
use serde::Serialize;

/// Multiply-adds a second that a small board (Cortex-A53 at 1 GHz, one core, f32 in tract) can spend on a network
/// beside capture and frontend: an estimate, an eighth of its peak. docs/benchmarks.md counts aarch64 instructions a
/// multiply-add for some networks; `needledrop-device bench` measures on the board.
const BOARD_MULTIPLY_ADDS_PER_SECOND: f64 = 5e8;
/// Members of the ensemble that is listed.
const ENSEMBLE_OF: [&str; 2] = ["compact", "logreg"];
/// Labels that the listed costs are for.
const LISTED_LABELS: usize = 10;

/// A model with its cost, for ten labels on the frontend preset that it is made for.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What the presets are.
    pub presets: &'static str,
    /// Input, in words.
    pub input: String,
    /// What it costs.
    #[serde(flatten)]
    pub cost: Cost,
}

/// What a model costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-adds for one window.
    pub multiply_adds_per_window: u64,
    /// Multiply-adds for a second of audio, one window every hop.
    pub multiply_adds_per_second: f64,
    /// Whether a small board keeps up with live audio, by the estimate in docs/models.md.
    pub real_time: bool,
}

/// Every model.
///
/// # Errors
/// [`Error::Infer`] when a network does not run in tract, which is a bug.
pub fn list() -> Result<Vec<Listed>, Error> {
    let networks = MODELS.iter().map(Listed::of);
    let mut listed = networks
        .chain(classic::Kind::ALL.into_iter().map(Listed::of_classic))
        .collect::<Result<Vec<Listed>, Error>>()?;
    listed.extend(Listed::of_ensemble(&listed));
    Ok(listed)
}

impl Listed {
    fn of(model: &Model) -> Result<Self, Error> {
        let frontend = FrontendConfig::preset(model.frontend).unwrap_or(FrontendConfig::SEED);
        #[expect(clippy::expect_used, reason = "a test builds every listed model")]
        let origin = Origin::of(frontend).expect("a preset is a sound configuration");
        let input = model.input(&origin, usize::MAX);
        let Input { window, .. } = input;
        let rate = frontend.sample_rate_hz;
        Ok(Self {
            name: model.name,
            about: model.about,
            presets: model.presets,
            input: match input.kind {
                InputKind::Pcm => format!("PCM, {} samples at {rate} Hz", window.frames),
                _ => format!(
                    "log-mel, {} x {} (preset {})",
                    window.frames, window.bands, model.frontend
                ),
            },
            cost: on_cpu(CostOf {
                model,
                input,
                frontend,
            })?,
        })
    }

    /// A classic model with as many training windows as it may carry.
    fn of_classic(kind: classic::Kind) -> Result<Self, Error> {
        let frontend = FrontendConfig::SEED;
        let input = Input::log_mel(three_seconds(&frontend));
        let Window { frames, bands, .. } = input.window;
        let model = classic::Model::largest(kind, bands, LISTED_LABELS);
        let tract = Net::load(&model.to_onnx(&input), &input.window, LISTED_LABELS)?;
        Ok(Self {
            name: kind.name(),
            about: kind.about(),
            presets: kind.presets(),
            input: format!("log-mel, {frames} x {bands} (preset seed)"),
            cost: Cost::of(model.parameters(), &tract, &input, &frontend),
        })
    }

    /// The mean of two of those before, as an example: an ensemble costs what its members cost.
    fn of_ensemble(listed: &[Self]) -> Option<Self> {
        let [a, b] = ENSEMBLE_OF.map(|name| listed.iter().find(|listed| listed.name == name));
        let (a, b) = (a?, b?);
        // Both have windows of three seconds.
        let per_second = a.cost.multiply_adds_per_second + b.cost.multiply_adds_per_second;
        Some(Self {
            name: ensemble::NAME,
            about: "mean of finished runs' probabilities (needledrop ensemble RUN...); as listed, of compact and \
                    logreg",
            presets: "its members'",
            input: a.input.clone(),
            cost: Cost {
                parameters: a.cost.parameters + b.cost.parameters,
                multiply_adds_per_window: a.cost.multiply_adds_per_window
                    + b.cost.multiply_adds_per_window,
                multiply_adds_per_second: per_second,
                real_time: per_second <= BOARD_MULTIPLY_ADDS_PER_SECOND,
            },
        })
    }
}

impl Cost {
    fn of(parameters: u64, tract: &Net, input: &Input, frontend: &FrontendConfig) -> Self {
        let row_samples = match input.kind {
            InputKind::Pcm => 1,
            _ => frontend.hop_samples,
        };
        let hop_seconds =
            (input.window.hop * row_samples) as f64 / f64::from(frontend.sample_rate_hz);
        let per_second = tract.multiply_adds() as f64 / hop_seconds;
        Self {
            parameters,
            multiply_adds_per_window: tract.multiply_adds(),
            multiply_adds_per_second: per_second,
            real_time: per_second <= BOARD_MULTIPLY_ADDS_PER_SECOND,
        }
    }
}

struct CostOf<'a> {
    model: &'a Model,
    input: Input,
    frontend: FrontendConfig,
}

impl Task for CostOf<'_> {
    type Output = Result<Cost, Error>;

    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output {
        let mut rng = order::generator(0, order::stream::WEIGHTS, 0, 0);
        let size = Size::of(&self.input, LISTED_LABELS);
        let settings = self.model.settings(Preset::default());
        let network = self.model.network;
        network.build::<B, _>(size, &settings, &mut rng, &device, self)
    }
}

impl<B: TrainBackend> NetworkTask<B> for CostOf<'_> {
    type Output = Result<Cost, Error>;

    fn run<N: Trainable<B>>(self, net: N) -> Self::Output {
        let window = self.input.window;
        let tract = Net::load(&net.to_onnx(&self.input), &window, LISTED_LABELS)?;
        let parameters = trainable_parameters::<B, _>(&net);
        Ok(Cost::of(parameters, &tract, &self.input, &self.frontend))
    }
}

#[cfg(test)]
mod tests {
    use super::{ENSEMBLE_OF, list};

    #[test]
    fn every_model_can_be_built_and_runs_in_tract() {
        let listed = list().unwrap();
        let last = listed.last().unwrap();
        assert_eq!(last.name, "ensemble");
        assert!(ENSEMBLE_OF.iter().all(|name| last.about.contains(name)));
        for listed in listed {
            assert!(listed.cost.parameters > 0, "{}", listed.name);
            assert!(listed.cost.multiply_adds_per_window > 0, "{}", listed.name);
        }
    }
}
