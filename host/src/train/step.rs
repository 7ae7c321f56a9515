//! One training step, and how long it takes.

use super::batch::Batch;
use super::optimizer::{Stepper, stepper};
use super::order::{below, generator, stream, uniform};
use super::{Error, Input, Settings};
use crate::backend::{Task, TrainBackend};
use crate::models::{self, Model, NetworkTask};
use crate::nn::{Dropout, Network, Pass, Size, Trainable};
use burn::optim::GradientsParams;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::Window;
use std::time::Instant;

/// What a step needs besides the network and the batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a, D> {
    /// What the network sees.
    pub(super) input: Input,
    /// Labels.
    pub(super) classes: usize,
    /// Dropout at each of the network's sites.
    pub(super) dropout: f32,
    /// Where it runs.
    pub(super) device: &'a D,
}

impl<D> Step<'_, D> {
    /// Mean cross-entropy of a batch, and its value, which waits for the device.
    pub(super) fn loss<B, N>(&self, net: &N, batch: Batch) -> (Tensor<B, 1>, f32)
    where
        B: TrainBackend<Device = D>,
        N: Network<B>,
    {
        let Window { frames, bands, .. } = self.input.window;
        let bags = batch.targets.len() / self.classes;
        let targets = TensorData::new(batch.targets, [bags, self.classes]);
        let targets: Tensor<B, 2> = Tensor::from_data(targets, self.device);
        let mut pass = Pass::training(Dropout::new(self.dropout, batch.chance));
        let logits = match net.frozen() {
            // The batch has what these layers give.
            Some(net) => {
                let x = TensorData::new(batch.x, [bags, net.values()]);
                net.behind(Tensor::from_data(x, self.device), &mut pass)
            }
            None => {
                let shape = [bags * self.input.bag, frames, bands];
                let x = Tensor::from_data(TensorData::new(batch.x, shape), self.device);
                net.bag_logits(x, self.input.bag, &mut pass)
            }
        };
        let loss = (log_softmax(logits, 1) * targets).sum().neg() / bags as f32;
        let value = loss.clone().into_data().iter::<f32>().next();
        (loss, value.unwrap_or(f32::NAN))
    }

    /// The network after a step against the gradients of `loss`.
    pub(super) fn descend<B, N>(
        rate: f64,
        net: N,
        loss: Tensor<B, 1>,
        optimizer: &mut dyn Stepper<B, N>,
    ) -> N
    where
        B: TrainBackend<Device = D>,
        N: Trainable<B>,
    {
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        optimizer.step(rate, net, gradients)
    }
}

/// Times steps of a network on one random batch, as many as `next` asks for after each round, until it asks for no more;
/// it is given the parameters and the seconds of each step of the round before. Nothing but the step is timed: the batch is
/// there, on the host.
///
/// # Errors
/// An unknown model, a device that this build lacks, or a window that is too short for the network.
pub fn time_steps(
    settings: &Settings,
    size: Size,
    next: &mut dyn FnMut(u64, &[f64]) -> Option<usize>,
) -> Result<(), Error> {
    let model = models::find(&settings.model)?;
    if size.frames < model.least_rows {
        return Err(Error::TooShort {
            model: model.name,
            least: model.least_rows,
            rows: size.frames,
        });
    }
    let timing = Timing {
        model,
        settings,
        size,
        next,
    };
    Ok(settings.device.run(timing)?)
}

struct Timing<'a> {
    model: &'a Model,
    settings: &'a Settings,
    size: Size,
    next: &'a mut dyn FnMut(u64, &[f64]) -> Option<usize>,
}

impl Task for Timing<'_> {
    type Output = ();

    fn run<B: TrainBackend>(self, device: B::Device) {
        let mut rng = generator(self.settings.seed, stream::WEIGHTS, 0, 0);
        let (network, size, settings) = (self.model.network, self.size, self.settings);
        network.build::<B, _>(size, settings, &mut rng, &device, On(self, &device));
    }
}

/// A timing on one backend.
struct On<'a, 'd, D>(Timing<'a>, &'d D);

impl<B: TrainBackend> NetworkTask<B> for On<'_, '_, B::Device> {
    type Output = ();

    fn run<N: Trainable<B>>(self, mut net: N) {
        let Self(timing, device) = self;
        let Size {
            frames,
            bands,
            classes,
        } = timing.size;
        let window = Window {
            frames,
            hop: frames,
            bands,
        };
        let step = Step {
            input: Input {
                window,
                bag: 1,
                ..Input::log_mel(window)
            },
            classes,
            dropout: timing.settings.dropout,
            device,
        };
        let batch = random_batch(timing.settings, timing.size);
        let mut optimizer = stepper::<B, N>(timing.settings);
        let parameters = crate::nn::trainable_parameters::<B, N>(&net);
        let mut seconds = Vec::new();
        while let Some(steps) = (timing.next)(parameters, &seconds) {
            seconds.clear();
            for _ in 0..steps {
                let batch = batch.clone();
                let began = Instant::now();
                let (loss, _) = step.loss(&net, batch);
                net = Step::descend(timing.settings.rate, net, loss, optimizer.as_mut());
                seconds.push(began.elapsed().as_secs_f64());
            }
        }
    }
}

/// Noise in the range of normalised windows, a label each.
fn random_batch(settings: &Settings, size: Size) -> Batch {
    let mut rng = generator(settings.seed, stream::BATCH, 0, 0);
    let x = (0..settings.batch * size.frames * size.bands)
        .map(|_| uniform(&mut rng, -1.7, 1.7))
        .collect();
    let mut targets = vec![0.0; settings.batch * size.classes];
    for row in targets.chunks_exact_mut(size.classes) {
        row[below(&mut rng, size.classes)] = 1.0;
    }
    Batch {
        step: 0,
        x,
        targets,
        chance: rng,
    }
}

#[cfg(test)]
mod tests {
    use super::time_steps;
    use crate::nn::Size;
    use crate::train::{Error, Preset, Settings};

    #[test]
    fn every_step_that_is_asked_for_is_timed() {
        let settings = Settings {
            batch: 2,
            ..Settings::crnn(Preset::Best)
        };
        let size = Size {
            frames: 16,
            bands: 8,
            classes: 3,
        };
        let mut asked = vec![3, 1].into_iter();
        let mut rounds = Vec::new();
        time_steps(&settings, size, &mut |parameters, seconds| {
            assert!(parameters > 0);
            rounds.push(seconds.len());
            assert!(seconds.iter().all(|seconds| *seconds > 0.0));
            asked.next()
        })
        .unwrap();
        assert_eq!(rounds, [0, 3, 1]);
        let short = Size { frames: 4, ..size };
        let error = time_steps(&settings, short, &mut |_, _| None).unwrap_err();
        assert!(matches!(error, Error::TooShort { rows: 4, .. }), "{error}");
    }
}
