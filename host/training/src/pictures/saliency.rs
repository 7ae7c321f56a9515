//! Input saliency: how steeply an answer depends on each value of a window.
//!
//! The gradient of the answered label's logit for the normalised window, averaged over copies of the window with noise
//! (SmoothGrad), and of that the amount. A single gradient of a network of rectifiers jumps from value to value; the
//! mean over a neighbourhood does not.
//!
//! # Units
//! Logits a deviation of the window; logits a full scale for PCM.
//!
//! # Source
//! Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2014; Smilkov, Thorat, Kim, Viegas and
//! Wattenberg, "SmoothGrad: removing noise by adding noise", 2017.

use super::optimum;
use super::windows::Explained;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::{InputKind, Window};
use needledrop_networks::Input;
use needledrop_networks::backend::TrainBackend;
use needledrop_networks::nn::{Network, Pass};
use needledrop_networks::order::{generator, stream};

/// Copies with noise.
const COPIES: usize = 16;
/// Deviation of the noise as a share of the window's range, between a tenth and a fifth in the source.
const NOISE: f32 = 0.1;

/// The map of a window.
///
/// # Shape
/// `[frames, bands]`.
pub(super) fn of<B: TrainBackend, N: Network<B>>(
    net: &N,
    input: &Input,
    explained: &Explained,
    seed: u64,
    device: &B::Device,
) -> Vec<f32> {
    let Window { frames, bands, .. } = input.window;
    let x = &explained.x;
    let (low, high) = x
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| {
            (low.min(v), high.max(v))
        });
    let copies: Vec<f32> = (0..COPIES)
        .flat_map(|copy| {
            let mut chance = generator(seed, stream::PICTURES, usize::MAX, copy);
            // Of log-mel's scale, which is one deviation.
            let noise = optimum::noise(InputKind::LogMel, input.window, &mut chance);
            x.iter()
                .zip(noise)
                .map(|(x, noise)| x + NOISE * (high - low) * noise)
                .collect::<Vec<f32>>()
        })
        .collect();
    let x = TensorData::new(copies, [COPIES, frames, bands]);
    let x = Tensor::<B, 3>::from_data(x, device).require_grad();
    let logits = net.logits(x.clone(), &mut Pass::evaluating());
    let answer = explained.answer;
    let logit = logits.slice([0..COPIES, answer..answer + 1]).sum();
    let gradients = logit.backward();
    let mut map = vec![0.0; frames * bands];
    if let Some(gradient) = x.grad(&gradients) {
        let gradient: Vec<f32> = gradient.into_data().iter().collect();
        for copy in gradient.chunks_exact(map.len()) {
            for (map, gradient) in map.iter_mut().zip(copy) {
                *map += gradient / COPIES as f32;
            }
        }
    }
    map.iter_mut().for_each(|value| *value = value.abs());
    map
}
