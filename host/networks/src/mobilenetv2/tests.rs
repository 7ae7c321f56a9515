//! What a weights file makes of the network; `host/studies/mobilenet_reference.py` holds the answers against PyTorch's.

use super::network::{FEATURES, MobileNetV2, STAGES};
use crate::nn::{Dropout, Network, Pass};
use crate::order::generator;
use crate::pretrained::{Error, Padding, Weights};
use crate::torchvision;
use burn::backend::Autodiff;
use burn::module::AutodiffModule;
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use burn_flex::Flex;
use std::collections::BTreeSet;

type B = Autodiff<Flex>;

const CLASSES: usize = 3;

fn weights(change: impl Fn(String, Vec<usize>) -> Option<(String, Vec<usize>)>) -> Weights {
    let file = tempfile::NamedTempFile::new().unwrap();
    torchvision::write(file.path(), 7, change);
    Weights::read(file.path()).unwrap()
}

fn net(weights: &Weights, padding: Padding, finetune: usize) -> Result<MobileNetV2<B>, Error> {
    let device = Default::default();
    let net = MobileNetV2::new(CLASSES, padding, &mut generator(1, 0, 0, 0), &device);
    net.with_pretrained(weights, finetune, &device)
}

fn windows<C: burn::tensor::backend::Backend>() -> Tensor<C, 3> {
    let values: Vec<f32> = (0..2 * 40 * 24)
        .map(|at| ((at * 7919) % 2003) as f32 / 500.0 - 2.0)
        .collect();
    Tensor::from_data(TensorData::new(values, [2, 40, 24]), &Default::default())
}

fn values<C: burn::tensor::backend::Backend>(x: Tensor<C, 2>) -> Vec<f32> {
    x.into_data().iter().collect()
}

#[test]
fn torchvision_has_262_tensors() {
    assert_eq!(torchvision::keys().len(), 262);
}

/// Frozen stages and the rest are the network, wherever it is cut; they ignore that the backend keeps gradients.
#[test]
fn what_is_kept_of_frozen_stages_leads_to_the_same_logits() {
    let weights = weights(|key, shape| Some((key, shape)));
    for (finetune, kept) in [(0, FEATURES), (1, 7 * 7 * 320), (12, 28 * 28 * 32)] {
        let net = net(&weights, Padding::Symmetric, finetune).unwrap();
        let whole = values(net.valid().logits(windows(), &mut Pass::evaluating()));
        let frozen = net.frozen().unwrap();
        assert_eq!(frozen.values(), kept);
        let before = frozen.before(windows());
        let cut = values(frozen.behind(before, &mut Pass::training(Dropout::off())));
        assert_eq!(whole, cut, "{finetune} stages learn");
        assert!(whole.iter().all(|logit| logit.is_finite()));
    }
}

#[test]
fn padding_moves_the_features() {
    let weights = weights(|key, shape| Some((key, shape)));
    let features = |padding| {
        let net = net(&weights, padding, 0).unwrap().valid();
        values(net.frozen().unwrap().before(windows()))
    };
    let (same, symmetric) = (features(Padding::Same), features(Padding::Symmetric));
    assert_eq!(same.len(), symmetric.len());
    assert_ne!(same, symmetric);
}

/// Of the weights below the cut none has a gradient, of those above every one, and of norms none.
#[test]
fn only_the_last_stages_and_the_head_learn() {
    let weights = weights(|key, shape| Some((key, shape)));
    for (finetune, learning) in [(0, 2), (1, 3), (2, 6)] {
        let net = net(&weights, Padding::Symmetric, finetune).unwrap();
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
    let net = MobileNetV2::<B>::new(
        CLASSES,
        Padding::Symmetric,
        &mut generator(1, 0, 0, 0),
        &device,
    );
    assert!(net.frozen().is_none());
    let logits = net.logits(windows(), &mut Pass::training(Dropout::off()));
    let gradients = (logits.clone() * logits).sum().backward();
    // 52 convolutions, scale and shift of their norms, weight and bias of the head.
    let learning = GradientsParams::from_grads(gradients, &net).len();
    assert_eq!(learning, 3 * 52 + 2);
}

/// Every tensor is asked for by name and shape.
#[test]
fn a_file_that_lacks_any_tensor_or_has_it_otherwise_is_refused() {
    let all: BTreeSet<String> = torchvision::keys()
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    let layers = all.iter().filter(|key| key.starts_with("features"));
    for key in layers.step_by(13) {
        let without = weights(|name, shape| (name != *key).then_some((name, shape)));
        let error = net(&without, Padding::Symmetric, 0)
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("no tensor {key} [")), "{error}");
        let other = weights(|name, mut shape| {
            if name == *key {
                shape[0] += 1;
            }
            Some((name, shape))
        });
        let error = net(&other, Padding::Symmetric, 0).unwrap_err().to_string();
        assert!(error.contains(&format!("{key} is [")), "{error}");
    }
    let more = weights(|name, shape| match name == "classifier.1.bias" {
        true => Some(("features.19.0.weight".to_owned(), shape)),
        false => Some((name, shape)),
    });
    let error = net(&more, Padding::Symmetric, 0).unwrap_err().to_string();
    assert!(error.contains("features.19.0.weight [1000]"), "{error}");
    assert_eq!(STAGES, 19);
}

#[test]
fn the_last_layer_of_others_is_not_needed() {
    let without = weights(|name, shape| (!name.starts_with("classifier")).then_some((name, shape)));
    net(&without, Padding::Symmetric, 0).unwrap();
}
