//! The training loop of networks: epochs of steps, each judged, with its checkpoint; then the run folder of the best
//! one.

use super::batch::Batches;
use super::cache::Cache;
use super::classic::{chosen, curves};
use super::features::FrozenPass;
use super::in_burn::InBurn;
use super::losses::{Losses, NotFinite};
use super::objective::Objective;
use super::optimizer::{Stepper, stepper};
use super::recording::{from_bytes, to_bytes};
use super::replicas::Replicas;
use super::solved;
use super::tensorboard;
use super::validation::Validation;
use crate::corpus::Corpus;
use crate::error::Error;
use crate::places::Place;
use crate::progress::Progress;
use crate::run::checkpoint::{Checkpoint, State};
use crate::run::finished::{self, Finished};
use crate::run::table::csv;
use crate::run::{Classic, Summary, Timing};
use needledrop_bundle::file;
use needledrop_networks::backend::TrainBackend;
use needledrop_networks::models::NetworkTask;
use needledrop_networks::nn::dense::Dense;
use needledrop_networks::nn::{Network, Trainable, trainable_parameters};
use needledrop_networks::pretrained::{self, Weights};
use needledrop_networks::{Head, Input, Settings};
use std::path::Path;
use std::time::Instant;

/// A run on one backend, but for its network.
pub(super) struct Job<'a, B: TrainBackend> {
    pub(super) corpus: &'a Corpus,
    pub(super) settings: &'a Settings,
    /// Those that the settings name.
    pub(super) weights: Option<Weights>,
    pub(super) run: &'a Path,
    pub(super) progress: &'a Progress,
    pub(super) input: Input,
    pub(super) batches: Batches<'a>,
    /// What validation judges: windows, or the songs of a network that learns from bags.
    pub(super) places: Vec<Place>,
    pub(super) start: State,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) device: &'a B::Device,
    /// Those that share its batches.
    pub(super) others: Vec<B::Device>,
}

impl<B: TrainBackend> NetworkTask<B> for Job<'_, B> {
    type Output = Result<Summary, Error>;

    fn run<N: Trainable<B>>(self, mut net: N) -> Self::Output {
        let Self {
            corpus,
            settings,
            weights,
            run,
            progress,
            input,
            batches,
            places,
            start: mut state,
            checkpoint,
            device,
            others,
        } = self;
        // Those of the network, whether they go on learning or not.
        let parameters = trainable_parameters::<B, N>(&net);
        if let (Some(pretrained), Some(weights)) = (&settings.pretrained, weights) {
            net = net.with_pretrained(&weights, pretrained.finetune, device)?;
        }
        let mut optimizer = stepper::<B, N>(settings);
        if let Some(checkpoint) = checkpoint {
            let path = Checkpoint::path(run, Checkpoint::LAST);
            net = net.load_record(from_bytes::<B, _>(checkpoint.weights, device, &path)?);
            optimizer.load(checkpoint.optimizer, device, &path)?;
            state = checkpoint.state;
        }
        // What a kill kept from being written.
        tensorboard::write(run, &state.curves)?;
        let objective = Objective::new(*batches.input(), corpus.labels.len(), settings);
        let mut timing = Timing::default();
        let began = Instant::now();
        let features = match net.valid().frozen() {
            Some(net) => {
                let pass = FrozenPass::<B::InnerBackend> {
                    net,
                    input,
                    device,
                    cache: Cache::new(corpus.cache.as_deref(), settings, &input),
                };
                let features = pass.run(corpus, progress)?;
                timing.frozen_seconds = began.elapsed().as_secs_f64();
                Some(features)
            }
            None => None,
        };
        if settings.head == Head::Solved
            && let Some(features) = &features
        {
            let solved = solved::solve(corpus, features, settings.seed, progress)?;
            progress.done();
            timing.score_seconds = began.elapsed().as_secs_f64() - timing.frozen_seconds;
            let head = net.head().ok_or(pretrained::Error::NotTaken)?;
            *head = Dense::of(solved.weights, solved.bias, device);
            let corpus = &Corpus {
                valid: solved.valid,
                ..corpus.clone()
            };
            let finished = Finished {
                held_out: Some(solved.held_out),
                curves: curves(&solved.trials),
                classic: Some(Classic {
                    pca: None,
                    windows: solved.windows,
                    chosen: chosen(&solved.trials),
                }),
                timing,
                ..Finished::of(corpus, settings, input, parameters)
            };
            let net = net.valid();
            return finished::write(run, finished, &InBurn::new(&net, &input, device));
        }
        let batches = match &features {
            Some(features) => batches.of_features(&features.train),
            None => batches,
        };
        let validation = Validation {
            corpus,
            input,
            places: &places,
            features: features.as_ref().map(|features| &features.valid[..]),
            run,
        };
        let mut steps = Steps {
            settings,
            run,
            progress,
            steps_per_epoch: batches.steps(),
            batches,
            replicas: Replicas::<B, N>::new(objective, device.clone(), &others),
            optimizer,
            timing,
        };
        let resumed_at = state.epochs_done;
        while !state.is_finished() {
            let began = Instant::now();
            let epoch = state.epochs_done + 1;
            progress.epoch(epoch, settings.epochs, steps.steps_per_epoch);
            let (trained, rate, train_loss) = steps.take(net, epoch, &state)?;
            net = trained;
            let scored = Instant::now();
            let row = validation.judge::<B, N>(&net, device, epoch, rate, train_loss)?;
            steps.timing.score_seconds += scored.elapsed().as_secs_f64();
            let is_best = row.valid_log_loss < state.best_log_loss();
            progress.epoch_done(&row, settings.epochs, is_best, began.elapsed());
            state.curves.push(row);
            state.epochs_done = epoch;
            if is_best {
                state.best_epoch = epoch;
            }
            save(run, &state, &net, &*steps.optimizer)?;
            tensorboard::write(run, &state.curves)?;
        }
        progress.done();
        let best = Checkpoint::read_best(run)?;
        let path = Checkpoint::path(run, Checkpoint::BEST);
        net = net.load_record(from_bytes::<B, _>(best.weights, device, &path)?);
        let finished = Finished {
            epochs: state.epochs_done,
            best_epoch: state.best_epoch,
            curves: csv(state.curves.iter()),
            timing: Timing {
                epochs: state.epochs_done - resumed_at,
                ..steps.timing
            },
            ..Finished::of(corpus, settings, input, parameters)
        };
        let net = net.valid();
        finished::write(run, finished, &InBurn::new(&net, &input, device))
    }
}

