//! What networks are made of, in burn and generic over its backends, and what one is: normalised windows
//! `[windows, frames, bands]` to logits `[windows, classes]`.
//!
//! Layers (`layers`, `dense`, `recurrent`, `dropout`) are built on the operations of `ops`, which a backend has as
//! kernels or out of burn's own; `autodiff` gives them gradients.

mod autodiff;
mod bounds;
pub mod cell;
pub mod dense;
mod dropout;
mod geometry;
pub mod kernel;
pub mod layers;
pub mod ops;
mod pass;
pub(crate) mod primitive;
pub mod recurrent;
pub(crate) mod resize;

pub use bounds::Bounds;
pub use dropout::Dropout;
pub use geometry::{Geometry, Zeros};
pub use pass::{Observed, Pass};

use crate::Input;
use crate::pretrained::{self, Weights};
use burn::module::{AutodiffModule, Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::AutodiffBackend;
use dense::Dense;
use ops::{LayerOps, TrainBackend};

/// What a network is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows of the window: log-mel frames, or PCM samples.
    pub frames: usize,
    /// Values of a row.
    pub bands: usize,
    /// Labels.
    pub classes: usize,
}

impl Size {
    /// For windows of `input` and so many labels.
    pub const fn of(input: &Input, classes: usize) -> Self {
        Self {
            frames: input.window.frames,
            bands: input.window.bands,
            classes,
        }
    }
}

/// A network that the training loop can train and write as ONNX.
///
/// What a forward pass is for, training or evaluation, is in its [`Pass`]; it is told each convolution's output by
/// name.
pub trait Network<B: LayerOps>: Module<B> {
    /// Logits of normalised windows.
    ///
    /// # Shape
    /// `[windows, frames, bands]` to `[windows, classes]`.
    fn logits(&self, x: Tensor<B, 3>, pass: &mut Pass<B>) -> Tensor<B, 2>;

    /// Logits of bags of `bag` windows each; a bag of one window has that window's logits.
    ///
    /// # Shape
    /// `[bags * bag, frames, bands]` to `[bags, classes]`.
    ///
    /// # Panics
    /// For more than one window, unless the network learns from bags.
    fn bag_logits(&self, x: Tensor<B, 3>, bag: usize, pass: &mut Pass<B>) -> Tensor<B, 2> {
        assert_eq!(bag, 1, "this network sees one window");
        self.logits(x, pass)
    }

    /// Its last layer, of a network whose last layer may be solved for: `[features, classes]`.
    fn head(&mut self) -> Option<&mut Dense<B>> {
        None
    }

    /// The layers that do not learn, when there are such.
    fn frozen(&self) -> Option<&dyn Frozen<B>> {
        None
    }

    /// The network with weights that others trained, of which only the head and the last `finetune` stages still learn.
    ///
    /// # Errors
    /// Those of [`Weights`] that are not this network's; [`pretrained::Error::NotTaken`] for a network without any.
    fn with_pretrained(
        self,
        _weights: &Weights,
        _finetune: usize,
        _device: &B::Device,
    ) -> Result<Self, pretrained::Error> {
        Err(pretrained::Error::NotTaken)
    }

    /// The network with its preparation of the input: an ONNX file's bytes, the same for the same weights.
    fn to_onnx(&self, input: &Input) -> Vec<u8>;

    /// The network for a whole bag, which takes the rows of [`Input::span`]; none when a bag is one window.
    fn bag_to_onnx(&self, _input: &Input) -> Option<Vec<u8>> {
        None
    }
}

/// A network whose first layers do not learn: training runs them once a window and keeps what they give.
pub trait Frozen<B: LayerOps> {
    /// Values that they give for a window.
    fn values(&self) -> usize;

    /// What they give.
    ///
    /// # Shape
    /// Normalised windows `[windows, frames, bands]` to `[windows, values]`.
    fn before(&self, x: Tensor<B, 3>) -> Tensor<B, 2>;

    /// The other layers.
    ///
    /// # Shape
    /// `[windows, values]` to logits `[windows, classes]`.
    fn behind(&self, x: Tensor<B, 2>, pass: &mut Pass<B>) -> Tensor<B, 2>;
}

/// A network on a backend that keeps gradients, with its twin for evaluation.
pub trait Trainable<B: TrainBackend>:
    Network<B> + AutodiffModule<B, InnerModule: Network<B::InnerBackend>> + 'static
{
}
impl<B, N> Trainable<B> for N
where
    B: TrainBackend,
    N: Network<B> + AutodiffModule<B, InnerModule: Network<B::InnerBackend>> + 'static,
{
}

/// Parameters that training changes: running statistics are not among them.
pub fn trainable_parameters<B: AutodiffBackend, M: Module<B>>(module: &M) -> u64 {
    struct Count(u64);
    impl<B: AutodiffBackend> ModuleVisitor<B> for Count {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
            if param.val().is_require_grad() {
                self.0 += param.val().shape().num_elements() as u64;
            }
        }
    }
    let mut count = Count(0);
    module.visit(&mut count);
    count.0
}
