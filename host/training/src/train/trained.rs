//! A run's network, back in burn with its best weights.

use super::recording::from_bytes;
use crate::error::Error;
use crate::run::checkpoint::Checkpoint;
use needledrop_bundle::RunRecord;
use needledrop_networks::backend::{Task, TrainBackend, on_cpu};
use needledrop_networks::models::{self, Architecture, NetworkTask};
use needledrop_networks::nn::{Size, Trainable};
use needledrop_networks::order::{generator, stream};
use needledrop_networks::{Input, Settings};
use std::path::{Path, PathBuf};

/// A run whose model is one of our networks.
pub(crate) struct Trained {
    /// What the run says of itself.
    pub(crate) record: RunRecord,
    /// What the network sees, window by window.
    pub(crate) input: Input,
    settings: Settings,
    network: Architecture,
    weights: Vec<u8>,
    path: PathBuf,
}

/// Work on a trained network, of whichever structure, on whichever backend.
pub(crate) trait TrainedTask {
    /// What it gives.
    type Output;

    /// Does it; none of the network's weights asks for a gradient.
    fn run<B: TrainBackend, N: Trainable<B>>(self, net: N, device: &B::Device) -> Self::Output;
}

impl Trained {
    /// Reads a finished run; none when its model is no network: a classic model, or an ensemble.
    ///
    /// # Errors
    /// Those of the record and the checkpoint; [`Error::BadCheckpoint`] when it is gone or another model's.
    pub(crate) fn read(run: &Path) -> Result<Option<Self>, Error> {
        let record = RunRecord::read(run)?;
        let Some(model) = models::find(&record.model) else {
            return Ok(None);
        };
        let Some(kind) = record.input.on_board() else {
            return Ok(None);
        };
        let path = Checkpoint::path(run, Checkpoint::BEST);
        let best = Checkpoint::read_best(run)?;
        let settings = best.state.settings;
        if settings.model != record.model {
            let reason = format!(
                "it is {}'s, the run's model is {}",
                settings.model, record.model
            );
            return Err(Error::bad_checkpoint(&path, reason));
        }
        Ok(Some(Self {
            input: Input {
                kind,
                norm: record.norm,
                window: record.window,
                bag: 1,
            },
            record,
            settings,
            network: model.network,
            weights: best.weights,
            path,
        }))
    }

    /// Runs `task` on the network, on the CPU wherever it was trained.
    ///
    /// # Errors
    /// [`Error::BadCheckpoint`] when the weights are not this network's.
    pub(crate) fn run<T: TrainedTask>(&self, task: T) -> Result<T::Output, Error> {
        on_cpu(Load {
            trained: self,
            task,
        })
    }
}

struct Load<'a, T> {
    trained: &'a Trained,
    task: T,
}

impl<T: TrainedTask> Task for Load<'_, T> {
    type Output = Result<T::Output, Error>;

    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output {
        let Trained {
            record,
            input,
            settings,
            network,
            ..
        } = self.trained;
        let size = Size::of(input, record.labels.len());
        // Weights that are replaced at once.
        let mut rng = generator(record.seed, stream::WEIGHTS, 0, 0);
        let on = Loading {
            load: self,
            device: &device,
        };
        network.build::<B, _>(size, settings, &mut rng, &device, on)
    }
}

struct Loading<'a, T, D> {
    load: Load<'a, T>,
    device: &'a D,
}

impl<B: TrainBackend, T: TrainedTask> NetworkTask<B> for Loading<'_, T, B::Device> {
    type Output = Result<T::Output, Error>;

    fn run<N: Trainable<B>>(self, net: N) -> Self::Output {
        let Load { trained, task } = self.load;
        let record = from_bytes::<B, _>(trained.weights.clone(), self.device, &trained.path)?;
        let net = net.load_record(record).no_grad();
        Ok(task.run::<B, N>(net, self.device))
    }
}
