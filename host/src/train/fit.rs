//! The training loop.

use super::batch::{Batch, Batches};
use super::checkpoint::{Checkpoint, State};
use super::order::{Draw, generator, stream};
use super::run_folder::{self, Summary, Timing};
use super::score::{self, Place};
use super::window::{count, window_of};
use super::{Corpus, EpochRow, Error, Progress, Settings};
use crate::backend::{Task, TrainBackend};
use crate::models;
use crate::nn::Network;
use crate::nn::compact::{Compact, CompactConfig};
use burn::module::AutodiffModule;
use burn::optim::{AdamWConfig, GradientsParams, Optimizer};
use burn::record::{BinBytesRecorder, FullPrecisionSettings, Record, Recorder};
use burn::tensor::activation::log_softmax;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::{Window, file};
use std::path::Path;
use std::time::{Duration, Instant};

/// A run, ready to go on any backend.
pub(super) struct Fit<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) settings: &'a Settings,
    pub(super) run: &'a Path,
    pub(super) start: State,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) progress: &'a Progress,
}

impl Task for Fit<'_> {
    type Output = Result<Summary, Error>;

    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output {
        let mut rng = generator(self.settings.seed, stream::WEIGHTS, 0, 0);
        let window = window_of(&self.corpus.origin);
        match self.settings.model.as_str() {
            "compact" => {
                let config = CompactConfig {
                    frames: window.frames,
                    bands: window.bands,
                    classes: self.corpus.labels.len(),
                };
                self.fit::<B, Compact<B>>(Compact::new(config, &mut rng, &device), window, &device)
            }
            name => Err(Error::UnknownModel {
                name: name.to_owned(),
                known: models::names(),
            }),
        }
    }
}

/// Where the loop's time goes.
#[derive(Default)]
struct Clock {
    waiting: Duration,
    stepping: Duration,
    scoring: Duration,
    steps: usize,
}

