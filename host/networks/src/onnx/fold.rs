//! Batch norm folded into the convolution before it: one factor a channel for the weights, one bias.

use crate::nn::layers::NormRelu;
use crate::nn::ops::NORM_EPSILON;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// One multiply-add a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleShift {
    /// Factor of each channel's weights.
    pub(crate) scale: Vec<f64>,
    /// The folded convolution's bias.
    pub(crate) shift: Vec<f32>,
}

impl ScaleShift {
    /// From running statistics, in f64.
    pub fn of<B: Backend>(norm: &NormRelu<B>) -> Self {
        let gamma = values(norm.gamma.val());
        let beta = values(norm.beta.val());
        let mean = values(norm.mean.value_sync());
        let variance = values(norm.variance.value_sync());
        let scale: Vec<f64> = gamma
            .iter()
            .zip(&variance)
            .map(|(&gamma, &variance)| {
                f64::from(gamma) / (f64::from(variance) + f64::from(NORM_EPSILON)).sqrt()
            })
            .collect();
        let shift = beta
            .iter()
            .zip(&mean)
            .zip(&scale)
            .map(|((&beta, &mean), scale)| (f64::from(beta) - f64::from(mean) * scale) as f32)
            .collect();
        Self { scale, shift }
    }

    /// `[from, to]` (channels out last, as burn's layers here keep them) to `[to, from]`, scaled.
    pub fn transpose(&self, weight: &[f32]) -> Vec<f32> {
        let to = self.scale.len();
        let from = weight.len() / to;
        let mut out = Vec::with_capacity(weight.len());
        for (channel, scale) in self.scale.iter().enumerate() {
            out.extend((0..from).map(|row| (f64::from(weight[row * to + channel]) * scale) as f32));
        }
        out
    }
}

/// A tensor's values, row-major.
pub fn values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[cfg(test)]
mod tests {
    use super::ScaleShift;

    #[test]
    fn transposing_scales_each_output_channel() {
        let fold = ScaleShift {
            scale: vec![2.0, -1.0],
            shift: vec![0.0, 0.0],
        };
        // Three inputs, two outputs.
        assert_eq!(
            fold.transpose(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]),
            [2.0, 4.0, 6.0, -10.0, -20.0, -30.0]
        );
    }
}
