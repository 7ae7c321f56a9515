//! Ascents and maps on every network, and on one whose gradient is known.

use super::ascent::Ascent;
use super::windows::Explained;
use super::{Error, Options, drawing, pictures, saliency};
use crate::classic;
use crate::corpus::Corpus;
use crate::models::find;
use crate::places::spread;
use crate::progress::Progress;
use crate::train::{ClassicSettings, train, train_classic};
use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::{InputKind, Origin, Window};
use needledrop_data::{Budget, Clip, Values};
use needledrop_frontend::FrontendConfig;
use needledrop_networks::backend::{Task, TrainBackend, on_cpu};
use needledrop_networks::models::{MODELS, Model, NetworkTask};
use needledrop_networks::nn::ops::LayerOps;
use needledrop_networks::nn::{Dropout, Network, Pass, Size, Trainable};
use needledrop_networks::order::generator;
use needledrop_networks::{Input, Preset, Settings};
use std::collections::BTreeSet;

type B = burn::backend::Autodiff<burn_flex::Flex>;

const CLASSES: usize = 3;

fn options() -> Options {
    Options {
        filters: 2,
        steps: 16,
        // Random weights look for what no music has: values that jump from band to band, and from frame to frame.
        shift: 0,
        blur: [0.3, 0.3],
        ..Options::default()
    }
}

fn log_mel(frames: usize, bands: usize) -> Input {
    Input::log_mel(Window {
        frames,
        hop: frames / 2,
        bands,
    })
}

/// Most convolutions of a network that are climbed, evenly spaced; of one with more, which takes long, two.
const MOST_CLIMBED: usize = 16;

/// Climbs convolutions of a network; how many it has.
struct Climb<'a> {
    model: &'a Model,
    input: Input,
}

impl Task for Climb<'_> {
    type Output = usize;

    fn run<B: TrainBackend>(self, device: B::Device) -> usize {
        let settings = self.model.settings(Preset::Best);
        let size = Size::of(&self.input, CLASSES);
        let mut rng = generator(5, 0, 0, 0);
        self.model
            .network
            .build::<B, _>(size, &settings, &mut rng, &device, &self)
    }
}

impl<B: TrainBackend> NetworkTask<B> for &Climb<'_> {
    type Output = usize;

    fn run<N: Trainable<B>>(self, net: N) -> usize {
        let Window { frames, bands, .. } = self.input.window;
        let device = B::Device::default();
        let values = (0..4 * frames * bands).map(|at| ((at * 7919) % 2003) as f32 / 800.0 - 1.25);
        let x = TensorData::new(values.collect::<Vec<f32>>(), [4, frames, bands]);
        // Running statistics far from their start, as training leaves them.
        for _ in 0..10 {
            let x = Tensor::from_data(x.clone(), &device);
            net.logits(x, &mut Pass::training(Dropout::off()));
        }
        let net = net.no_grad();
        let all = super::convolutions::<B, N>(&net, &self.input, &device);
        let names: BTreeSet<&str> = all.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names.len(), all.len(), "{}: a name twice", self.model.name);
        let options = options();
        let ascent = Ascent::<B, N>::new(&net, &self.input, &options, &device);
        let climbed = if all.len() > MOST_CLIMBED {
            2
        } else {
            all.len()
        };
        for observed in &spread(&all, climbed) {
            let drawn = ascent.filters(observed);
            let what = format!("{} {}", self.model.name, observed.name);
            assert_eq!(drawn.filters.len(), 2, "{what}");
            for filter in &drawn.filters {
                let (before, after) = (filter.before, filter.after);
                let channel = filter.channel;
                assert!(after > before, "{what} {channel}: {before} to {after}");
                assert!(filter.picture.values.iter().all(|it| it.is_finite()));
            }
        }
        assert_eq!(ascent.filters(&all[0]), ascent.filters(&all[0]));
        all.len()
    }
}

/// A small window as a network would see it.
fn small(model: &Model) -> Input {
    let origin = Origin::of(FrontendConfig::preset(model.frontend).unwrap()).unwrap();
    let input = model.input(&origin, usize::MAX).one_by_one();
    let frames = (model.least_rows + 56).min(input.window.frames);
    let window = Window {
        frames,
        hop: frames,
        bands: input.window.bands.min(48),
    };
    Input { window, ..input }
}

/// Every network's convolutions are known by name, and ascents on each excite it more than noise does.
#[test]
fn every_convolution_of_every_network_is_excited() {
    for model in &MODELS {
        let climb = Climb {
            model,
            input: small(model),
        };
        assert!(on_cpu(climb) > 0, "{}", model.name);
    }
}

/// A network of one matrix.
#[derive(Module, Debug)]
struct Linear<B: Backend> {
    weight: Param<Tensor<B, 2>>,
}

impl<B: LayerOps> Network<B> for Linear<B> {
    fn logits(&self, x: Tensor<B, 3>, _pass: &mut Pass<B>) -> Tensor<B, 2> {
        x.flatten::<2>(1, 2).matmul(self.weight.val())
    }

    fn to_onnx(&self, _input: &Input) -> Vec<u8> {
        Vec::new()
    }
}

