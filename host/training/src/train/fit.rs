//! The training loop of networks.

use super::batch::Batches;
use super::checkpoint::{Checkpoint, State};
use super::features::{Features, FrozenPass};
use super::lock::RunLock;
use super::losses::{Losses, NotFinite};
use super::objective::Objective;
use super::optimizer::stepper;
use super::order::{generator, stream};
use super::recording::{from_bytes, to_bytes};
use super::replicas::{self, Replicas};
use super::run_folder::{self, Summary, Timing};
use super::score::{self, Place};
use super::tensorboard;
use super::{Corpus, EpochRow, Error, Input, Progress, Settings};
use crate::models::{self, NetworkTask};
use needledrop_bundle::file;
use needledrop_networks::backend::{Task, TrainBackend};
use needledrop_networks::nn::{Network, Size, Trainable};
use needledrop_networks::pretrained::{self, Weights};
use std::path::Path;
use std::time::{Duration, Instant};

/// A run, ready to go on any backend.
pub(super) struct Fit<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) settings: &'a Settings,
    pub(super) run: &'a Path,
    pub(super) progress: &'a Progress,
}

impl Task for Fit<'_> {
    type Output = Result<Summary, Error>;

    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output {
        let _lock = RunLock::take(self.run)?;
        let start = State::start(self.settings, self.corpus);
        let folder = self.run.join(file::CHECKPOINT);
        let checkpoint = Checkpoint::read(&folder.join(Checkpoint::LAST))?;
        if let Some(checkpoint) = &checkpoint {
            checkpoint.check(&start, &folder)?;
            self.progress.say(&format!(
                "resuming after epoch {}",
                checkpoint.state.epochs_done
            ));
        }
        let model = models::find(&self.settings.model)?;
        let input = self.corpus.input(model);
        if input.window.frames < model.least_rows {
            return Err(Error::TooShort {
                model: model.name,
                least: model.least_rows,
                rows: input.window.frames,
            });
        }
        let size = Size::of(&input, self.corpus.labels.len());
        let mut rng = generator(self.settings.seed, stream::WEIGHTS, 0, 0);
        let (settings, network) = (self.settings, model.network);
        // Frozen layers see windows whole, and once.
        let learned = match model.any_length && settings.pretrained.is_none() {
            true => input.cropped(settings.augment.crop_share, model.least_rows),
            false => input,
        };
        let (device, others) = replicas::devices::<B>(device, settings.replicas, self.progress);
        let job = Job {
            batches: Batches::new(&self.corpus.train, learned, size.classes, settings),
            places: score::places(&self.corpus.valid, input.judged_window()),
            fit: self,
            input,
            start,
            checkpoint,
            device: &device,
            others,
        };
        network.build::<B, _>(size, settings, &mut rng, &device, job)
    }
}

/// A run on one backend.
struct Job<'a, B: TrainBackend> {
    fit: Fit<'a>,
    input: Input,
    batches: Batches<'a>,
    /// What validation judges: windows, or the songs of a network that learns from bags.
    places: Vec<Place>,
    start: State,
    checkpoint: Option<Checkpoint>,
    device: &'a B::Device,
    /// Those that share its batches.
    others: Vec<B::Device>,
}

/// Where the loop's time goes.
#[derive(Default)]
struct Clock {
    waiting: Duration,
    stepping: Duration,
    scoring: Duration,
    frozen: Duration,
    steps: usize,
}

