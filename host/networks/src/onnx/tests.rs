//! Each network's file gives burn's logits in tract.

use super::graph::Graph;
use super::input::prepared_input;
use crate::backend::{Device, Task, TrainBackend};
use crate::models::{self, NetworkTask};
use crate::nn::{Dropout, Network, Pass, Size, Trainable};
use crate::order::generator;
use crate::{Input, Pool, Preset, Settings};
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::{InputKind, Norm, Window};
use needledrop_data::{Clip, Values};
use needledrop_infer::Net;

const CLASSES: usize = 5;
/// Bags, or windows of a network without bags.
const BAGS: usize = 6;

/// A network whose running statistics are far from their start, as training leaves them.
struct Trained<'a> {
    settings: &'a Settings,
    input: Input,
}

impl Task for Trained<'_> {
    type Output = f32;

    fn run<B: TrainBackend>(self, device: B::Device) -> f32 {
        let network = models::find(&self.settings.model).unwrap().network;
        let size = Size::of(&self.input, CLASSES);
        let mut rng = generator(1, 0, 0, 0);
        network.build::<B, _>(size, self.settings, &mut rng, &device, &self)
    }
}

impl<B: TrainBackend> NetworkTask<B> for &Trained<'_> {
    type Output = f32;

    fn run<N: Trainable<B>>(self, net: N) -> f32 {
        let clips = clips(&self.input);
        for _ in 0..5 {
            let _ = net.bag_logits(
                tensor(&clips, &self.input),
                self.input.bag,
                &mut Pass::training(Dropout::off()),
            );
        }
        let net = net.valid();
        let one = self.input.one_by_one();
        let onnx = net.to_onnx(&one);
        assert!(onnx == net.to_onnx(&one), "the same bytes every time");
        let mut worst = difference(&net, &one, &clips, &onnx);
        if self.input.bag > 1 {
            let onnx = net
                .bag_to_onnx(&self.input)
                .expect("it pools a bag's windows");
            worst = worst.max(difference(&net, &self.input, &clips, &onnx));
        }
        worst
    }
}

/// Loud and quiet clips with structure, and one of digital silence, each one bag long.
fn clips(input: &Input) -> Vec<Clip> {
    let span = input.span();
    let value = |clip: usize, at: usize| match (input.kind, clip) {
        (InputKind::Pcm, 0) => 0,
        (InputKind::Pcm, _) => ((at * 7919) % 40_000 / (1 + clip)) as i16,
        (_, 0) => -25_600,
        _ => ((at * 7919 / (1 + clip)) % 12_000) as i16 - 18_000,
    };
    (0..BAGS)
        .map(|clip| Clip {
            id: clip.to_string(),
            label: 0,
            genre: String::new(),
            rows: span.frames,
            bands: span.bands,
            values: Values::Memory((0..span.values()).map(|at| value(clip, at)).collect()),
        })
        .collect()
}

fn tensor<B: burn::tensor::backend::Backend>(clips: &[Clip], input: &Input) -> Tensor<B, 3> {
    let Window { frames, bands, .. } = input.window;
    let mut x = vec![0.0; clips.len() * input.values()];
    for (clip, x) in clips.iter().zip(x.chunks_mut(input.values())) {
        input.fill(clip, 0, x).unwrap();
    }
    let shape = [clips.len() * input.bag, frames, bands];
    Tensor::from_data(TensorData::new(x, shape), &Default::default())
}

/// Largest difference between burn's logits and the file's, as a share of max(1, largest).
fn difference<B: crate::nn::ops::LayerOps, N: Network<B>>(
    net: &N,
    input: &Input,
    clips: &[Clip],
    onnx: &[u8],
) -> f32 {
    let x = tensor(clips, input);
    let expected = net.bag_logits(x, input.bag, &mut Pass::evaluating());
    let expected: Vec<f32> = expected.into_data().iter().collect();
    let mut tract = Net::load(onnx, &input.span(), CLASSES).unwrap();
    let mut actual = vec![0.0; CLASSES];
    let mut worst = 0.0_f32;
    for (clip, expected) in clips.iter().zip(expected.chunks(CLASSES)) {
        let rows = clip.read_rows(0..input.span().frames).unwrap();
        tract.logits(&rows, &mut actual).unwrap();
        let most = expected.iter().fold(1.0_f32, |most, v| most.max(v.abs()));
        for (a, b) in actual.iter().zip(expected) {
            worst = worst.max((a - b).abs() / most);
        }
    }
    worst
}

fn worst(settings: &Settings, input: Input, device: Device) -> f32 {
    device.run(Trained { settings, input }).unwrap()
}