/// What takes the steps of every epoch.
struct Steps<'a, B: TrainBackend, N> {
    settings: &'a Settings,
    run: &'a Path,
    progress: &'a Progress,
    /// Steps of an epoch.
    steps_per_epoch: usize,
    batches: Batches<'a>,
    replicas: Replicas<B, N>,
    optimizer: Box<dyn Stepper<B, N>>,
    timing: Timing,
}

impl<B: TrainBackend, N: Trainable<B>> Steps<'_, B, N> {
    /// Those of one epoch: the network behind them, the rate of the last one, and their mean loss.
    fn take(&mut self, mut net: N, epoch: usize, state: &State) -> Result<(N, f64, f64), Error> {
        let (settings, progress, steps) = (self.settings, self.progress, self.steps_per_epoch);
        let (replicas, optimizer) = (&mut self.replicas, &mut self.optimizer);
        let timing = &mut self.timing;
        let run = self.run;
        let diverged = |NotFinite { step, loss }| Error::NotFinite {
            epoch,
            step: step + 1,
            loss,
            kept: epoch - 1,
            run: run.to_owned(),
        };
        let log_losses: Vec<f64> = state.curves.iter().map(|it| it.valid_log_loss).collect();
        self.batches.with_epoch(epoch, |from| {
            let mut losses = Losses::<B::InnerBackend>::new();
            let mut rate = 0.0;
            loop {
                let asked = Instant::now();
                let Ok(batch) = from.recv() else {
                    let sum = losses.sum().map_err(diverged)?;
                    return Ok((net, rate, sum / steps as f64));
                };
                let batch = batch?;
                timing.wait_seconds += asked.elapsed().as_secs_f64();
                let stepped = Instant::now();
                let step = batch.step;
                rate = settings.rate_at((epoch - 1) * steps + step, steps, &log_losses);
                let (loss, gradients) = replicas.gradients(&net, batch);
                net = optimizer.step(rate, net, gradients);
                progress.step(losses.push(step, loss).map_err(diverged)?);
                timing.step_seconds += stepped.elapsed().as_secs_f64();
                timing.steps += 1;
            }
        })
    }
}

/// Writes the checkpoints of a whole epoch. The best one first: a kill between the two repeats an epoch, which writes
/// the same bytes again.
fn save<B: TrainBackend, N: Trainable<B>>(
    run: &Path,
    state: &State,
    net: &N,
    optimizer: &dyn Stepper<B, N>,
) -> Result<(), Error> {
    let folder = run.join(file::CHECKPOINT);
    let mut checkpoint = Checkpoint {
        state: state.clone(),
        weights: to_bytes::<B, _>(net.clone().into_record(), &folder)?,
        optimizer: Vec::new(),
    };
    std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    if state.best_epoch == state.epochs_done {
        checkpoint.write(&Checkpoint::path(run, Checkpoint::BEST))?;
    }
    checkpoint.optimizer = optimizer.save(&folder)?;
    checkpoint.write(&Checkpoint::path(run, Checkpoint::LAST))
}
