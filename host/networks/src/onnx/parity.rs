//! A network's file in tract against the network in burn: how far their logits are apart on the same clips.

use crate::backend::{Device, Task, TrainBackend};
use crate::models::{self, NetworkTask};
use crate::nn::ops::LayerOps;
use crate::nn::{Dropout, Network, Pass, Size, Trainable};
use crate::order::generator;
use crate::{Input, Settings};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::{InputKind, Window};
use needledrop_data::{Clip, Values};
use needledrop_infer::Net;
use onnx_protobuf::{Message, ModelProto};
use std::collections::BTreeSet;

const CLASSES: usize = 5;

/// Largest difference between burn's logits and the file's, as a share of max(1, largest): by window and, where the
/// network learns from bags, by bag.
pub(crate) fn worst(settings: &Settings, input: Input, device: Device) -> f32 {
    let bags = match device {
        Device::Cpu => 6,
        // Without our kernels a network takes many times as long.
        _ => 2,
    };
    let trained = Trained {
        settings,
        input,
        clips: clips(&input, bags),
    };
    device.run(trained).unwrap()
}

/// Log-mel windows of such a size.
pub(crate) fn log_mel(frames: usize, bands: usize) -> Input {
    Input::log_mel(Window {
        frames,
        hop: frames / 2,
        bands,
    })
}

/// A network whose running statistics are far from their start, as training leaves them.
struct Trained<'a> {
    settings: &'a Settings,
    input: Input,
    clips: Vec<Clip>,
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
        let Trained { input, clips, .. } = self;
        for _ in 0..5 {
            let pass = &mut Pass::training(Dropout::off());
            let _ = net.bag_logits(tensor(clips, input), input.bag, pass);
        }
        let net = net.valid();
        let one = input.one_by_one();
        let onnx = net.to_onnx(&one);
        assert!(onnx == net.to_onnx(&one), "the same bytes every time");
        assert_eq!(
            observed(&net, tensor(&clips[..1], &one)),
            convolutions(&onnx)
        );
        let mut worst = difference(&net, &one, clips, &onnx);
        if input.bag > 1 {
            let onnx = net.bag_to_onnx(input).expect("it pools a bag's windows");
            worst = worst.max(difference(&net, input, clips, &onnx));
        }
        worst
    }
}

/// Loud and quiet clips with structure, and one of digital silence, each one bag long.
fn clips(input: &Input, bags: usize) -> Vec<Clip> {
    let span = input.span();
    let value = |clip: usize, at: usize| match (input.kind, clip) {
        (InputKind::Pcm, 0) => 0,
        (InputKind::Pcm, _) => ((at * 7919) % 40_000 / (1 + clip)) as i16,
        (_, 0) => -25_600,
        _ => ((at * 7919 / (1 + clip)) % 12_000) as i16 - 18_000,
    };
    (0..bags)
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

fn tensor<B: Backend>(clips: &[Clip], input: &Input) -> Tensor<B, 3> {
    let Window { frames, bands, .. } = input.window;
    let mut x = vec![0.0; clips.len() * input.values()];
    for (clip, x) in clips.iter().zip(x.chunks_mut(input.values())) {
        input.fill(clip, 0, x).unwrap();
    }
    let shape = [clips.len() * input.bag, frames, bands];
    Tensor::from_data(TensorData::new(x, shape), &Default::default())
}

/// How many convolutions tell a pass what they give, each by a name of its own.
fn observed<B: LayerOps, N: Network<B>>(net: &N, x: Tensor<B, 3>) -> usize {
    let mut pass = Pass::listing();
    net.logits(x, &mut pass);
    let names: BTreeSet<String> = pass.convolutions().into_iter().map(|it| it.name).collect();
    names.len()
}

/// How many convolutions a file has.
fn convolutions(onnx: &[u8]) -> usize {
    let model = ModelProto::parse_from_bytes(onnx).unwrap();
    let graph = model.graph.unwrap();
    graph.node.iter().filter(|it| it.op_type == "Conv").count()
}

fn difference<B: LayerOps, N: Network<B>>(
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
