//! What a finished run leaves: answers on validation windows, held against tract, and figures.

use super::order::{below, generator, stream};
use super::run_files::{RunFiles, ValidWindow, save};
use super::score::{self, Place};
use super::window::row_seconds;
use super::{Corpus, Error, Input, Preset};
use needledrop_bundle::{InputKind, RunInput, RunRecord, Window, file};
use needledrop_data::npy;
use needledrop_data::{Clip, Kind};
use needledrop_infer::{Net, Parity};
use needledrop_judging::metrics;
use needledrop_judging::windows::for_each_window;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Validation windows kept for the parity check.
const PARITY_WINDOWS: usize = 64;
/// Songs that the network of whole songs is checked on.
const PARITY_SONGS: usize = 8;
/// Training windows kept for calibrating an 8-bit form.
const CALIBRATION_WINDOWS: usize = 256;

/// Where the time of this process went; a resumed run counts from its resumption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// Epochs.
    pub epochs: usize,
    /// Steps.
    pub steps: usize,
    /// In forward, backward and optimizer.
    pub step_seconds: f64,
    /// Waiting for batches.
    pub wait_seconds: f64,
    /// On validation.
    pub score_seconds: f64,
    /// In layers that do not learn, once a window; 0 when all learn.
    pub frozen_seconds: f64,
}

impl Timing {
    /// Steps a second of training, waiting included; none when nothing was trained.
    pub fn steps_per_second(&self) -> Option<f64> {
        (self.steps > 0).then(|| self.steps as f64 / (self.step_seconds + self.wait_seconds))
    }

    /// Share of training that waited for data.
    pub fn wait_share(&self) -> Option<f64> {
        (self.steps > 0).then(|| self.wait_seconds / (self.step_seconds + self.wait_seconds))
    }
}

/// `metrics.json`, and what `train --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Architecture.
    pub model: String,
    /// Hyper-parameter preset.
    pub preset: String,
    /// Seed.
    pub seed: u64,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-adds for one window.
    pub multiply_adds: u64,
    /// Epochs trained; 0 for a classic model, which is solved.
    pub epochs: usize,
    /// The one whose weights were kept.
    pub best_epoch: usize,
    /// How a classic model was fitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classic: Option<Classic>,
    /// What an ensemble averages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<Averaged>,
    /// Training clips.
    pub train_clips: usize,
    /// Figures on the validation split, before calibration.
    pub valid: Valid,
    /// Largest difference between the trainer's and tract's logits on the parity windows.
    pub parity_difference: f64,
    /// Parity windows of a classic model that tract gives another class, by a margin that is smaller than allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parity_other_class: Vec<usize>,
    /// Where the time went.
    pub timing: Timing,
    /// Steps a second, waiting included.
    pub steps_per_second: Option<f64>,
    /// Share of training that waited for data.
    pub wait_share: Option<f64>,
}

/// Figures on the validation split.
#[derive(Clone, Debug, Serialize)]
pub struct Valid {
    /// By clip: mean of its windows' probabilities.
    pub clips: metrics::Summary,
    /// By clip: what most windows say, of equals the larger mean.
    pub majority: metrics::VoteSummary,
    /// By segment of ten seconds: mean of the windows that start in it.
    pub segments: metrics::Summary,
    /// By window.
    pub windows: metrics::Summary,
    /// By song, as the network that pools a song's windows answers, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub songs: Option<metrics::Summary>,
}

impl Valid {
    pub(crate) fn new(figures: metrics::Figures, songs: Option<metrics::Summary>) -> Self {
        let metrics::Figures {
            clips,
            majority,
            segments,
            windows,
        } = figures;
        Self {
            clips,
            majority,
            segments,
            windows,
            songs,
        }
    }
}

/// How a classic model was fitted.
#[derive(Clone, Debug, Serialize)]
pub struct Classic {
    /// Principal components kept, if asked for.
    pub pca: Option<usize>,
    /// Training windows used.
    pub windows: usize,
    /// What was chosen among the rows of `curves.csv`.
    pub chosen: BTreeMap<&'static str, f64>,
}

/// What an ensemble averages.
#[derive(Clone, Debug, Serialize)]
pub struct Averaged {
    /// Where the validation figures come from.
    pub valid_from: ValidFrom,
    /// Validation windows that they leave out, for want of a member's answer.
    pub left_out_windows: usize,
    /// The members.
    pub members: Vec<AveragedMember>,
}

/// Where an ensemble's validation figures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidFrom {
    /// The logits that the members kept of validation windows.
    Members,
    /// Running the members on every validation window of the data set.
    Data,
    /// Running the members on the few validation windows that the one with the longest window kept.
    Parity,
}

/// One member, by itself, on the ensemble's windows.
#[derive(Clone, Debug, Serialize)]
pub struct AveragedMember {
    /// Name of its run folder.
    pub run: String,
    /// Architecture.
    pub model: String,
    /// Seed.
    pub seed: u64,
    /// Its figures on the same windows.
    pub windows: metrics::Summary,
}

