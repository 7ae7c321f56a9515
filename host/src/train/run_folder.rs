//! What a finished run leaves. `run.json` is written last: a folder that has it has everything.

use super::checkpoint::State;
use super::order::{below, generator, stream};
use super::score::{self, Place};
use super::window::for_each_window;
use super::{Corpus, Error, Input};
use crate::data::Clip;
use crate::metrics;
use crate::nn::Network;
use crate::nn::ops::LayerOps;
use crate::npy;
use needledrop_bundle::{InputKind, RunInput, RunRecord, Window, file, write_atomic};
use needledrop_infer::{Net, Parity};
use serde::Serialize;
use std::path::Path;

/// Validation windows kept for the parity check.
const PARITY_WINDOWS: usize = 64;
/// Songs that the network of whole songs is checked on.
const PARITY_SONGS: usize = 8;
/// Training windows kept for calibrating an 8-bit form.
const CALIBRATION_WINDOWS: usize = 256;

/// Where the time of this process went; a resumed run counts from its resumption.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
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
    /// Epochs trained.
    pub epochs: usize,
    /// The one whose weights were kept.
    pub best_epoch: usize,
    /// Training clips.
    pub train_clips: usize,
    /// Figures on the validation split, before calibration.
    pub valid: Valid,
    /// Largest difference between burn's and tract's logits on the parity windows.
    pub parity_difference: f64,
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
    /// By window.
    pub windows: metrics::Summary,
    /// By song, as the network that pools a song's windows answers, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub songs: Option<metrics::Summary>,
}

/// A run after its last epoch.
pub(super) struct Finished<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) state: &'a State,
    pub(super) input: Input,
    pub(super) parameters: u64,
    pub(super) timing: Timing,
}

/// Writes every file of the run folder.
pub(super) fn write<B: LayerOps, N: Network<B>>(
    run: &Path,
    finished: &Finished<'_>,
    net: &N,
    device: &B::Device,
) -> Result<Summary, Error> {
    let Finished {
        corpus,
        state,
        input,
        ..
    } = finished;
    let classes = corpus.labels.len();
    let valid = &corpus.valid;
    let one = input.one_by_one();
    let window = input.window;
    let onnx = net.to_onnx(&one);

    let places = &score::places(valid, window)[..];
    let logits = score::logits::<B, N>(net, valid, places, &one, device)?;
    let parity_places = spread(places, PARITY_WINDOWS);
    let parity_logits = score::logits::<B, N>(net, valid, &parity_places, &one, device)?;
    let parity_x = windows_of(valid, &parity_places, window)?;
    let mut tract = Net::load(&onnx, &window, classes)?;
    let parity_difference = parity(file::MODEL, &mut tract, &parity_x, &parity_logits)?;
    let song = match net.bag_to_onnx(input) {
        Some(onnx) => Some(write_song::<B, N>(run, finished, net, &onnx, device)?),
        None => None,
    };

    save(run, file::MODEL, &onnx)?;
    let windows_shape = |windows: usize| [vec![windows], input.axes(window.frames)].concat();
    save(
        run,
        file::PARITY_X,
        &npy::bytes(&windows_shape(parity_places.len()), &parity_x),
    )?;
    save(
        run,
        file::PARITY_LOGITS,
        &npy::bytes(&[parity_places.len(), classes], &parity_logits),
    )?;
    save(
        run,
        file::VALID_LOGITS,
        &npy::bytes(&[places.len(), classes], &logits),
    )?;
    let labels: Vec<i64> = places
        .iter()
        .map(|place| valid[place.clip].label as i64)
        .collect();
    save(
        run,
        file::VALID_LABELS,
        &npy::bytes(&[places.len()], &labels),
    )?;
    save(
        run,
        file::VALID_CLIPS,
        &csv(places.iter().enumerate().map(|(index, place)| {
            let clip = &valid[place.clip];
            ClipRow {
                window: index,
                clip: &clip.id,
                genre: &clip.genre,
            }
        })),
    )?;
    let (rows, calibration) = calibration_windows(&corpus.train, window, state.settings.seed)?;
    save(
        run,
        file::CALIB_X,
        &npy::bytes(&windows_shape(rows), &calibration),
    )?;
    save(run, file::CURVES, &csv(state.curves.iter()))?;

    let summary = Summary {
        model: state.settings.model.clone(),
        preset: state.settings.preset.name().to_owned(),
        seed: state.settings.seed,
        parameters: finished.parameters,
        multiply_adds: tract.multiply_adds(),
        epochs: state.epochs_done,
        best_epoch: state.best_epoch,
        train_clips: corpus.train.len(),
        valid: Valid {
            clips: score::clip_answers(valid, places, &logits, classes).summary(&corpus.labels),
            windows: score::window_answers(valid, places, &logits, classes).summary(&corpus.labels),
            songs: song,
        },
        parity_difference,
        timing: finished.timing,
        steps_per_second: finished.timing.steps_per_second(),
        wait_share: finished.timing.wait_share(),
    };
    let mut json = serde_json::to_vec_pretty(&summary).unwrap_or_default();
    json.push(b'\n');
    save(run, file::METRICS, &json)?;
    record(finished).write(run)?;
    Ok(summary)
}

