//! The models that `needledrop train` knows: the registry that everything else asks by name.

use crate::backend::TrainBackend;
use crate::data::Kind;
use crate::nn::compact::Compact;
use crate::nn::{Size, Trainable};
use crate::train::window::window_of;
use crate::train::{Error, Input, Preset, Settings};
use needledrop_bundle::{InputKind, Origin};
use rand_chacha::ChaCha8Rng;

mod cost;

pub use cost::{Cost, Listed, list};

/// A model.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Name in options, run records and model files.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What its presets are.
    pub presets: &'static str,
    /// What it takes.
    pub kind: InputKind,
    /// Preset of the frontend that it is made for.
    pub frontend: &'static str,
    /// Its network.
    pub network: Architecture,
    input: fn(&Origin, usize) -> Input,
    settings: fn(Preset) -> Settings,
}

/// A network's structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Architecture {
    /// [`Compact`].
    Compact,
}

/// Every model, in the order in which they are listed.
pub const MODELS: [Model; 1] = [Model {
    name: "compact",
    about: "depthwise-separable CNN for small boards",
    presets: "both ours: best (default) augments, article is plain training",
    kind: InputKind::LogMel,
    frontend: "seed",
    network: Architecture::Compact,
    input: |origin, _| Input::log_mel(window_of(origin)),
    settings: Settings::compact,
}];

/// A model by name.
///
/// # Errors
/// [`Error::UnknownModel`].
pub fn find(name: &str) -> Result<&'static Model, Error> {
    MODELS
        .iter()
        .find(|model| model.name == name)
        .ok_or_else(|| Error::UnknownModel {
            name: name.to_owned(),
            known: MODELS.map(|model| model.name).join(", "),
        })
}

impl Model {
    /// Default settings.
    pub fn settings(&self, preset: Preset) -> Settings {
        (self.settings)(preset)
    }

    /// The kind of data that it learns from.
    pub const fn data_kind(&self) -> Kind {
        match self.kind {
            InputKind::Pcm => Kind::Pcm,
            _ => Kind::LogMel,
        }
    }

    /// What it sees of a clip, given where its features come from and how many rows its clips have.
    pub fn input(&self, origin: &Origin, clip_rows: usize) -> Input {
        (self.input)(origin, clip_rows)
    }
}

/// Work on a network of whichever structure.
pub(crate) trait NetworkTask<B: TrainBackend> {
    /// What it gives.
    type Output;

    /// Does it.
    fn run<N: Trainable<B>>(self, net: N) -> Self::Output;
}

impl Architecture {
    /// Builds the network, with weights drawn from `rng`, and runs `task` on it.
    pub(crate) fn build<B: TrainBackend, T: NetworkTask<B>>(
        self,
        size: Size,
        _settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
        task: T,
    ) -> T::Output {
        match self {
            Self::Compact => task.run(Compact::<B>::new(size, rng, device)),
        }
    }
}
