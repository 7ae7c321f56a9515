//! Classic models: from clips to a run folder. Windows become statistics, of which [`classic`] makes a model.

use crate::classic::{self, Kind, Model, Samples, Task, Trial};
use crate::corpus::Corpus;
use crate::error::Error;
use crate::places::{Place, places};
use crate::progress::Progress;
use crate::run::finished::{self, Finished};
use crate::run::fitted::Fitted;
use crate::run::lock::{self, RunLock};
use crate::run::table::csv;
use crate::run::{Classic, Summary, Timing};
use ndarray::Array2;
use needledrop_data::Clip;
use needledrop_networks::{Input, Preset};
use std::collections::BTreeMap;
use std::path::Path;

/// Everything that decides the outcome, besides the data.
#[derive(Clone, Debug)]
pub struct ClassicSettings {
    /// Which model.
    pub kind: Kind,
    /// Whether settings are chosen or the usual ones.
    pub preset: Preset,
    /// Principal components kept; all statistics without.
    pub pca: Option<usize>,
    /// Seed of the folds.
    pub seed: u64,
}

/// Fits a classic model into a run folder.
///
/// Clips of one group are never on both sides of a fold.
///
/// # Errors
/// Every [`Error`] but those of networks. A run that broke off left nothing to go on from; with `resume` it starts
/// again.
pub fn train_classic(
    corpus: &Corpus,
    settings: &ClassicSettings,
    run: &Path,
    resume: bool,
    progress: &Progress,
) -> Result<Summary, Error> {
    lock::refuse_used(run, resume)?;
    let _lock = RunLock::take(run)?;
    let input = corpus.windows();
    let kind = settings.kind;
    if input.window.frames < 2 {
        return Err(classic::Error::OneFrame {
            model: kind.name(),
            frames: input.window.frames,
        }
        .into());
    }
    let all = places(&corpus.train, input.window);
    let found = all.len();
    let used = classic::thin(all, |clip| corpus.train[clip].label, kind.most_windows());
    progress.say(&format!(
        "{} of {found} training windows, {} statistics each",
        used.len(),
        classic::statistics::count(input.window.bands)
    ));
    let group_of = corpus.group_numbers();
    let samples = |clips: &[Clip], places: &[Place], group_of: &[usize]| {
        Ok::<Samples, Error>(Samples::new(
            classic::statistics_of(clips, places, &input)?,
            places.iter().map(|place| clips[place.clip].label).collect(),
            places.iter().map(|place| group_of[place.clip]).collect(),
            corpus.labels.len(),
        ))
    };
    let valid = &corpus.valid;
    let own: Vec<usize> = (0..valid.len()).collect();
    let model = Model::fit(Task {
        kind,
        preset: settings.preset,
        pca: settings.pca,
        least_deviation: classic::LeastDeviation::STATISTICS,
        seed: settings.seed,
        labels: corpus.labels.len(),
        train: samples(&corpus.train, &used, &group_of)?,
        valid: samples(valid, &places(valid, input.window), &own)?,
    })?;
    let finished = Finished {
        corpus,
        model: kind.name(),
        preset: settings.preset,
        seed: settings.seed,
        input,
        parameters: model.parameters(),
        epochs: 0,
        best_epoch: 0,
        held_out: None,
        curves: curves(&model.trials),
        classic: Some(Classic {
            pca: settings.pca,
            windows: used.len(),
            chosen: chosen(&model.trials),
        }),
        timing: Timing::default(),
        pretrained_sha256: None,
        notes: Vec::new(),
        versions: &[],
    };
    finished::write(run, finished, &OnWindows { model, input })
}

pub(super) fn chosen(trials: &[Trial]) -> BTreeMap<&'static str, f64> {
    let chosen = trials.iter().filter(|trial| trial.chosen);
    chosen
        .flat_map(|trial| trial.setting.iter().copied())
        .collect()
}

/// One row a setting tried.
pub(super) fn curves(trials: &[Trial]) -> Vec<u8> {
    let names = trials.first().map_or(Vec::new(), |trial| {
        trial
            .setting
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect()
    });
    let figures = ["log_loss", "accuracy", "macro_f1", "chosen"].map(str::to_owned);
    let header = [vec!["trial".to_owned()], names, figures.into()].concat();
    let rows = trials.iter().enumerate().map(|(index, trial)| {
        let mut row = vec![(index + 1).to_string()];
        row.extend(trial.setting.iter().map(|(_, value)| value.to_string()));
        row.extend([trial.log_loss, trial.accuracy, trial.macro_f1].map(|v| v.to_string()));
        row.push(u8::from(trial.chosen).to_string());
        row
    });
    csv(std::iter::once(header).chain(rows))
}

/// A classic model with the windows that it answers for.
struct OnWindows {
    model: Model,
    input: Input,
}

impl OnWindows {
    fn statistics(&self, clips: &[Clip], places: &[Place]) -> Result<Array2<f64>, Error> {
        Ok(classic::statistics_of(clips, places, &self.input)?)
    }
}

impl Fitted for OnWindows {
    fn onnx(&self) -> Vec<u8> {
        self.model.to_onnx(&self.input)
    }

    fn logits(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error> {
        let logits = self.model.logits(self.statistics(clips, places)?.view());
        Ok(logits.iter().map(|&v| v as f32).collect())
    }

    fn margins(&self, clips: &[Clip], places: &[Place]) -> Result<Option<Vec<f32>>, Error> {
        let margins = self.model.margins(self.statistics(clips, places)?.view());
        Ok(Some(margins.iter().map(|&v| v as f32).collect()))
    }
}
