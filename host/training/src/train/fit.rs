//! A run of a network, set up on whichever backend: what it sees, its batches, the checkpoint that it goes on from.
//! Then [`epochs`](super::epochs) is the loop.

use super::batch::Batches;
use super::epochs::Job;
use super::replicas;
use crate::corpus::Corpus;
use crate::error::Error;
use crate::models;
use crate::places::places;
use crate::progress::Progress;
use crate::run::Summary;
use crate::run::checkpoint::{Checkpoint, State};
use crate::run::lock::RunLock;
use needledrop_bundle::file;
use needledrop_networks::Settings;
use needledrop_networks::backend::{Task, TrainBackend};
use needledrop_networks::nn::Size;
use needledrop_networks::order::{generator, stream};
use needledrop_networks::pretrained::Weights;
use std::path::Path;

/// A run, ready to go on any backend.
pub(super) struct Fit<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) settings: &'a Settings,
    /// Those that the settings name, by [`named`].
    pub(super) weights: Option<Weights>,
    pub(super) run: &'a Path,
    pub(super) progress: &'a Progress,
}

/// The weights, if they are those that the settings start from.
///
/// # Errors
/// [`Error::OtherWeights`].
pub(super) fn named(
    weights: Option<Weights>,
    settings: &Settings,
) -> Result<Option<Weights>, Error> {
    let expected = settings.pretrained.as_ref().map(|it| it.sha256.as_str());
    let actual = weights.as_ref().map(Weights::sha256);
    if expected == actual {
        return Ok(weights);
    }
    Err(Error::OtherWeights {
        expected: expected.map(str::to_owned),
        actual: actual.map(str::to_owned),
    })
}

impl Task for Fit<'_> {
    type Output = Result<Summary, Error>;

    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output {
        let Self {
            corpus,
            settings,
            weights,
            run,
            progress,
        } = self;
        let _lock = RunLock::take(run)?;
        let start = State::start(settings, corpus);
        let checkpoint = Checkpoint::read(&Checkpoint::path(run, Checkpoint::LAST))?;
        // A solved run leaves none: it is done at once, or begins again.
        if checkpoint.is_none() && run.join(file::RECORD).is_file() {
            return Err(Error::NotEmpty {
                path: run.to_owned(),
                instead: "it is finished",
            });
        }
        if let Some(checkpoint) = &checkpoint {
            checkpoint.check(&start, run)?;
            progress.say(&format!(
                "resuming after epoch {}",
                checkpoint.state.epochs_done
            ));
        }
        let model = models::find(&settings.model)?;
        let input = corpus.input(model);
        models::check_rows(model, input.window.frames)?;
        if settings.pretrained.is_some() {
            models::check_frontend(model, &corpus.origin)?;
        }
        let size = Size::of(&input, corpus.labels.len());
        let mut rng = generator(settings.seed, stream::WEIGHTS, 0, 0);
        // Frozen layers see windows whole, and once.
        let learned = match model.any_length && settings.pretrained.is_none() {
            true => input.cropped(settings.augment.crop_share, model.least_rows),
            false => input,
        };
        let (device, others) = replicas::devices::<B>(device, settings.replicas, progress);
        let job = Job {
            corpus,
            settings,
            weights,
            run,
            progress,
            input,
            batches: Batches::new(&corpus.train, learned, size.classes, settings)
                .taught_by(&corpus.taught, corpus.labelled),
            places: places(&corpus.valid, input.judged_window()),
            start,
            checkpoint,
            device: &device,
            others,
        };
        model
            .network
            .build::<B, _>(size, settings, &mut rng, &device, job)
    }
}