#[test]
fn the_saliency_of_a_linear_network_is_the_amount_of_its_weights() {
    let input = log_mel(6, 5);
    let weights: Vec<f32> = (0..30 * CLASSES)
        .map(|at| ((at * 7919) % 101) as f32 / 50.0 - 1.0)
        .collect();
    let device = Default::default();
    let weight = TensorData::new(weights.clone(), [30, CLASSES]);
    let net = Linear::<B> {
        weight: Param::from_data(weight, &device),
    };
    for answer in 0..CLASSES {
        let explained = Explained {
            clip: "a".to_owned(),
            genre: "blues".to_owned(),
            answer,
            probability: 0.5,
            x: (0..30).map(|at| at as f32 / 10.0 - 1.5).collect(),
        };
        let map = saliency::of::<B, _>(&net, &input, &explained, 1, &device);
        for (at, value) in map.iter().enumerate() {
            let weight = weights[at * CLASSES + answer].abs();
            assert!((value - weight).abs() < 1e-5, "{value} against {weight}");
        }
    }
}

/// Two labels told apart by which bands are loud; the second label's last clip is said to be of the first.
fn corpus() -> Corpus {
    let frontend = FrontendConfig::SEED;
    let (rows, bands) = (192, frontend.mel_bands);
    let clip = |number: usize| {
        let low = number.is_multiple_of(2);
        let loud = move |band: usize| if (band < bands / 2) == low { 30 } else { 0 };
        let value = move |at: usize| ((at * (number + 3) * 977) % 20 + loud(at % bands)) as i16;
        let label = usize::from(!low && number != 9);
        Clip {
            id: format!("{number}.wav"),
            label,
            genre: ["blues", "jazz"][label].to_owned(),
            rows,
            bands,
            values: Values::Memory((0..rows * bands).map(|at| value(at) * 256).collect()),
        }
    };
    Corpus {
        labels: vec!["blues".to_owned(), "jazz".to_owned()],
        origin: Origin::of(frontend).unwrap(),
        data_sha256: "d".repeat(64),
        split_sha256: "5".repeat(64),
        train: (0..6).map(clip).collect(),
        valid: (6..10).map(clip).collect(),
        judges_training_clips: false,
        groups: Default::default(),
        taught: Vec::new(),
        labelled: 6,
        teacher: None,
        cache: None,
        budget: Budget::unlimited(),
    }
}

#[test]
fn a_run_folder_gives_pictures_and_the_same_ones_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let settings = Settings {
        epochs: 8,
        batch: 4,
        ..find("compact").unwrap().settings(Preset::Article)
    };
    let progress = Progress::hidden();
    train(&corpus(), &settings, None, &run, false, &progress).unwrap();
    let options = Options {
        convolution: Some("block2.pointwise".to_owned()),
        ..options()
    };
    let drawn = pictures(&run, &options).unwrap().unwrap();
    assert_eq!(drawn.convolutions_in_all, 16);
    let [layer] = &drawn.convolutions[..] else {
        panic!("one convolution was asked for");
    };
    assert_eq!(layer.output, [16, 16, 64]);
    let channels: Vec<usize> = layer.filters.iter().map(|it| it.channel).collect();
    assert_eq!(channels, [0, 32]);
    // Clip 9 looks like jazz and is said to be blues: that window is the wrong one.
    let windows: Vec<(&str, &str, bool)> = drawn
        .saliency
        .iter()
        .map(|it| (it.genre.as_str(), it.answer.as_str(), it.is_right()))
        .collect();
    assert_eq!(
        windows,
        [
            ("blues", "blues", true),
            ("blues", "jazz", false),
            ("jazz", "jazz", true)
        ]
    );
    assert_eq!(drawn.saliency[1].clip, "9.wav");
    for window in &drawn.saliency {
        let Window { frames, bands, .. } = log_mel(128, 128).window;
        assert_eq!((window.map.width, window.map.height), (frames, bands));
        assert!(window.map.range[1] > 0.0 && window.probability > 0.5);
    }
    assert_eq!(pictures(&run, &options).unwrap().unwrap(), drawn);
    let other = Options { seed: 2, ..options };
    let other = pictures(&run, &other).unwrap().unwrap();
    assert_ne!(other.convolutions, drawn.convolutions);

    let unknown = Options {
        convolution: Some("block9.pointwise".to_owned()),
        ..Options::default()
    };
    let error = pictures(&run, &unknown).unwrap_err();
    assert!(matches!(error, Error::UnknownConvolution { .. }), "{error}");
    assert!(error.to_string().contains("block7.pointwise"), "{error}");
}

#[test]
fn a_classic_model_has_none_and_an_unfinished_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let error = pictures(&run, &Options::default()).unwrap_err();
    assert!(error.to_string().contains("no finished run"), "{error}");
    let settings = ClassicSettings {
        kind: classic::Kind::Gnb,
        preset: Preset::Best,
        pca: None,
        seed: 1,
    };
    train_classic(&corpus(), &settings, &run, false, &Progress::hidden()).unwrap();
    assert_eq!(pictures(&run, &Options::default()).unwrap(), None);
}

#[test]
fn pcm_is_drawn_as_a_trace_and_a_spectrum() {
    let input = Input::pcm(600, 600);
    assert_eq!(input.kind, InputKind::Pcm);
    let x: Vec<f32> = (0..600).map(|at| (at as f32 / 7.0).sin() / 3.0).collect();
    let picture = drawing::window(&x, &input);
    let map = drawing::amounts(&x, &input);
    assert_eq!(picture.width, map.width);
    assert!(map.height < picture.height);
}
