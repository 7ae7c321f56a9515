//! Published weights, by the names of their layers (`timbral_38.weight`, `mid_1.norm.running_var`, ..), into the
//! network's; which of them learn.

use super::network::{
    Branch, EMBEDDING, FRONT, MIDDLE, MIDDLES, Musicnn, POOLED, TEMPORAL, TEMPORAL_FRAMES, TIMBRAL,
};
use super::{WANTED, exported};
use crate::nn::dense::Dense;
use crate::pretrained::layers::{Layers, transposed};
use crate::pretrained::{Error, Weights};
use burn::module::Module;
use burn::tensor::backend::Backend;

/// What the published weights' norms add to a variance.
pub(super) const THEIR_EPSILON: f32 = 1e-3;

impl<B: Backend> Musicnn<B> {
    /// Every layer but the head from `weights`.
    pub(super) fn load(mut self, weights: &Weights, device: &B::Device) -> Result<Self, Error> {
        let of_export = exported::published(weights).map(|it| weights.with_floats(it));
        let weights = of_export.as_ref().unwrap_or(weights);
        let mut read = Layers::<B>::new(weights, WANTED, THEIR_EPSILON, device);
        self.input_norm = read.norm("input_norm", 1)?;
        let bands: Vec<usize> = self
            .front
            .iter()
            .map(|it| it.convolution.geometry.kernel[1])
            .collect();
        for (index, branch) in self.front.iter_mut().enumerate() {
            match index.checked_sub(2) {
                None => read.branch(&format!("timbral_{}", bands[index]), [1, TIMBRAL], branch)?,
                Some(at) => {
                    let name = format!("temporal_{}", TEMPORAL_FRAMES[at]);
                    read.branch(&name, [1, TEMPORAL], branch)?;
                }
            }
        }
        for (index, branch) in self.middle.iter_mut().enumerate() {
            let from = if index == 0 { FRONT } else { MIDDLE };
            read.branch(&format!("mid_{}", index + 1), [from, MIDDLE], branch)?;
        }
        self.pool_norm = read.norm("pool_norm", POOLED)?;
        self.dense = read.dense("dense", [POOLED, EMBEDDING])?;
        self.dense_norm = read.norm("dense_norm", EMBEDDING)?;
        // Their tags are not our labels.
        read.from.finish(&["tags.", "num_batches_tracked"])?;
        Ok(self)
    }

    /// Leaves the first `stages` as they are, and every norm: its statistics would be those of a few windows otherwise.
    pub(super) fn freeze(mut self, stages: usize) -> Self {
        self.frozen = stages;
        let fix = |branches: Vec<Branch<B>>, first: usize, step: usize| {
            let each = branches.into_iter().enumerate();
            each.map(|(index, branch)| branch.fix(first + step * index < stages))
                .collect()
        };
        self.input_norm = self.input_norm.fix();
        self.front = fix(std::mem::take(&mut self.front), 0, 0);
        self.middle = fix(std::mem::take(&mut self.middle), 1, 1);
        self.pool_norm = self.pool_norm.fix();
        self.dense_norm = self.dense_norm.fix();
        if MIDDLES + 1 < stages {
            self.dense = self.dense.no_grad();
        }
        self
    }
}

impl<B: Backend> Branch<B> {
    /// The norm is fixed, and the weights if asked for.
    fn fix(self, weights: bool) -> Self {
        Self {
            convolution: if weights {
                self.convolution.no_grad()
            } else {
                self.convolution
            },
            norm: self.norm.fix(),
            around: self.around,
        }
    }
}

impl<B: Backend> Layers<'_, B> {
    /// `[out, 1, frames, bands * in]` and `[out]`, with their norm.
    fn branch(
        &mut self,
        name: &str,
        [from, to]: [usize; 2],
        branch: &mut Branch<B>,
    ) -> Result<(), Error> {
        let [frames, bands] = branch.convolution.geometry.kernel;
        let taps = frames * bands * from;
        let theirs = self
            .from
            .take(&format!("{name}.weight"), &[to, 1, frames, bands * from])?;
        branch.convolution.weight = self.param(transposed(&theirs, taps), [taps, to]);
        branch.convolution.bias = self.row(&format!("{name}.bias"), to)?;
        branch.norm = self.norm(&format!("{name}.norm"), to)?;
        Ok(())
    }

    fn dense(&mut self, name: &str, [from, to]: [usize; 2]) -> Result<Dense<B>, Error> {
        let theirs = self.from.take(&format!("{name}.weight"), &[to, from])?;
        Ok(Dense {
            weight: self.param(transposed(&theirs, from), [from, to]),
            bias: self.row(&format!("{name}.bias"), to)?,
        })
    }
}
