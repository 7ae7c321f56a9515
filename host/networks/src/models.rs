//! The networks that `needledrop train` knows: the registry that everything else asks by name.

use crate::backend::TrainBackend;
use crate::nn::compact::Compact;
use crate::nn::crnn::Crnn;
use crate::nn::mil::Mil;
use crate::nn::mobilenet::MobileNetV2;
use crate::nn::parallel::ParallelCnnRnn;
use crate::nn::raw_cnn::RawCnn;
use crate::nn::{Size, Trainable};
use crate::{Input, Preset, Settings};
use needledrop_bundle::{InputKind, Norm, Origin};
use needledrop_data::Kind;
use needledrop_data::window::{count, fifteen_seconds, five_seconds, three_seconds, window_of};
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
    /// Fewest rows of a window that its layers leave anything of.
    pub least_rows: usize,
    /// Whether its weights fit windows of any number of rows: such a network may learn from shorter ones than it answers.
    pub any_length: bool,
    input: fn(&Origin, usize) -> Input,
    settings: fn(Preset) -> Settings,
}

/// A network's structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// [`Compact`].
    Compact,
    /// [`Compact`], causal along time.
    CompactCausal,
    /// [`RawCnn`].
    RawCnn,
    /// [`Crnn`].
    Crnn,
    /// [`ParallelCnnRnn`].
    ParallelCnnRnn,
    /// [`Mil`].
    Mil,
    /// [`MobileNetV2`].
    MobileNetV2,
}

/// Frames that a causal model's trailing mean covers: about a second and a half.
const TRAILING_FRAMES: u32 = 64;
/// Rate of PCM whose frontend is not known, in Hz: the articles'.
const RAW_RATE_HZ: u32 = 22_050;
/// Samples of `raw-cnn`'s window.
const RAW_SAMPLES: usize = 10_000;
/// Windows of five seconds, half overlapping, in a minute.
const SONG_WINDOWS: usize = 23;

/// Every network, in the order in which they are listed.
pub const MODELS: [Model; 7] = [
    Model {
        name: "compact",
        about: "depthwise-separable CNN for small boards",
        presets: "both ours: best (default) augments, article is plain training",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::Compact,
        least_rows: 1,
        any_length: true,
        input: |origin, _| Input::log_mel(window_of(origin, three_seconds)),
        settings: Settings::compact,
    },
    Model {
        name: "compact-causal",
        about: "compact without a look ahead, for streaming",
        presets: "as compact",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::CompactCausal,
        least_rows: 8,
        any_length: true,
        input: |origin, _| Input {
            norm: Norm::Trailing(TRAILING_FRAMES),
            ..Input::log_mel(window_of(origin, three_seconds))
        },
        settings: Settings::compact_causal,
    },
    Model {
        name: "raw-cnn",
        about: "CNN on the waveform",
        presets: "article: the first 10,000 samples of each clip; best: any of them",
        kind: InputKind::Pcm,
        frontend: "seed",
        network: Architecture::RawCnn,
        least_rows: 10,
        any_length: false,
        // One window a second: windows of less than half of one need not overlap.
        input: |origin, _| {
            let frontend = origin.frontend();
            let rate_hz = frontend.map_or(RAW_RATE_HZ, |it| it.config.sample_rate_hz);
            Input::pcm(RAW_SAMPLES, rate_hz as usize)
        },
        settings: Settings::raw_cnn,
    },
    Model {
        name: "mobilenetv2",
        about: "MobileNetV2 1.0 on the window as a picture (--pretrained FILE, --finetune N)",
        presets: "article: plain; best: augments, AdamW",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::MobileNetV2,
        least_rows: 1,
        any_length: true,
        input: |origin, _| Input::log_mel(window_of(origin, three_seconds)),
        settings: Settings::mobilenetv2,
    },
    Model {
        name: "crnn",
        about: "convolutions along time, then an LSTM",
        presets: "article: plain; best: augments, AdamW",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::Crnn,
        least_rows: 8,
        any_length: true,
        input: quarter_minute,
        settings: Settings::crnn,
    },
    Model {
        name: "parallel-cnn-rnn",
        about: "CNN beside a bidirectional GRU",
        presets: "article: plain; best: augments, AdamW",
        kind: InputKind::LogMel,
        frontend: "seed",
        network: Architecture::ParallelCnnRnn,
        least_rows: 11,
        any_length: false,
        input: quarter_minute,
        settings: Settings::parallel_cnn_rnn,
    },
    Model {
        name: "mil",
        about: "small CNN on 5 s of cepstra, learns from whole songs (--pool mean|max|attention)",
        presets: "article: SGD; best: augments, AdamW",
        kind: InputKind::LogMel,
        frontend: "mfcc",
        network: Architecture::Mil,
        least_rows: 14,
        any_length: false,
        input: |origin, rows| {
            let window = window_of(origin, five_seconds);
            Input {
                bag: count(rows, window).clamp(1, SONG_WINDOWS),
                ..Input::log_mel(window)
            }
        },
        settings: Settings::mil,
    },
];

/// Log-mel windows of a quarter of a minute, or as long as the clips are.
fn quarter_minute(origin: &Origin, rows: usize) -> Input {
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

    /// Whether it can start from weights that others trained.
    pub fn takes_pretrained(&self) -> bool {
        self.network == Architecture::MobileNetV2
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
            Self::Compact => task.run(Compact::<B>::new(size, false, rng, device)),
            Self::CompactCausal => task.run(Compact::<B>::new(size, true, rng, device)),
            Self::RawCnn => task.run(RawCnn::<B>::new(size, rng, device)),
            Self::Crnn => task.run(Crnn::<B>::new(size, rng, device)),
            Self::ParallelCnnRnn => task.run(ParallelCnnRnn::<B>::new(size, rng, device)),
            Self::MobileNetV2 => {
                let padding = settings.pretrained.as_ref().map(|it| it.padding);
                let padding = padding.unwrap_or_default();
                task.run(MobileNetV2::<B>::new(size.classes, padding, rng, device))
            }
            Self::Mil => task.run(Mil::<B>::new(size, settings.pool, rng, device)),
        }
    }
}
