//! What a step minimises: the mean cross-entropy of a batch, or a part's share of it.

use super::batch::Batch;
use burn::optim::GradientsParams;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::Window;
use needledrop_networks::backend::TrainBackend;
use needledrop_networks::nn::ops::LayerOps;
use needledrop_networks::nn::{Dropout, Network, Pass, Trainable};
use needledrop_networks::{Input, Settings};
use std::ops::Range;

/// Cross-entropy on windows of one kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Objective {
    input: Input,
    classes: usize,
    dropout: f32,
}

impl Objective {
    /// For windows (or bags of them) of `input` and so many labels.
    pub(super) fn new(input: Input, classes: usize, settings: &Settings) -> Self {
        Self {
            input,
            classes,
            dropout: settings.dropout,
        }
    }

    /// Loss of the bags of `part`, and the gradients of `net`'s parameters. Over all parts of a batch, losses and
    /// gradients add up to those of its mean.
    pub(super) fn gradients<B: TrainBackend, N: Trainable<B>>(
        &self,
        net: &N,
        part: Part,
        device: &B::Device,
    ) -> (Tensor<B::InnerBackend, 1>, GradientsParams) {
        let loss = self.loss::<B, N>(net, part, device);
        let value = loss.clone().inner();
        (value, GradientsParams::from_grads(loss.backward(), net))
    }

    fn loss<B: LayerOps, N: Network<B>>(
        &self,
        net: &N,
        part: Part,
        device: &B::Device,
    ) -> Tensor<B, 1> {
        let Window { frames, bands, .. } = self.input.window;
        let bags = part.bags.len();
        let targets = TensorData::new(part.targets, [bags, self.classes]);
        let targets: Tensor<B, 2> = Tensor::from_data(targets, device);
        let dropout = Dropout::new(self.dropout, part.chance).on(part.bags, part.of);
        let mut pass = Pass::training(dropout);
        let logits = match net.frozen() {
            // The batch has what these layers give.
            Some(net) => {
                let x = TensorData::new(part.x, [bags, net.values()]);
                net.behind(Tensor::from_data(x, device), &mut pass)
            }
            None => {
                let shape = [bags * self.input.bag, frames, bands];
                let x = Tensor::from_data(TensorData::new(part.x, shape), device);
                net.bag_logits(x, self.input.bag, &mut pass)
            }
        };
        (log_softmax(logits, 1) * targets).sum().neg() / part.of as f32
    }

    /// A batch in `count` parts as equal as can be, the larger ones first; fewer when it has fewer bags.
    pub(super) fn split(&self, batch: Batch, count: usize) -> Vec<Part> {
        let of = batch.targets.len() / self.classes;
        let count = count.clamp(1, of.max(1));
        if count == 1 {
            return vec![Part {
                x: batch.x,
                targets: batch.targets,
                chance: batch.chance,
                bags: 0..of,
                of,
            }];
        }
        let begin = |part: usize| part * (of / count) + part.min(of % count);
        let values = batch.x.len() / of;
        (0..count)
            .map(|part| {
                let bags = begin(part)..begin(part + 1);
                Part {
                    x: batch.x[bags.start * values..bags.end * values].to_vec(),
                    targets: batch.targets[bags.start * self.classes..bags.end * self.classes]
                        .to_vec(),
                    chance: batch.chance.clone(),
                    bags,
                    of,
                }
            })
            .collect()
    }
}

/// Neighbouring bags of a batch.
#[derive(Clone, Debug)]
pub(super) struct Part {
    x: Vec<f32>,
    targets: Vec<f32>,
    /// What the whole batch's dropout draws its masks from.
    chance: rand_chacha::ChaCha8Rng,
    /// Which bags.
    pub(super) bags: Range<usize>,
    /// Bags of the whole batch.
    of: usize,
}
