//! Networks in burn, generic over its backends.

pub mod compact;
pub(crate) mod kernel;
pub mod layers;
pub mod ops;

pub use kernel::Depthwise;

use burn::module::Module;
use burn::tensor::Tensor;
use needledrop_bundle::Window;
use ops::LayerOps;

/// A network that the training loop can train and write as ONNX.
pub trait Network<B: LayerOps>: Module<B> {
    /// Logits of normalised windows; `keep` scales the last layer's input (dropout), `[batch, features]`.
    ///
    /// Batch norms use the batch's statistics on a backend that keeps gradients, the running ones elsewhere.
    ///
    /// # Shape
    /// `[batch, frames, bands]` to `[batch, classes]`.
    fn logits(&self, x: Tensor<B, 3>, keep: Option<Tensor<B, 2>>) -> Tensor<B, 2>;

    /// Values a window has before the last layer.
    fn features(&self) -> usize;

    /// The network with its preparation of the frontend's output: an ONNX file's bytes, the same for the same weights.
    fn to_onnx(&self, window: Window) -> Vec<u8>;
}

/// Parameters that training changes: running statistics are not among them.
pub fn trainable_parameters<B: burn::tensor::backend::AutodiffBackend, M: Module<B>>(
    module: &M,
) -> u64 {
    struct Count(u64);
    impl<B: burn::tensor::backend::AutodiffBackend> burn::module::ModuleVisitor<B> for Count {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<B, D>>) {
            if param.val().is_require_grad() {
                self.0 += param.val().shape().num_elements() as u64;
            }
        }
    }
    let mut count = Count(0);
    module.visit(&mut count);
    count.0
}
