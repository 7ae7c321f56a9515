//! Activation maximisation: the window that excites a channel of a convolution most, by gradient ascent from noise.
//!
//! The activation is the channel's mean over its map, with a tenth of what is negative: without that a channel that
//! noise does not excite at all would have no gradient, and with all of it the best window for a linear filter would
//! be a constant. What stands between noise and a picture is in [`super::optimum`]: the window stays one that the
//! network can be given (normalised, within bounds), every step sees it shifted by a frame and a band at most, and
//! gradients are blurred, less from step to step.
//!
//! # Source
//! Erhan, Bengio, Courville and Vincent, "Visualizing higher-layer features of a deep network", 2009; Olah, Mordvintsev
//! and Schubert, "Feature visualization", Distill, 2017 (the shifts).

use super::drawing;
use super::drawn::{Filter, Filters};
use super::optimum::{self, Shift};
use super::options::Options;
use crate::places::spread;
use burn::tensor::activation::leaky_relu;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::{InputKind, Window};
use needledrop_networks::Input;
use needledrop_networks::backend::TrainBackend;
use needledrop_networks::nn::{Observed, Pass, Trainable};
use needledrop_networks::order::{generator, stream};
use std::marker::PhantomData;

/// Share of a negative activation that counts.
const LEAK: f64 = 0.1;
/// Length of a step in deviations of the window; the window shrinks back to one deviation after each.
const RATE: f32 = 0.3;

/// Ascents on a network.
pub(super) struct Ascent<'a, B: TrainBackend, N> {
    net: &'a N,
    input: &'a Input,
    options: &'a Options,
    device: &'a B::Device,
    backend: PhantomData<B>,
}

/// Mean activations of some channels, each on its own window, and their gradients.
pub(super) struct Gradient {
    /// `[windows]`.
    pub(super) activations: Vec<f32>,
    /// `[windows, frames, bands]`.
    pub(super) gradient: Vec<f32>,
}

impl<'a, B: TrainBackend, N: Trainable<B>> Ascent<'a, B, N> {
    pub(super) fn new(
        net: &'a N,
        input: &'a Input,
        options: &'a Options,
        device: &'a B::Device,
    ) -> Self {
        Self {
            net,
            input,
            options,
            device,
            backend: PhantomData,
        }
    }

    /// Pictures of a convolution's channels, as many as asked for, all in one batch.
    pub(super) fn filters(&self, observed: &Observed) -> Filters {
        let all: Vec<usize> = (0..observed.output[2]).collect();
        let channels = spread(&all, self.options.filters);
        let (before, x, after) = self.climb(&observed.name, &channels);
        let windows = x.chunks_exact(self.input.window.values());
        let filters = channels.iter().zip(windows).enumerate();
        Filters {
            name: observed.name.clone(),
            output: observed.output,
            filters: filters
                .map(|(index, (&channel, x))| Filter {
                    channel,
                    before: before[index],
                    after: after[index],
                    picture: drawing::optimal(x, self.input),
                })
                .collect(),
        }
    }

    /// Activations on noise, the windows that the ascent ends with, and the activations on those.
    fn climb(&self, name: &str, channels: &[usize]) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let Input { kind, window, .. } = *self.input;
        let mut x = self.noise(name, channels);
        let before = self.gradient(name, channels, &x).activations;
        for step in 0..self.options.steps {
            let mut chance = generator(self.options.seed, stream::PICTURES, step + 1, 0);
            let shift = Shift::draw(kind, window, self.options.shift, &mut chance);
            let done = step as f32 / self.options.steps as f32;
            let [first, last] = self.options.blur;
            let sigma = first + (last - first) * done;
            let shifted = shift.there(&x, window);
            let ahead = self.gradient(name, channels, &shifted).gradient;
            let mut ahead = shift.back(&ahead, window);
            let windows = x.chunks_exact_mut(window.values());
            for (x, ahead) in windows.zip(ahead.chunks_exact_mut(window.values())) {
                if kind != InputKind::Pcm {
                    optimum::blur(ahead, window.bands, sigma);
                }
                optimum::step(x, ahead, RATE, kind);
            }
        }
        let after = self.gradient(name, channels, &x).activations;
        (before, x, after)
    }

    /// A window of noise for each channel, its own for each convolution and channel.
    fn noise(&self, name: &str, channels: &[usize]) -> Vec<f32> {
        let Input { kind, window, .. } = *self.input;
        let salt = name.bytes().fold(0_usize, |salt, byte| {
            salt.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        let of_channel = |&channel: &usize| {
            let seed = self.options.seed.wrapping_add(salt as u64);
            let mut chance = generator(seed, stream::PICTURES, 0, channel);
            optimum::noise(kind, window, &mut chance)
        };
        channels.iter().flat_map(of_channel).collect()
    }

    /// Activations of `channels` on the windows `x`, one each, and their gradients.
    pub(super) fn gradient(&self, name: &str, channels: &[usize], x: &[f32]) -> Gradient {
        let Window { frames, bands, .. } = self.input.window;
        let n = channels.len();
        let x = TensorData::new(x.to_vec(), [n, frames, bands]);
        let x = Tensor::<B, 3>::from_data(x, self.device).require_grad();
        let mut pass = Pass::keeping(name.to_owned());
        self.net.logits(x.clone(), &mut pass);
        let Some(y) = pass.kept() else {
            // The name came from a listing pass of this network.
            return Gradient {
                activations: vec![0.0; n],
                gradient: vec![0.0; n * frames * bands],
            };
        };
        let [_, height, width, all] = y.dims();
        let mut mask = vec![0.0; n * all];
        for (index, &channel) in channels.iter().enumerate() {
            mask[index * all + channel] = 1.0 / (height * width) as f32;
        }
        let mask = TensorData::new(mask, [n, 1, 1, all]);
        let mask = Tensor::<B, 4>::from_data(mask, self.device);
        let y = leaky_relu(y, LEAK) * mask;
        let y: Tensor<B, 2> = y.reshape([n, height * width * all]).sum_dim(1);
        let gradients = y.clone().sum().backward();
        let gradient = x.grad(&gradients).map_or_else(
            || vec![0.0; n * frames * bands],
            |gradient| gradient.into_data().iter().collect(),
        );
        Gradient {
            activations: y.into_data().iter().collect(),
            gradient,
        }
    }
}
