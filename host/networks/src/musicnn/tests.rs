//! What a weights file makes of the network; `host/studies/musicnn_reference.py` holds the answers against PyTorch's.

use super::network::{EMBEDDING, FRONT, MIDDLE, Musicnn, POOLED, STAGES};
use super::tags::{GENRES, TagLayer};
use crate::Input;
use crate::musicnn_file;
use crate::nn::{Dropout, Network, Pass, Size};
use crate::order::generator;
use crate::pretrained::{Error, Weights};
use burn::backend::Autodiff;
use burn::module::AutodiffModule;
use burn::optim::GradientsParams;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_flex::Flex;
use needledrop_bundle::{Norm, Window};
use needledrop_data::{Clip, Values};
use needledrop_infer::Net;

type B = Autodiff<Flex>;

/// As few frames as every kernel but the longest has; bands as published, for kernels are parts of them.
const SIZE: Size = Size {
    frames: 40,
    bands: 96,
    classes: 3,
};

/// A file of arbitrary values; `change` may change names and shapes, or leave a tensor out.
fn weights(change: impl Fn(String, Vec<usize>) -> Option<(String, Vec<usize>)>) -> Weights {
    let file = tempfile::NamedTempFile::new().unwrap();
    musicnn_file::write(file.path(), 7, change);
    Weights::read(file.path()).unwrap()
}

fn net(weights: &Weights, finetune: usize) -> Result<Musicnn<B>, Error> {
    let device = Default::default();
    Musicnn::new(SIZE, &mut generator(1, 0, 0, 0), &device)
        .with_pretrained(weights, finetune, &device)
}

fn windows<C: Backend>() -> Tensor<C, 3> {
    let shape = [2, SIZE.frames, SIZE.bands];
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|at: usize| ((at * 7919) % 2003) as f32 / 40.0 - 60.0)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), &Default::default())
}

fn values<C: Backend>(x: Tensor<C, 2>) -> Vec<f32> {
    x.into_data().iter().collect()
}

/// Frozen stages and the rest are the network, wherever it is cut.
#[test]
fn what_is_kept_of_frozen_stages_leads_to_the_same_logits() {
    let weights = weights(|name, shape| Some((name, shape)));
    let kept = [
        EMBEDDING,
        POOLED,
        SIZE.frames * (FRONT + 2 * MIDDLE),
        SIZE.frames * (FRONT + MIDDLE),
        SIZE.frames * FRONT,
    ];
    for (finetune, kept) in kept.into_iter().enumerate() {
        let net = net(&weights, finetune).unwrap();
        let whole = values(net.valid().logits(windows(), &mut Pass::evaluating()));
        let frozen = net.frozen().unwrap();
        assert_eq!(frozen.values(), kept, "{finetune} stages learn");
        let before = frozen.before(windows());
        let cut = values(frozen.behind(before, &mut Pass::training(Dropout::off())));
        assert!(whole.iter().all(|logit| logit.is_finite()));
        for (whole, cut) in whole.iter().zip(&cut) {
            assert!(
                (whole - cut).abs() < 1e-5,
                "{finetune} stages learn: {whole} {cut}"
            );
        }
    }
}

/// Of the weights below the cut none has a gradient, of those above every one, and of norms none.
#[test]
fn only_the_last_stages_and_the_head_learn() {
    let weights = weights(|name, shape| Some((name, shape)));
    for (finetune, learning) in [(0, 2), (1, 4), (2, 6), (4, 10)] {
        let net = net(&weights, finetune).unwrap();
        let frozen = net.frozen().unwrap();
        let before = Tensor::from_inner(frozen.before(windows()).inner());
        let logits = frozen.behind(before, &mut Pass::training(Dropout::off()));
        let gradients = (logits.clone() * logits).sum().backward();
        assert_eq!(GradientsParams::from_grads(gradients, &net).len(), learning);
    }
}

#[test]
fn from_random_weights_every_layer_learns() {
    let device = Default::default();
    let net = Musicnn::<B>::new(SIZE, &mut generator(1, 0, 0, 0), &device);
    assert!(net.frozen().is_none());
    let logits = net.logits(windows(), &mut Pass::training(Dropout::off()));
    let gradients = (logits.clone() * logits).sum().backward();
    // Eight convolutions with their norms, two dense layers, three norms more.
    let learning = GradientsParams::from_grads(gradients, &net).len();
    assert_eq!(learning, 4 * 8 + 2 * 2 + 2 * 3);
}

