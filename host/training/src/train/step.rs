//! How long a training step takes, by itself.

use super::batch::Batch;
use super::objective::Objective;
use super::optimizer::stepper;
use super::replicas::Replicas;
use crate::error::Error;
use crate::models;
use needledrop_bundle::Window;
use needledrop_networks::backend::{Task, TrainBackend};
use needledrop_networks::models::{Model, NetworkTask};
use needledrop_networks::nn::{Size, Trainable, trainable_parameters};
use needledrop_networks::order::{below, generator, stream, uniform};
use needledrop_networks::{Input, Settings};
use std::time::Instant;

/// Times steps of a network on one random batch, as many as `next` asks for after each round, until it asks for no
/// more; it is given the parameters and the seconds of each step of the round before. Nothing but the step is timed:
/// the batch is there, on the host.
///
/// # Errors
/// An unknown model, a device that this build lacks, or a window that is too short for the network.
pub fn time_steps(
    settings: &Settings,
    size: Size,
    next: &mut dyn FnMut(u64, &[f64]) -> Option<usize>,
) -> Result<(), Error> {
    let model = models::find(&settings.model)?;
    models::check_rows(model, size.frames)?;
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
        network.build::<B, _>(size, settings, &mut rng, &device, On(self, device.clone()));
    }
}

/// A timing on one backend.
struct On<'a, D>(Timing<'a>, D);

impl<B: TrainBackend> NetworkTask<B> for On<'_, B::Device> {
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
        let objective = Objective::new(Input::log_mel(window), classes, timing.settings);
        let mut replicas = Replicas::<B, N>::new(objective, device.clone(), &[]);
        let batch = random_batch(timing.settings, timing.size);
        let mut optimizer = stepper::<B, N>(timing.settings);
        let parameters = trainable_parameters::<B, N>(&net);
        let mut seconds = Vec::new();
        while let Some(steps) = (timing.next)(parameters, &seconds) {
            seconds.clear();
            for _ in 0..steps {
                let batch = batch.clone();
                let began = Instant::now();
                let (loss, gradients) = replicas.gradients(&net, batch);
                net = optimizer.step(timing.settings.rate, net, gradients);
                // A GPU has the step in its queue until someone waits for it.
                let _ = loss.into_data();
                let _ = B::sync(&device);
                seconds.push(began.elapsed().as_secs_f64());
            }
        }
    }
}

/// Uniform noise of one deviation lies within this, as normalised windows do for the most part.
const MOST_DEVIATIONS: f32 = 1.7;

/// Noise in the range of normalised windows, a label each.
fn random_batch(settings: &Settings, size: Size) -> Batch {
    let mut rng = generator(settings.seed, stream::BATCH, 0, 0);
    let x = (0..settings.batch * size.frames * size.bands)
        .map(|_| uniform(&mut rng, -MOST_DEVIATIONS, MOST_DEVIATIONS))
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
    use crate::error::Error;
    use crate::models::find;
    use needledrop_networks::nn::Size;
    use needledrop_networks::{Preset, Settings};

    #[test]
    fn every_step_that_is_asked_for_is_timed() {
        let settings = Settings {
            batch: 2,
            ..find("crnn").unwrap().settings(Preset::Best)
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
