//! One forward pass: what makes it a training or an evaluating one, and who watches it.
//!
//! A network has one forward code for training, evaluation and the pictures of its filters: it hands this context from
//! layer to layer, and tells it the output of every convolution by name. Nobody watches a pass in training; it costs a
//! test of an option then, not even the name is made.

use super::dropout::Dropout;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use std::fmt;

/// The context of one forward pass.
#[derive(Debug)]
pub struct Pass<B: Backend> {
    dropout: Dropout,
    is_training: bool,
    probe: Option<Probe<B>>,
}

/// A convolution that a pass went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Its name within the network, like `block3.pointwise`.
    pub name: String,
    /// Its output: height, width, channels.
    pub output: [usize; 3],
}

#[derive(Debug)]
struct Probe<B: Backend> {
    /// Whose output is kept; all are listed when none is asked for.
    wanted: Option<String>,
    listed: Vec<Observed>,
    kept: Option<Tensor<B, 4>>,
}

impl<B: Backend> Pass<B> {
    /// With this dropout and each batch's own statistics in batch norms, which move their running ones.
    pub const fn training(dropout: Dropout) -> Self {
        Self {
            dropout,
            is_training: true,
            probe: None,
        }
    }

    /// Without dropout and with the running statistics of batch norms, whether the backend keeps gradients or not.
    pub const fn evaluating() -> Self {
        Self {
            dropout: Dropout::off(),
            is_training: false,
            probe: None,
        }
    }

    /// As [`Pass::evaluating`], listing all convolutions.
    pub const fn listing() -> Self {
        Self::watched(None)
    }

    /// As [`Pass::evaluating`], keeping what the convolution called `name` gives.
    pub const fn keeping(name: String) -> Self {
        Self::watched(Some(name))
    }

    const fn watched(wanted: Option<String>) -> Self {
        Self {
            dropout: Dropout::off(),
            is_training: false,
            probe: Some(Probe {
                wanted,
                listed: Vec::new(),
                kept: None,
            }),
        }
    }

    /// Whether batch norms use the batch's statistics.
    pub const fn is_training(&self) -> bool {
        self.is_training
    }

    /// The next site of dropout.
    pub fn dropout<const D: usize>(&mut self, x: Tensor<B, D>) -> Tensor<B, D> {
        self.dropout.apply(x)
    }

    /// Tells what a convolution gives, before its activation; `y` is made when somebody watches.
    ///
    /// # Shape
    /// `[batch, height, width, channels]`.
    pub fn observe(&mut self, name: fmt::Arguments<'_>, y: impl FnOnce() -> Tensor<B, 4>) {
        let Some(probe) = &mut self.probe else {
            return;
        };
        let name = name.to_string();
        match &probe.wanted {
            None => {
                let [_, height, width, channels] = y().dims();
                probe.listed.push(Observed {
                    name,
                    output: [height, width, channels],
                });
            }
            Some(wanted) if *wanted == name => probe.kept = Some(y()),
            Some(_) => {}
        }
    }

    /// The convolutions of a [`Pass::listing`], in the order in which it went through them.
    pub fn convolutions(self) -> Vec<Observed> {
        self.probe.map_or_else(Vec::new, |probe| probe.listed)
    }

    /// What a [`Pass::keeping`] has kept.
    pub fn kept(self) -> Option<Tensor<B, 4>> {
        self.probe.and_then(|probe| probe.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::Pass;
    use crate::compact::Compact;
    use crate::nn::{Dropout, Network, Size};
    use crate::order::generator;
    use burn::backend::Autodiff;
    use burn::module::AutodiffModule;
    use burn::tensor::backend::Backend;
    use burn::tensor::{Tensor, TensorData};
    use burn_flex::Flex;

    const SIZE: Size = Size {
        frames: 32,
        bands: 16,
        classes: 3,
    };

    fn net() -> Compact<Autodiff<Flex>> {
        Compact::new(SIZE, false, &mut generator(1, 0, 0, 0), &Default::default())
    }

    fn windows<B: Backend>() -> Tensor<B, 3> {
        let values: Vec<f32> = (0..2 * SIZE.frames * SIZE.bands)
            .map(|at| ((at * 7919) % 2003) as f32 / 500.0 - 2.0)
            .collect();
        let shape = [2, SIZE.frames, SIZE.bands];
        Tensor::from_data(TensorData::new(values, shape), &Default::default())
    }

    fn values<B: Backend>(x: Tensor<B, 2>) -> Vec<f32> {
        x.into_data().iter().collect()
    }

    /// The pass decides what a batch norm does, not the backend; watching changes nothing.
    #[test]
    fn an_evaluating_pass_gives_the_same_logits_with_and_without_gradients() {
        let net = net();
        let training = || values(net.logits(windows(), &mut Pass::training(Dropout::off())));
        let before = training();
        let evaluated = values(net.logits(windows(), &mut Pass::evaluating()));
        assert_ne!(before, evaluated);
        assert_eq!(
            evaluated,
            values(net.logits(windows(), &mut Pass::listing()))
        );
        assert_eq!(
            evaluated,
            values(net.valid().logits(windows(), &mut Pass::evaluating()))
        );
        training();
        let moved = values(net.logits(windows(), &mut Pass::evaluating()));
        assert_ne!(evaluated, moved, "a training pass moves running statistics");
    }

    #[test]
    fn convolutions_are_listed_in_order_and_kept_by_name() {
        let net = net();
        let mut pass = Pass::listing();
        net.logits(windows(), &mut pass);
        let listed = pass.convolutions();
        let names: Vec<&str> = listed.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names[..3], ["stem", "block1.depthwise", "block1.pointwise"]);
        assert_eq!((names.len(), names[15]), (16, "collapse"));
        for convolution in &listed {
            let mut pass = Pass::keeping(convolution.name.clone());
            net.logits(windows(), &mut pass);
            let [_, height, width, channels] = pass.kept().unwrap().dims();
            assert_eq!([height, width, channels], convolution.output);
        }
        let mut pass = Pass::keeping("block9.depthwise".to_owned());
        net.logits(windows(), &mut pass);
        assert!(pass.kept().is_none());
    }
}