impl Fit<'_> {
    fn fit<B, N>(self, mut net: N, window: Window, device: &B::Device) -> Result<Summary, Error>
    where
        B: TrainBackend,
        N: Network<B> + AutodiffModule<B, InnerModule: Network<B::InnerBackend>>,
    {
        let folder = self.run.join(file::CHECKPOINT);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let parameters = crate::nn::trainable_parameters::<B, N>(&net);
        let mut optimizer = AdamWConfig::new()
            .with_weight_decay(self.settings.weight_decay)
            .init::<B, N>();
        let mut state = self.start.clone();
        if let Some(checkpoint) = self.checkpoint.clone() {
            let path = folder.join(Checkpoint::LAST);
            net = net.load_record(from_bytes::<B, _>(checkpoint.weights, device, &path)?);
            optimizer =
                optimizer.load_record(from_bytes::<B, _>(checkpoint.optimizer, device, &path)?);
            state = checkpoint.state;
        }
        let batches = self.batches(window, Network::<B>::features(&net));
        let places = score::places(&self.corpus.valid, window);
        let mut clock = Clock::default();
        let resumed_at = state.epochs_done;
        while !state.is_finished() {
            let began = Instant::now();
            let epoch = state.epochs_done + 1;
            self.progress
                .epoch(epoch, self.settings.epochs, batches.steps());
            let trained: Result<f64, Error>;
            (net, trained) = batches.with_epoch(epoch, |from| {
                let mut total = 0.0;
                loop {
                    let asked = Instant::now();
                    let batch = match from.recv() {
                        Ok(Ok(batch)) => batch,
                        Ok(Err(error)) => return (net, Err(error.into())),
                        Err(_) => return (net, Ok(total)),
                    };
                    clock.waiting += asked.elapsed();
                    let stepped = Instant::now();
                    let at = (epoch - 1) * batches.steps() + batch.step;
                    let rate = self.settings.rate_at(at, batches.steps());
                    let step = batch.step;
                    let loss = self.loss::<B, N>(&net, batch, &batches, device);
                    let value = loss
                        .clone()
                        .into_data()
                        .iter::<f32>()
                        .next()
                        .unwrap_or(f32::NAN);
                    if !value.is_finite() {
                        let diverged = Error::NotFinite {
                            epoch,
                            step: step + 1,
                            loss: value,
                            kept: state.epochs_done,
                            run: self.run.to_owned(),
                        };
                        return (net, Err(diverged));
                    }
                    total += f64::from(value);
                    let gradients = GradientsParams::from_grads(loss.backward(), &net);
                    net = optimizer.step(rate, net, gradients);
                    clock.stepping += stepped.elapsed();
                    clock.steps += 1;
                    self.progress.step(value);
                }
            });
            let scored = Instant::now();
            let row = self.score::<B, N>(
                &net,
                &places,
                window,
                device,
                epoch,
                trained? / batches.steps() as f64,
            )?;
            clock.scoring += scored.elapsed();
            let is_best = row.valid_log_loss < state.best_log_loss();
            self.progress
                .epoch_done(&row, self.settings.epochs, is_best, began.elapsed());
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
            // The best one first: a kill between the two repeats an epoch, which writes the same bytes again.
            if is_best {
                checkpoint.write(&folder.join(Checkpoint::BEST))?;
            }
            checkpoint.optimizer = to_bytes::<B, _>(optimizer.to_record(), &folder)?;
            checkpoint.write(&folder.join(Checkpoint::LAST))?;
        }
        self.progress.done();
        let path = folder.join(Checkpoint::BEST);
        let best = Checkpoint::read(&path)?.ok_or_else(|| Error::BadCheckpoint {
            path: path.clone(),
            reason: "it is gone".to_owned(),
        })?;
        net = net.load_record(from_bytes::<B, _>(best.weights, device, &path)?);
        let timing = Timing {
            epochs: state.epochs_done - resumed_at,
            steps: clock.steps,
            step_seconds: clock.stepping.as_secs_f64(),
            wait_seconds: clock.waiting.as_secs_f64(),
            score_seconds: clock.scoring.as_secs_f64(),
        };
        let finished = run_folder::Finished {
            corpus: self.corpus,
            state: &state,
            window,
            parameters,
            timing,
        };
        run_folder::write::<B::InnerBackend, N::InnerModule>(
            self.run,
            &finished,
            &net.valid(),
            &places,
            device,
        )
    }

    fn batches(&self, window: Window, features: usize) -> Batches<'_> {
        let clips = &self.corpus.train;
        let draws: Vec<Draw> = clips
            .iter()
            .enumerate()
            .filter(|(_, clip)| clip.rows > 0)
            .map(|(index, clip)| Draw {
                clip: index,
                label: clip.label,
                windows: count(clip.rows, window),
            })
            .collect();
        Batches {
            clips,
            draws,
            window,
            classes: self.corpus.labels.len(),
            features,
            batch: self.settings.batch,
            seed: self.settings.seed,
            augment: self.settings.augment,
        }
    }

    /// Mean cross-entropy of a batch.
    fn loss<B: TrainBackend, N: Network<B>>(
        &self,
        net: &N,
        batch: Batch,
        batches: &Batches<'_>,
        device: &B::Device,
    ) -> Tensor<B, 1> {
        let Window { frames, bands, .. } = batches.window;
        let windows = batch.x.len() / (frames * bands);
        let x = Tensor::from_data(TensorData::new(batch.x, [windows, frames, bands]), device);
        let targets: Tensor<B, 2> = Tensor::from_data(
            TensorData::new(batch.targets, [windows, batches.classes]),
            device,
        );
        let keep = (!batch.keep.is_empty()).then(|| {
            Tensor::from_data(
                TensorData::new(batch.keep, [windows, batches.features]),
                device,
            )
        });
        let logits = net.logits(x, keep);
        (log_softmax(logits, 1) * targets).sum().neg() / windows as f32
    }

    fn score<B, N>(
        &self,
        net: &N,
        places: &[Place],
        window: Window,
        device: &B::Device,
        epoch: usize,
        train_loss: f64,
    ) -> Result<EpochRow, Error>
    where
        B: TrainBackend,
        N: Network<B> + AutodiffModule<B, InnerModule: Network<B::InnerBackend>>,
    {
        let clips = &self.corpus.valid;
        let classes = self.corpus.labels.len();
        let logits =
            score::logits::<B::InnerBackend, _>(&net.valid(), clips, places, window, device)?;
        // A comparison with NaN is false, so that such answers would count as the first class.
        if logits.iter().any(|logit| !logit.is_finite()) {
            return Err(Error::AnswersNotFinite {
                epoch,
                kept: epoch - 1,
                run: self.run.to_owned(),
            });
        }
        let summary =
            score::window_answers(clips, places, &logits, classes).summary(&self.corpus.labels);
        let steps = self.batches(window, 0).steps();
        Ok(EpochRow {
            epoch,
            rate: self.settings.rate_at(epoch * steps - 1, steps),
            train_loss,
            valid_log_loss: summary.log_loss,
            valid_accuracy: summary.accuracy,
            valid_macro_f1: summary.macro_f1,
        })
    }
}

type Recorded = BinBytesRecorder<FullPrecisionSettings>;

fn to_bytes<B: Backend, R: Record<B>>(record: R, folder: &Path) -> Result<Vec<u8>, Error> {
    Recorder::<B>::record(&Recorded::default(), record, ()).map_err(|error| Error::BadCheckpoint {
        path: folder.to_owned(),
        reason: error.to_string(),
    })
}

fn from_bytes<B: Backend, R: Record<B>>(
    bytes: Vec<u8>,
    device: &B::Device,
    path: &Path,
) -> Result<R, Error> {
    Recorder::<B>::load(&Recorded::default(), bytes, device).map_err(|error| Error::BadCheckpoint {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}