/// The network of whole songs: its file, held against burn, and its figures.
fn write_song<B: LayerOps, N: Network<B>>(
    run: &Path,
    finished: &Finished<'_>,
    net: &N,
    onnx: &[u8],
    device: &B::Device,
) -> Result<metrics::Summary, Error> {
    let Finished { corpus, input, .. } = finished;
    let (valid, classes) = (&corpus.valid, corpus.labels.len());
    let places = score::places(valid, input.span());
    let logits = score::logits::<B, N>(net, valid, &places, input, device)?;
    let checked = spread(&places, PARITY_SONGS);
    let expected = score::logits::<B, N>(net, valid, &checked, input, device)?;
    let mut tract = Net::load(onnx, &input.span(), classes)?;
    let x = windows_of(valid, &checked, input.span())?;
    parity(file::SONG, &mut tract, &x, &expected)?;
    save(run, file::SONG, onnx)?;
    let rows = x.len() / input.window.bands;
    let x = npy::bytes(&[rows, input.window.bands], &x);
    save(run, file::SONG_PARITY_X, &x)?;
    let expected = npy::bytes(&[checked.len(), classes], &expected);
    save(run, file::SONG_PARITY_LOGITS, &expected)?;
    Ok(score::clip_answers(valid, &places, &logits, classes).summary(&corpus.labels))
}

fn record(finished: &Finished<'_>) -> RunRecord {
    let Finished {
        corpus,
        state,
        input,
        parameters,
        ..
    } = finished;
    let versions = [
        ("needledrop", env!("CARGO_PKG_VERSION")),
        ("burn", crate::backend::BURN_VERSION),
    ];
    RunRecord {
        format: RunRecord::FORMAT,
        model: state.settings.model.clone(),
        preset: state.settings.preset.name().to_owned(),
        labels: corpus.labels.clone(),
        input: match input.kind {
            InputKind::Pcm => RunInput::Pcm,
            _ => RunInput::LogMel,
        },
        norm: input.norm,
        window: input.window,
        origin: corpus.origin,
        seed: state.settings.seed,
        parameters: *parameters,
        data_sha256: corpus.data_sha256.clone(),
        split_sha256: corpus.split_sha256.clone(),
        versions: versions
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .into(),
    }
}

#[derive(Serialize)]
struct ClipRow<'a> {
    window: usize,
    clip: &'a str,
    genre: &'a str,
}

fn save(run: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = run.join(name);
    write_atomic(&path, bytes).map_err(Error::io(&path))
}

/// Rows as CSV with a header; rows of plain fields always serialise.
pub(super) fn csv(rows: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        #[expect(clippy::expect_used, reason = "numbers and strings into a Vec")]
        writer
            .serialize(row)
            .expect("a row of plain fields always serialises");
    }
    writer.into_inner().unwrap_or_default()
}

/// At most `n` places, evenly spread over all.
fn spread(places: &[Place], n: usize) -> Vec<Place> {
    let n = n.min(places.len());
    (0..n)
        .map(|index| places[index * places.len() / n])
        .collect()
}

fn windows_of(clips: &[Clip], places: &[Place], window: Window) -> Result<Vec<i16>, Error> {
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

/// Largest difference between burn's logits and tract's.
fn parity(file: &'static str, net: &mut Net, x: &[i16], expected: &[f32]) -> Result<f64, Error> {
    let mut parity = Parity::with(expected);
    let classes = net.classes();
    let Some(len) = x.len().checked_div(expected.len() / classes) else {
        return Ok(0.0);
    };
    let mut actual = vec![0.0; classes];
    for (x, expected) in x.chunks_exact(len).zip(expected.chunks_exact(classes)) {
        net.logits(x, &mut actual)?;
        parity.compare(expected, &actual);
    }
    match parity.difference() {
        Some(difference) if parity.holds() => Ok(difference),
        difference => Err(Error::Parity {
            file,
            difference,
            allowed: parity.tolerance(),
        }),
    }
}
