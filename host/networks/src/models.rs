//! The networks that `needledrop train` knows: the registry that everything else asks by name.
//!
//! A network is a folder that implements [`Definition`], and a line of [`MODELS`].

use crate::backend::TrainBackend;
use crate::nn::{Size, Trainable};
use crate::{Input, Preset, Settings};
use crate::{compact, crnn, mil, mobilenetv2, parallel_cnn_rnn, raw_cnn};
use needledrop_bundle::{InputKind, Origin};
use needledrop_data::Kind;
use needledrop_data::window::{fifteen_seconds, window_of};
use needledrop_frontend::FrontendConfig;
use rand_chacha::ChaCha8Rng;

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
    /// Whether it can start from weights that others trained.
    pub takes_pretrained: bool,
    /// Fewest rows of a window that its layers leave anything of.
    pub least_rows: usize,
    /// Whether its weights fit windows of any number of rows: such a network may learn from shorter ones than it answers.
    pub any_length: bool,
    pub(crate) input: fn(&Origin, usize) -> Input,
    pub(crate) settings: fn(Preset) -> Settings,
}

/// What a network's folder says of it.
pub trait Definition {
    /// Its line in every list.
    const MODEL: Model;

    /// The network.
    type Net<B: TrainBackend>: Trainable<B>;

    /// Builds it, with weights drawn from `rng`.
    fn build<B: TrainBackend>(
        size: Size,
        settings: &Settings,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self::Net<B>;
}

macro_rules! registry {
    ($($network:ident: $definition:ty,)+) => {
        /// Which network.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Architecture {
            $(
                #[doc = concat!("[`", stringify!($definition), "`]")]
                $network,
            )+
        }

        /// Every network, in the order in which they are listed.
        pub const MODELS: [Model; [$(Architecture::$network),+].len()] =
            [$(<$definition as Definition>::MODEL),+];

        impl Architecture {
            /// Builds the network, with weights drawn from `rng`, and runs `task` on it.
            pub fn build<B: TrainBackend, T: NetworkTask<B>>(
                self,
                size: Size,
                settings: &Settings,
                rng: &mut ChaCha8Rng,
                device: &B::Device,
                task: T,
            ) -> T::Output {
                match self {
                    $(Self::$network => task.run(<$definition>::build(size, settings, rng, device)),)+
                }
            }
        }
    };
}

registry! {
    Compact: compact::Plain,
    CompactCausal: compact::Causal,
    RawCnn: raw_cnn::Registered,
    MobileNetV2: mobilenetv2::Registered,
    Crnn: crnn::Registered,
    ParallelCnnRnn: parallel_cnn_rnn::Registered,
    Mil: mil::Registered,
}

/// Log-mel windows of a quarter of a minute, or as long as the clips are.
pub(crate) fn quarter_minute(origin: &Origin, rows: usize) -> Input {
    let by_time = |frontend: &FrontendConfig| fifteen_seconds(frontend, rows);
    Input::log_mel(window_of(origin, by_time))
}

/// A network by name.
pub fn find(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name)
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
pub trait NetworkTask<B: TrainBackend> {
    /// What it gives.
    type Output;

    /// Does it.
    fn run<N: Trainable<B>>(self, net: N) -> Self::Output;
}

#[cfg(test)]
mod tests {
    use super::MODELS;

    #[test]
    fn every_line_is_of_its_own_network() {
        for (place, model) in MODELS.iter().enumerate() {
            assert_eq!(model.network as usize, place, "{}", model.name);
        }
    }
}
