//! Ordinary layers with a bias: fully connected on `[rows, in]`, and convolutions of `[batch, height, width, channels]`
//! as one matrix product; max-pooling.

use super::geometry::Geometry;
use super::layers::{he_normal, pointwise};
use super::ops::LayerOps;
use super::pass::Pass;
use super::primitive::{lift, lower};
use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

/// A fully connected layer.
#[derive(Module, Debug)]
pub struct Dense<B: Backend> {
    /// `[in, out]`.
    pub weight: Param<Tensor<B, 2>>,
    /// `[out]`.
    pub bias: Param<Tensor<B, 1>>,
}

impl<B: Backend> Dense<B> {
    /// Random weights for a rectifier behind it.
    pub fn new([from, to]: [usize; 2], rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        Self {
            weight: he_normal([from, to], from, rng, device),
            bias: Param::from_tensor(Tensor::zeros([to], device)),
        }
    }

    /// A last layer, whose small weights start the training near equal probabilities.
    pub fn head([from, to]: [usize; 2], rng: &mut ChaCha8Rng, device: &B::Device) -> Self {
        Self {
            weight: he_normal([from, to], 16 * from, rng, device),
            bias: Param::from_tensor(Tensor::zeros([to], device)),
        }
    }

    /// A layer of known weights, `[in, out]` row by row, and a bias for each value that comes out.
    pub fn of(weight: Vec<f32>, bias: Vec<f32>, device: &B::Device) -> Self {
        let to = bias.len();
        let shape = [weight.len() / to, to];
        Self {
            weight: Param::from_data(TensorData::new(weight, shape), device),
            bias: Param::from_data(TensorData::new(bias, [to]), device),
        }
    }

    /// # Shape
    /// `[rows, in]` to `[rows, out]`.
    pub fn forward(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        x.matmul(self.weight.val()) + self.bias.val().unsqueeze()
    }
}

/// A convolution, channels last.
#[derive(Module, Debug)]
pub struct Convolution<B: Backend> {
    /// `[kernel height * kernel width * channels in, channels out]`.
    pub weight: Param<Tensor<B, 2>>,
    /// `[channels out]`.
    pub bias: Param<Tensor<B, 1>>,
    /// Kernel, stride and padding.
    #[module(skip)]
    pub geometry: Geometry,
}

impl<B: Backend> Convolution<B> {
    /// Random weights for a rectifier behind it.
    pub fn new(
        [from, to]: [usize; 2],
        geometry: Geometry,
        rng: &mut ChaCha8Rng,
        device: &B::Device,
    ) -> Self {
        let fan_in = geometry.kernel[0] * geometry.kernel[1] * from;
        Self {
            weight: he_normal([fan_in, to], fan_in, rng, device),
            bias: Param::from_tensor(Tensor::zeros([to], device)),
            geometry,
        }
    }
}

impl<B: Backend> Convolution<B> {
    /// The padding, if on maps of that width this is a convolution along one axis, stride 1, as
    /// [`LayerOps::convolve_rows`] takes it.
    fn along_rows(&self, width: usize) -> Option<usize> {
        let Geometry { kernel, stride, .. } = self.geometry;
        let (before, behind) = (self.geometry.before(), self.geometry.behind());
        let is_one = width == 1 && kernel[1] == 1 && stride == [1, 1];
        (is_one && before == behind && before[0] < kernel[0]).then_some(before[0])
    }
}

impl<B: LayerOps> Convolution<B> {
    /// The convolution number `index` of its network, from 0; a [`Pass`] knows it as `convolution1` and so on.
    ///
    /// # Shape
    /// `[batch, height, width, channels in]` to `[batch, output height, output width, channels out]`.
    pub fn forward(&self, x: Tensor<B, 4>, index: usize, pass: &mut Pass<B>) -> Tensor<B, 4> {
        let [batch, height, width, channels] = x.dims();
        let y = match self.along_rows(width) {
            Some(padding) => {
                let x = lower(x.reshape([batch, height, channels]));
                let y = lift::<B, 3>(B::convolve_rows(x, lower(self.weight.val()), padding));
                y.unsqueeze_dim::<4>(2)
            }
            None => self.by_patches(x),
        };
        let [_, out] = self.weight.dims();
        let y = y + self.bias.val().reshape([1, 1, 1, out]);
        pass.observe(format_args!("convolution{}", index + 1), || y.clone());
        y
    }

    /// Without the bias.
    fn by_patches(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        let [batch, height, width, channels] = x.dims();
        // Channels beside each other are more columns of a picture with one channel.
        let Geometry {
            kernel,
            stride,
            padding,
            ..
        } = self.geometry;
        let columns = Geometry {
            kernel: [kernel[0], kernel[1] * channels],
            stride: [stride[0], stride[1] * channels],
            padding: [padding[0], padding[1] * channels],
            ..self.geometry
        };
        let picture = x.reshape([batch, height, width * channels]);
        let patches: Tensor<B, 4> = lift(B::patches(lower(picture), columns));
        pointwise(patches, self.weight.val())
    }
}

/// The largest value of each window of `kernel` rows and columns; windows do not overlap.
///
/// # Shape
/// `[batch, height, width, channels]` to `[batch, height / kernel height, width / kernel width, channels]`.
pub fn max_pool<B: LayerOps>(x: Tensor<B, 4>, kernel: [usize; 2]) -> Tensor<B, 4> {
    lift(B::max_pool(lower(x), kernel))
}