impl<B: TrainBackend> NetworkTask<B> for Job<'_, B> {
    type Output = Result<Summary, Error>;

    fn run<N: Trainable<B>>(mut self, mut net: N) -> Self::Output {
        let Fit {
            settings,
            progress,
            run,
            ..
        } = self.fit;
        let folder = run.join(file::CHECKPOINT);
        // Those of the network, whether they go on learning or not.
        let parameters = needledrop_networks::nn::trainable_parameters::<B, N>(&net);
        if let Some(pretrained) = &settings.pretrained {
            let weights = Weights::read(&pretrained.path)?;
            if weights.sha256() != pretrained.sha256 {
                let path = pretrained.path.clone();
                return Err(pretrained::Error::Changed { path }.into());
            }
            net = net.with_pretrained(&weights, pretrained.finetune, self.device)?;
        }
        let mut optimizer = stepper::<B, N>(settings);
        let mut state = self.start.clone();
        if let Some(checkpoint) = self.checkpoint.take() {
            let path = folder.join(Checkpoint::LAST);
            net = net.load_record(from_bytes::<B, _>(checkpoint.weights, self.device, &path)?);
            optimizer.load(checkpoint.optimizer, self.device, &path)?;
            state = checkpoint.state;
        }
        // What a kill kept from being written.
        tensorboard::write(run, &state.curves)?;
        let labels = self.fit.corpus.labels.len();
        let objective = Objective::new(*self.batches.input(), labels, settings);
        let mut replicas = Replicas::<B, N>::new(objective, self.device.clone(), &self.others);
        let mut clock = Clock::default();
        let features = self.features(&net, &mut clock)?;
        let batches = match &features {
            Some(features) => self.batches.clone().of_features(&features.train),
            None => self.batches.clone(),
        };
        let resumed_at = state.epochs_done;
        let steps = batches.steps();
        while !state.is_finished() {
            let began = Instant::now();
            let epoch = state.epochs_done + 1;
            progress.epoch(epoch, settings.epochs, steps);
            let mut rate = 0.0;
            let diverged = |NotFinite { step, loss }| Error::NotFinite {
                epoch,
                step: step + 1,
                loss,
                kept: epoch - 1,
                run: run.to_owned(),
            };
            let trained: Result<f64, Error>;
            (net, trained) = batches.with_epoch(epoch, |from| {
                let mut losses = Losses::<B::InnerBackend>::new();
                let log_losses: Vec<f64> =
                    state.curves.iter().map(|it| it.valid_log_loss).collect();
                loop {
                    let asked = Instant::now();
                    let batch = match from.recv() {
                        Ok(Ok(batch)) => batch,
                        Ok(Err(error)) => return (net, Err(error.into())),
                        Err(_) => return (net, losses.sum().map_err(diverged)),
                    };
                    clock.waiting += asked.elapsed();
                    let stepped = Instant::now();
                    let step = batch.step;
                    rate = settings.rate_at((epoch - 1) * steps + step, steps, &log_losses);
                    let (loss, gradients) = replicas.gradients(&net, batch);
                    net = optimizer.step(rate, net, gradients);
                    match losses.push(step, loss) {
                        Ok(before) => progress.step(before),
                        Err(not_finite) => return (net, Err(diverged(not_finite))),
                    }
                    clock.stepping += stepped.elapsed();
                    clock.steps += 1;
                }
            });
            let scored = Instant::now();
            let train_loss = trained? / steps as f64;
            let row = self.score(&net, features.as_ref(), epoch, rate, train_loss)?;
            clock.scoring += scored.elapsed();
            let is_best = row.valid_log_loss < state.best_log_loss();
            progress.epoch_done(&row, settings.epochs, is_best, began.elapsed());
            state.curves.push(row);
            state.epochs_done = epoch;
            if is_best {
                state.best_epoch = epoch;
            }
            let weights = to_bytes::<B, _>(net.clone().into_record(), &folder)?;
            let mut checkpoint = Checkpoint {
                state: state.clone(),
                weights,
                optimizer: Vec::new(),
            };
            std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
            // The best one first: a kill between the two repeats an epoch, which writes the same bytes again.
            if is_best {
                checkpoint.write(&folder.join(Checkpoint::BEST))?;
            }
            checkpoint.optimizer = optimizer.save(&folder)?;
            checkpoint.write(&folder.join(Checkpoint::LAST))?;
            tensorboard::write(run, &state.curves)?;
        }
        progress.done();
        let path = folder.join(Checkpoint::BEST);
        let best = Checkpoint::read(&path)?.ok_or_else(|| Error::BadCheckpoint {
            path: path.clone(),
            reason: "it is gone".to_owned(),
        })?;
        net = net.load_record(from_bytes::<B, _>(best.weights, self.device, &path)?);
        let timing = Timing {
            epochs: state.epochs_done - resumed_at,
            steps: clock.steps,
            step_seconds: clock.stepping.as_secs_f64(),
            wait_seconds: clock.waiting.as_secs_f64(),
            score_seconds: clock.scoring.as_secs_f64(),
            frozen_seconds: clock.frozen.as_secs_f64(),
        };
        let finished = run_folder::Finished {
            corpus: self.fit.corpus,
            model: &settings.model,
            preset: settings.preset,
            seed: settings.seed,
            input: self.input,
            parameters,
            epochs: state.epochs_done,
            best_epoch: state.best_epoch,
            curves: run_folder::csv(state.curves.iter()),
            classic: None,
            timing,
            pretrained_sha256: settings.pretrained.as_ref().map(|it| it.sha256.clone()),
            versions: &[("burn", needledrop_networks::backend::BURN_VERSION)],
        };
        let net = net.valid();
        let fitted = score::InBurn::<B::InnerBackend, _>::new(&net, &self.input, self.device);
        run_folder::write(run, finished, &fitted)
    }
}

impl<B: TrainBackend> Job<'_, B> {
    /// What the network's frozen layers give for all windows, if it has such layers.
    fn features<N: Trainable<B>>(
        &self,
        net: &N,
        clock: &mut Clock,
    ) -> Result<Option<Features>, Error> {
        let began = Instant::now();
        let net = net.valid();
        let Some(frozen) = net.frozen() else {
            return Ok(None);
        };
        let pass = FrozenPass::<B::InnerBackend> {
            net: frozen,
            input: self.input,
            device: self.device,
        };
        let features = pass.run(self.fit.corpus, self.fit.progress)?;
        clock.frozen = began.elapsed();
        Ok(Some(features))
    }

    fn score<N: Trainable<B>>(
        &self,
        net: &N,
        features: Option<&Features>,
        epoch: usize,
        rate: f64,
        train_loss: f64,
    ) -> Result<EpochRow, Error> {
        let Corpus { valid, labels, .. } = self.fit.corpus;
        let (net, device) = (net.valid(), self.device);
        let logits = match (net.frozen(), features) {
            (Some(net), Some(features)) => {
                score::logits_behind::<B::InnerBackend>(net, &features.valid, device)
            }
            _ => {
                score::logits::<B::InnerBackend, _>(&net, valid, &self.places, &self.input, device)
            }
        }?;
        // A comparison with NaN is false, so that such answers would count as the first class.
        if logits.iter().any(|logit| !logit.is_finite()) {
            return Err(Error::AnswersNotFinite {
                epoch,
                kept: epoch - 1,
                run: self.fit.run.to_owned(),
            });
        }
        let summary =
            score::window_answers(valid, &self.places, &logits, labels.len()).summary(labels);
        Ok(EpochRow {
            epoch,
            rate,
            train_loss,
            valid_log_loss: summary.log_loss,
            valid_accuracy: summary.accuracy,
            valid_macro_f1: summary.macro_f1,
        })
    }
}