/// Every tensor is asked for by name and shape; the tags are not needed.
#[test]
fn a_file_that_lacks_any_tensor_or_has_it_otherwise_is_refused() {
    for (key, _) in musicnn_file::keys()
        .into_iter()
        .filter(|(key, _)| !key.starts_with("tags"))
    {
        let without = weights(|name, shape| (name != key).then_some((name, shape)));
        let error = net(&without, 0).unwrap_err().to_string();
        assert!(error.contains(&format!("no tensor {key} [")), "{error}");
        let other = weights(|name, mut shape| {
            if name == key {
                shape[0] += 1;
            }
            Some((name, shape))
        });
        let error = net(&other, 0).unwrap_err().to_string();
        assert!(error.contains(&format!("{key} is [")), "{error}");
    }
    let more = weights(|name, shape| match name == "tags.bias" {
        true => Some(("mid_4.bias".to_owned(), shape)),
        false => Some((name, shape)),
    });
    let error = net(&more, 0).unwrap_err().to_string();
    assert!(error.contains("mid_4.bias [15]"), "{error}");
    let untagged = weights(|name, shape| (!name.starts_with("tags")).then_some((name, shape)));
    assert!(net(&untagged, STAGES - 1).is_ok());
}

/// A genre's logit is the mean of its tags'.
#[test]
fn genres_are_means_of_their_tags() {
    let weights = weights(|name, shape| Some((name, shape)));
    let layer = TagLayer::read(&weights).unwrap();
    let theirs = weights
        .tensors("")
        .take("tags.weight", &[15, EMBEDDING])
        .unwrap();
    let column = |label: &str| {
        let at = GENRES
            .iter()
            .position(|genre| genre.label == label)
            .unwrap();
        let rows = layer.weights.chunks_exact(GENRES.len());
        rows.map(|row| row[at]).collect::<Vec<f32>>()
    };
    let tag = |at: usize| theirs[at * EMBEDDING..][..EMBEDDING].to_vec();
    assert_eq!(column("jazz"), tag(3));
    let metal: Vec<f32> = tag(4)
        .iter()
        .zip(tag(10))
        .map(|(a, b)| (a + b) / 2.0)
        .collect();
    for (actual, expected) in column("metal").iter().zip(metal) {
        assert!((actual - expected).abs() < 1e-6);
    }
}

#[test]
fn a_file_that_does_not_name_its_tags_is_refused() {
    let nameless = tempfile::NamedTempFile::new().unwrap();
    crate::torchvision::write(nameless.path(), 1, |key, shape| Some((key, shape)));
    let error = TagLayer::read(&Weights::read(nameless.path()).unwrap()).unwrap_err();
    assert!(error.to_string().contains("names no tag blues"), "{error}");
}

/// What is written as ONNX gives burn's logits in tract, kernels of channels that a norm turns round among them, and is
/// read back as what it was.
#[test]
fn an_exported_model_gives_the_same_and_is_a_file_to_start_from() {
    let weights = weights(|name, shape| Some((name, shape)));
    let net = net(&weights, 0).unwrap();
    let input = Input {
        norm: Norm::Level(-4),
        ..Input::log_mel(Window {
            frames: SIZE.frames,
            hop: SIZE.frames,
            bands: SIZE.bands,
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let onnx = net.valid().to_onnx(&input);
    let clip = Clip {
        id: String::new(),
        label: 0,
        genre: String::new(),
        rows: SIZE.frames,
        bands: SIZE.bands,
        values: Values::Memory(
            (0..input.values())
                .map(|at| (at * 7919 % 16_000) as i16 - 16_000)
                .collect(),
        ),
    };
    let mut x = vec![0.0; input.values()];
    input.fill(&clip, 0, &mut x).unwrap();
    let x = TensorData::new(x, [1, SIZE.frames, SIZE.bands]);
    let x = Tensor::from_data(x, &Default::default());
    let expected = values(net.valid().logits(x, &mut Pass::evaluating()));
    let mut actual = [0.0; SIZE.classes];
    let mut tract = Net::load(&onnx, &input.window, SIZE.classes).unwrap();
    tract.logits(&clip.read().unwrap(), &mut actual).unwrap();
    for (actual, expected) in actual.iter().zip(&expected) {
        assert!((actual - expected).abs() < 1e-4, "{actual} {expected}");
    }
    std::fs::write(&path, onnx).unwrap();
    let again = self::net(&Weights::read(&path).unwrap(), 0).unwrap();
    let features = |net: &Musicnn<B>| values(net.frozen().unwrap().before(windows()));
    for (one, other) in features(&net).iter().zip(features(&again)) {
        assert!((one - other).abs() < 1e-4, "{one} {other}");
    }
    std::fs::write(&path, b"words").unwrap();
    assert!(Weights::read(&path).is_err());
}