/// A run that has its model.
pub(super) struct Finished<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) model: &'a str,
    pub(super) preset: Preset,
    pub(super) seed: u64,
    pub(super) input: Input,
    pub(super) parameters: u64,
    pub(super) epochs: usize,
    pub(super) best_epoch: usize,
    /// `curves.csv`.
    pub(super) curves: Vec<u8>,
    pub(super) classic: Option<Classic>,
    pub(super) timing: Timing,
    /// SHA-256 of the weights it started from, 64 hex.
    pub(super) pretrained_sha256: Option<String>,
    /// Versions of what trained it, besides ours.
    pub(super) versions: &'a [(&'a str, &'a str)],
}

/// A model that answers: a network in burn, or a classic model.
pub(super) trait Fitted {
    /// Its ONNX file for single windows.
    fn onnx(&self) -> Vec<u8>;

    /// Logits of windows, `[places, classes]`.
    fn logits(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error>;

    /// How far each window's answer is from another, for a model that runtimes must agree with on the class alone.
    fn margins(&self, _clips: &[Clip], _places: &[Place]) -> Result<Option<Vec<f32>>, Error> {
        Ok(None)
    }

    /// Its ONNX file for whole songs, if it has one.
    fn song_onnx(&self) -> Option<Vec<u8>> {
        None
    }

    /// Logits of the songs that begin at `places`, from a model that has a file for them.
    fn song_logits(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error> {
        self.logits(clips, places)
    }
}

/// Writes every file of the run folder.
pub(super) fn write(
    run: &Path,
    finished: Finished<'_>,
    fitted: &impl Fitted,
) -> Result<Summary, Error> {
    let Finished { corpus, input, .. } = &finished;
    let classes = corpus.labels.len();
    let valid = &corpus.valid;
    let window = input.window;
    let onnx = fitted.onnx();

    let places = &score::places(valid, window)[..];
    let logits = fitted.logits(valid, places)?;
    let parity_places = spread(places, PARITY_WINDOWS);
    let parity_logits = fitted.logits(valid, &parity_places)?;
    let parity_margins = fitted.margins(valid, &parity_places)?;
    let parity_x = windows_of(valid, &parity_places, window)?;
    let mut tract = Net::load(&onnx, &window, classes)?;
    let rule = match &parity_margins {
        Some(margins) => Parity::by_class(&parity_logits, margins),
        None => Parity::with(&parity_logits),
    };
    let parity = compare(file::MODEL, rule, &mut tract, &parity_x, &parity_logits)?;
    let song = match fitted.song_onnx() {
        Some(onnx) => Some(write_song(run, &finished, fitted, &onnx)?),
        None => None,
    };

    let windows_shape = |windows: usize| [vec![windows], input.axes(window.frames)].concat();
    let (calibration_windows, calibration) =
        calibration_windows(&corpus.train, window, finished.seed)?;
    let hop_seconds =
        row_seconds(&corpus.origin, kind_of(input.kind)).map(|seconds| seconds * window.hop as f64);
    let summary = Summary {
        model: finished.model.to_owned(),
        preset: finished.preset.name().to_owned(),
        seed: finished.seed,
        parameters: finished.parameters,
        multiply_adds: tract.multiply_adds(),
        epochs: finished.epochs,
        best_epoch: finished.best_epoch,
        classic: finished.classic.clone(),
        ensemble: None,
        train_clips: corpus.train.len(),
        valid: Valid::new(
            score::levels(valid, places, &logits, classes, hop_seconds).figures(&corpus.labels),
            song,
        ),
        parity_difference: parity.difference().unwrap_or(0.0),
        parity_other_class: parity.other_class().to_vec(),
        timing: finished.timing,
        steps_per_second: finished.timing.steps_per_second(),
        wait_share: finished.timing.wait_share(),
    };
    let valid_windows: Vec<ValidWindow<'_>> = places
        .iter()
        .map(|place| {
            let clip = &valid[place.clip];
            ValidWindow {
                clip: &clip.id,
                genre: &clip.genre,
                label: clip.label,
            }
        })
        .collect();
    RunFiles {
        onnx: &onnx,
        parity_x: &npy::bytes(&windows_shape(parity_places.len()), &parity_x),
        parity_logits: &parity_logits,
        parity_margins: parity_margins.as_deref(),
        valid: &valid_windows,
        valid_logits: &logits,
        calib_x: &npy::bytes(&windows_shape(calibration_windows), &calibration),
        curves: &finished.curves,
        summary: &summary,
        record: &record(&finished),
    }
    .write(run)?;
    Ok(summary)
}

/// The network of whole songs: its file, held against burn, and its figures.
fn write_song(
    run: &Path,
    finished: &Finished<'_>,
    fitted: &impl Fitted,
    onnx: &[u8],
) -> Result<metrics::Summary, Error> {
    let Finished { corpus, input, .. } = finished;
    let (valid, classes) = (&corpus.valid, corpus.labels.len());
    let places = score::places(valid, input.span());
    let logits = fitted.song_logits(valid, &places)?;
    let checked = spread(&places, PARITY_SONGS);
    let expected = fitted.song_logits(valid, &checked)?;
    let mut tract = Net::load(onnx, &input.span(), classes)?;
    let x = windows_of(valid, &checked, input.span())?;
    compare(
        file::SONG,
        Parity::with(&expected),
        &mut tract,
        &x,
        &expected,
    )?;
    save(run, file::SONG, onnx)?;
    let rows = x.len() / input.window.bands;
    let x = npy::bytes(&[rows, input.window.bands], &x);
    save(run, file::SONG_PARITY_X, &x)?;
    let expected = npy::bytes(&[checked.len(), classes], &expected);
    save(run, file::SONG_PARITY_LOGITS, &expected)?;
    let levels = score::levels(valid, &places, &logits, classes, None);
    Ok(levels.clips.summary(&corpus.labels))
}

/// What data a network's input comes from.
fn kind_of(input: InputKind) -> Kind {
    match input {
        InputKind::Pcm => Kind::Pcm,
        _ => Kind::LogMel,
    }
}

fn record(finished: &Finished<'_>) -> RunRecord {
    let Finished { corpus, input, .. } = finished;
    let ours = ("needledrop", env!("CARGO_PKG_VERSION"));
    let versions = std::iter::once(&ours).chain(finished.versions);
    RunRecord {
        format: RunRecord::FORMAT,
        model: finished.model.to_owned(),
        preset: finished.preset.name().to_owned(),
        labels: corpus.labels.clone(),
        input: match input.kind {
            InputKind::Pcm => RunInput::Pcm,
            _ => RunInput::LogMel,
        },
        norm: input.norm,
        window: input.window,
        origin: corpus.origin,
        seed: finished.seed,
        parameters: finished.parameters,
        pretrained_sha256: finished.pretrained_sha256.clone(),
        data_sha256: corpus.data_sha256.clone(),
        split_sha256: corpus.split_sha256.clone(),
        versions: versions
            .map(|&(name, version)| (name.to_owned(), version.to_owned()))
            .collect(),
        members: Vec::new(),
    }
}

/// Rows as CSV with a header; rows of plain fields always serialise.
pub(crate) fn csv(rows: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        #[expect(clippy::expect_used, reason = "numbers and strings into a Vec")]
        writer
            .serialize(row)
            .expect("a row of plain fields always serialises");
    }
    writer.into_inner().unwrap_or_default()
}

/// At most `n` things, evenly spread over all.
pub(crate) fn spread<T: Clone>(all: &[T], n: usize) -> Vec<T> {
    let n = n.min(all.len());
    (0..n)
        .map(|index| all[index * all.len() / n].clone())
        .collect()
}

/// Windows of clips, one after the other.
pub(crate) fn windows_of(
    clips: &[Clip],
    places: &[Place],
    window: Window,
) -> Result<Vec<i16>, Error> {
    let mut out = Vec::with_capacity(places.len() * window.frames * window.bands);
    for place in places {
        let clip = &clips[place.clip];
        // A window is a clip of its own: cut out, or all of a short one, which is then repeated.
        let end = clip.rows.min(place.first_row + window.frames);
        for_each_window(
            &clip.read_rows(place.first_row..end)?,
            window,
            |_, values| out.extend_from_slice(values),
        );
    }
    Ok(out)
}

/// Training windows drawn at random, one generator for all, as many as there are at most.
fn calibration_windows(
    clips: &[Clip],
    window: Window,
    seed: u64,
) -> Result<(usize, Vec<i16>), Error> {
    let mut places = score::places(clips, window);
    let mut rng = generator(seed, stream::CALIBRATION, 0, 0);
    let n = CALIBRATION_WINDOWS.min(places.len());
    for index in 0..n {
        let other = index + below(&mut rng, places.len() - index);
        places.swap(index, other);
    }
    places.truncate(n);
    Ok((n, windows_of(clips, &places, window)?))
}

/// Holds tract against the trainer's logits of windows that lie one after the other.
pub(crate) fn compare(
    file: &'static str,
    parity: Parity,
    net: &mut Net,
    x: &[i16],
    expected: &[f32],
) -> Result<Parity, Error> {
    let windows = expected.len() / net.classes();
    let Some(len) = x.len().checked_div(windows) else {
        return Ok(parity);
    };
    parity_of(file, parity, x.chunks_exact(len), expected, |x, logits| {
        net.logits(x, logits)
    })
}

/// Holds what `judge` says of each row against the trainer's logits.
pub(super) fn parity_of<'a, T: 'a>(
    file: &'static str,
    mut parity: Parity,
    rows: impl ExactSizeIterator<Item = &'a [T]>,
    expected: &[f32],
    mut judge: impl FnMut(&[T], &mut [f32]) -> Result<(), needledrop_infer::Error>,
) -> Result<Parity, Error> {
    let classes = expected.len().checked_div(rows.len()).unwrap_or(1);
    let mut actual = vec![0.0; classes];
    for (x, expected) in rows.zip(expected.chunks_exact(classes)) {
        judge(x, &mut actual)?;
        parity.compare(expected, &actual);
    }
    if parity.holds() {
        return Ok(parity);
    }
    Err(Error::Parity {
        file,
        difference: parity.difference(),
        allowed: parity.tolerance(),
    })
}