fn log_mel(frames: usize, bands: usize) -> Input {
    Input::log_mel(Window {
        frames,
        hop: frames / 2,
        bands,
    })
}

/// Batch norm folded and preparation in the graph: the parity rule, with room to spare, for every geometry.
#[test]
fn compact_gives_burns_logits() {
    let settings = Settings::compact(Preset::Best);
    for (frames, bands) in [(128, 128), (128, 40), (96, 64)] {
        let worst = worst(&settings, log_mel(frames, bands), Device::Cpu);
        assert!(worst <= 5e-5, "{frames} x {bands}: {worst:e}");
    }
}

/// Imported matrices have whatever size they have, down to a single value.
#[test]
fn compact_takes_a_matrix_of_any_size() {
    let settings = Settings::compact(Preset::Best);
    for (frames, bands) in [
        (130, 128),
        (336, 218),
        (1, 1),
        (1, 9),
        (7, 3),
        (95, 97),
        (49, 201),
    ] {
        let worst = worst(&settings, log_mel(frames, bands), Device::Cpu);
        assert!(worst <= 5e-5, "{frames} x {bands}: {worst:e}");
    }
}

/// The same weights on another backend: the kernels compute the network that burn's operations compute.
#[test]
fn ndarray_gives_the_same_network() {
    let worst = worst(
        &Settings::compact(Preset::Best),
        log_mel(32, 40),
        Device::NdArray,
    );
    assert!(worst <= 5e-5, "{worst:e}");
}

/// As many values as a picture has, most of them its ground: equal values are rounded alike each time, so that a sum over all
/// of them in f32 drifts. With one ReduceMean for the variance the worst value here is off by 1e-4.
#[test]
fn normalisation_is_as_exact_over_a_picture_as_over_a_row() {
    let input = log_mel(336, 218);
    let Window { frames, bands, .. } = input.window;
    let level = |at: usize| match at % bands {
        ..80 => 16_384 - (at * 7919 % 24_000) as i16,
        _ => 16_384,
    };
    let clip = Clip {
        id: String::new(),
        label: 0,
        genre: String::new(),
        rows: frames,
        bands,
        values: Values::Memory((0..frames * bands).map(level).collect()),
    };
    let mut expected = vec![0.0; input.values()];
    input.fill(&clip, 0, &mut expected).unwrap();

    let mut graph = Graph::new("input");
    let x = prepared_input(&mut graph, &input);
    let x = graph.flatten("logits", &x);
    let onnx = graph.finish(&x, expected.len());
    let mut tract = Net::load(&onnx, &input.window, expected.len()).unwrap();
    let mut actual = vec![0.0; expected.len()];
    let rows = clip.read_rows(0..frames).unwrap();
    tract.logits(&rows, &mut actual).unwrap();
    let differences = actual.iter().zip(&expected).map(|(a, b)| (a - b).abs());
    let worst = differences.fold(0.0, f32::max);
    assert!(worst <= 1e-5, "{worst:e}");
}

/// Every other model, in every form, on a small window.
#[test]
fn every_network_gives_burns_logits() {
    let mfcc = log_mel(72, 40);
    let bag = Input { bag: 3, ..mfcc };
    let trailing = Input {
        norm: Norm::Trailing(24),
        ..log_mel(128, 64)
    };
    let pooled = |pool| Settings {
        pool,
        ..Settings::mil(Preset::Best)
    };
    for (settings, input) in [
        (Settings::compact_causal(Preset::Best), trailing),
        (Settings::raw_cnn(Preset::Best), Input::pcm(200, 400)),
        (Settings::crnn(Preset::Best), log_mel(128, 64)),
        (Settings::parallel_cnn_rnn(Preset::Best), log_mel(256, 64)),
        (Settings::parallel_cnn_rnn(Preset::Best), log_mel(640, 128)),
        (Settings::mobilenetv2(Preset::Best), log_mel(96, 64)),
        (pooled(Pool::Mean), bag),
        (pooled(Pool::Max), bag),
        (pooled(Pool::Attention), bag),
    ] {
        let worst = worst(&settings, input, Device::Cpu);
        let model = &settings.model;
        // A fifth of the rule, for random weights answer more steeply than trained ones.
        assert!(worst <= 2e-5, "{model} {:?}: {worst:e}", settings.pool);
    }
}

/// The kernels of the recurrent cells and of pooling compute what burn's operations compute.
#[test]
fn ndarray_gives_the_same_recurrent_networks() {
    for settings in [
        Settings::crnn(Preset::Best),
        Settings::parallel_cnn_rnn(Preset::Best),
    ] {
        let worst = worst(&settings, log_mel(64, 40), Device::NdArray);
        assert!(worst <= 5e-5, "{}: {worst:e}", settings.model);
    }
}
