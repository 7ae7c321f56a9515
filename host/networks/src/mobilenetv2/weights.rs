//! Pretrained weights, by torchvision's names (`features.N...` of its `mobilenet_v2`), into the network's layers; which
//! of them learn.

use super::WANTED;
use super::block::InvertedResidual;
use super::network::{FEATURES, MobileNetV2, STAGES, STEM_CHANNELS};
use crate::nn::ops::NORM_EPSILON;
use crate::pretrained::layers::{Layers, transposed};
use crate::pretrained::{Error, Weights};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

impl<B: Backend> MobileNetV2<B> {
    /// Every layer but the head from `weights`.
    pub(super) fn load(mut self, weights: &Weights, device: &B::Device) -> Result<Self, Error> {
        let mut read = Layers::<B>::new(weights, WANTED, NORM_EPSILON, device);
        self.stem = read.stem("features.0.0.weight")?;
        self.stem_norm = read.norm("features.0.1", STEM_CHANNELS)?;
        for (index, block) in self.blocks.iter_mut().enumerate() {
            read.block(&format!("features.{}.conv", index + 1), block)?;
        }
        let last = format!("features.{}", STAGES - 1);
        self.last = read.pointwise(&format!("{last}.0.weight"), self.last.dims())?;
        self.last_norm = read.norm(&format!("{last}.1"), FEATURES)?;
        // The 1000 classes of ImageNet are not ours.
        read.from.finish(&["classifier.", "num_batches_tracked"])?;
        Ok(self)
    }

    /// Leaves the first `stages` as they are, and every norm: its statistics would be those of a few windows otherwise.
    pub(super) fn freeze(mut self, stages: usize) -> Self {
        self.frozen = stages;
        let keep = |stage: usize| stage < stages;
        self.stem_norm = self.stem_norm.fix();
        if keep(0) {
            self.stem = self.stem.no_grad();
        }
        let blocks = std::mem::take(&mut self.blocks);
        self.blocks = blocks
            .into_iter()
            .enumerate()
            .map(|(index, block)| block.fix(keep(index + 1)))
            .collect();
        self.last_norm = self.last_norm.fix();
        if keep(STAGES - 1) {
            self.last = self.last.no_grad();
        }
        self
    }
}

impl<B: Backend> InvertedResidual<B> {
    /// Norms are fixed, and all weights if asked for.
    fn fix(self, weights: bool) -> Self {
        let kept = |param: Param<Tensor<B, 2>>| if weights { param.no_grad() } else { param };
        Self {
            expand: self.expand.map(|(weight, norm)| (kept(weight), norm.fix())),
            depthwise: match weights {
                true => self.depthwise.no_grad(),
                false => self.depthwise,
            },
            depthwise_norm: self.depthwise_norm.fix(),
            project: kept(self.project),
            project_norm: self.project_norm.fix(),
            ..self
        }
    }
}

impl<B: Backend> Layers<'_, B> {
    /// `[out, 3, 3, 3]` to `[taps, out]`, summed over the channels, which are all the same here.
    fn stem(&mut self, key: &str) -> Result<Param<Tensor<B, 2>>, Error> {
        let theirs = self.from.take(key, &[STEM_CHANNELS, 3, 3, 3])?;
        let mut ours = vec![0.0; 9 * STEM_CHANNELS];
        for (at, value) in theirs.iter().enumerate() {
            ours[at % 9 * STEM_CHANNELS + at / 27] += value;
        }
        Ok(self.param(ours, [9, STEM_CHANNELS]))
    }

    /// `[out, in, 1, 1]` to `[in, out]`.
    fn pointwise(
        &mut self,
        key: &str,
        [from, to]: [usize; 2],
    ) -> Result<Param<Tensor<B, 2>>, Error> {
        let theirs = self.from.take(key, &[to, from, 1, 1])?;
        Ok(self.param(transposed(&theirs, from), [from, to]))
    }

    /// `[channels, 1, 3, 3]` to `[3, 3, channels]`.
    fn depthwise(&mut self, key: &str, channels: usize) -> Result<Param<Tensor<B, 3>>, Error> {
        let theirs = self.from.take(key, &[channels, 1, 3, 3])?;
        Ok(self.param(transposed(&theirs, 9), [3, 3, channels]))
    }

    fn block(&mut self, key: &str, block: &mut InvertedResidual<B>) -> Result<(), Error> {
        let [hidden, to] = block.project.dims();
        let mut part = 0;
        if let Some((weight, norm)) = &mut block.expand {
            *weight = self.pointwise(&format!("{key}.{part}.0.weight"), weight.dims())?;
            *norm = self.norm(&format!("{key}.{part}.1"), hidden)?;
            part += 1;
        }
        block.depthwise = self.depthwise(&format!("{key}.{part}.0.weight"), hidden)?;
        block.depthwise_norm = self.norm(&format!("{key}.{part}.1"), hidden)?;
        block.project = self.pointwise(&format!("{key}.{}.weight", part + 1), [hidden, to])?;
        block.project_norm = self.norm(&format!("{key}.{}", part + 2), to)?;
        Ok(())
    }
}
