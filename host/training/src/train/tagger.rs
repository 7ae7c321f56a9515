//! A model from a published tagger's own tags: no genre is taught. Clips say how its answers are spread, how sure they
//! are, and what is no music; a run folder comes out.

use super::cache::Cache;
use super::features::{Features, FrozenPass};
use super::in_burn::InBurn;
use super::solved::rows;
use crate::classic::{LastLayer, Samples};
use crate::corpus::Corpus;
use crate::error::Error;
use crate::models;
use crate::places::Place;
use crate::progress::Progress;
use crate::run::finished::{self, Finished};
use crate::run::lock::{self, RunLock};
use crate::run::{Summary, Timing};
use burn::module::AutodiffModule;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use needledrop_bundle::NO_MUSIC;
use needledrop_data::Clip;
use needledrop_networks::backend::{Task, TrainBackend, on_cpu};
use needledrop_networks::definition::Definition;
use needledrop_networks::musicnn::Registered;
use needledrop_networks::musicnn::tags::{GENRES, TagLayer};
use needledrop_networks::nn::dense::Dense;
use needledrop_networks::nn::{Network, Size, trainable_parameters};
use needledrop_networks::order::{generator, stream};
use needledrop_networks::pretrained::{self, Weights};
use needledrop_networks::{Preset, Settings};
use std::path::Path;
use std::time::Instant;

/// Newton steps at most, for two values.
const MOST_STEPS: usize = 100;
/// Scales tried for the genres' standardised logits: a quarter to eight, by eighths of an octave.
const SCALES: std::ops::RangeInclusive<i32> = -16..=24;

/// Makes a run of the tags that are genres.
///
/// `corpus` has clips of preset `tagger`: of genres, which say how large logits are and how sure the answers, and of
/// `no-music`, which is taught. Clips of genres that no tag names have no part but in the spread.
///
/// # Errors
/// Those of [`train`](super::train), and [`Error::NoTaggedClips`].
pub fn train_tagger(
    corpus: &Corpus,
    weights: &Weights,
    seed: u64,
    run: &Path,
    progress: &Progress,
) -> Result<Summary, Error> {
    lock::refuse_used(run, false)?;
    let _lock = RunLock::take(run)?;
    on_cpu(Tagger {
        corpus,
        weights,
        seed,
        run,
        progress,
    })
}

struct Tagger<'a> {
    corpus: &'a Corpus,
    weights: &'a Weights,
    seed: u64,
    run: &'a Path,
    progress: &'a Progress,
}

impl Task for Tagger<'_> {
    type Output = Result<Summary, Error>;

    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output {
        let Self {
            corpus,
            weights,
            seed,
            run,
            progress,
        } = self;
        let model = models::find(Registered::NAME)?;
        let input = corpus.input(model);
        models::check_rows(model, input.window.frames)?;
        models::check_frontend(model, &corpus.origin)?;
        let settings = model.settings(Preset::Best).start_from(
            weights.pretrained(None, 0)?,
            &model.published.ok_or(pretrained::Error::NotTaken)?,
        );
        let settings = Settings { seed, ..settings };
        let tags = TagLayer::read(weights)?;
        let tagged = tagged(corpus)?;
        let size = Size::of(&input, tagged.labels.len());
        let mut rng = generator(seed, stream::WEIGHTS, 0, 0);
        let net = Registered::build::<B>(size, &settings, &mut rng, &device);
        // Those of the network, whether they learn or not.
        let parameters = trainable_parameters::<B, _>(&net);
        let mut net = net.with_pretrained(weights, 0, &device)?;
        let began = Instant::now();
        let features = match net.valid().frozen() {
            Some(net) => FrozenPass::<B::InnerBackend> {
                net,
                input,
                device: &device,
                cache: Cache::new(corpus.cache.as_deref(), &settings, &input),
            }
            .run(corpus, progress)?,
            None => return Err(pretrained::Error::NotTaken.into()),
        };
        let frozen_seconds = began.elapsed().as_secs_f64();
        let layer = Layer::of(&tags, corpus, &tagged, &features, seed, progress)?;
        let narrowed = |values: &[f64]| values.iter().map(|&v| v as f32).collect();
        let head = Dense::of(
            narrowed(&layer.weights.iter().copied().collect::<Vec<_>>()),
            narrowed(&layer.bias.to_vec()),
            &device,
        );
        *net.head().ok_or(pretrained::Error::NotTaken)? = head;
        let mut finished = Finished {
            held_out: Some(layer.held_out),
            timing: Timing {
                frozen_seconds,
                ..Timing::default()
            },
            ..Finished::of(&tagged, &settings, input, parameters)
        };
        finished.notes.push(
            "No genre was taught: each is the mean of published tags, standardised over the music of the data, which also \
             taught what is no music."
                .to_owned(),
        );
        let net = net.valid();
        finished::write(run, finished, &InBurn::new(&net, &input, &device))
    }
}

/// The same clips by genres of tags: others are left out.
fn tagged(corpus: &Corpus) -> Result<Corpus, Error> {
    let has_noise = corpus.labels.iter().any(|label| label == NO_MUSIC);
    let mut labels: Vec<String> = GENRES.iter().map(|genre| genre.label.to_owned()).collect();
    labels.extend(has_noise.then(|| NO_MUSIC.to_owned()));
    let keep = |clips: &[Clip]| -> Vec<Clip> {
        let kept = clips.iter().filter_map(|clip| {
            let label = label_of(&corpus.labels[clip.label])?;
            let genre = labels[label].clone();
            Some(Clip {
                label,
                genre,
                ..clip.clone()
            })
        });
        kept.collect()
    };
    let [train, valid] = [&corpus.train, &corpus.valid].map(|clips| keep(clips));
    if !valid.iter().any(|clip| clip.label < GENRES.len()) {
        return Err(Error::NoTaggedClips {
            genres: GENRES.map(|genre| genre.label).join(", "),
            labels: corpus.labels.join(", "),
        });
    }
    Ok(Corpus {
        labels,
        train,
        valid,
        ..corpus.clone()
    })
}

/// Which label of the tagger a data set's label is, if any: `Hip-Hop` is `hiphop`.
fn label_of(name: &str) -> Option<usize> {
    if name == NO_MUSIC {
        return Some(GENRES.len());
    }
    let plain: String = name.chars().filter(|it| it.is_alphanumeric()).collect();
    let plain = plain.to_lowercase();
    GENRES.iter().position(|genre| genre.label == plain)
}

/// The last layer, with its answers to the validation windows of the tagged clips.
struct Layer {
    /// `[features, labels]`.
    weights: Array2<f64>,
    /// `[labels]`.
    bias: Array1<f64>,
    held_out: Vec<f32>,
}

impl Layer {
    fn of(
        tags: &TagLayer,
        corpus: &Corpus,
        tagged: &Corpus,
        features: &Features,
        seed: u64,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let windows = Windows::of(corpus, features)?;
        let shape = (windows.x.ncols(), GENRES.len());
        let weights = Array2::from_shape_fn(shape, |(row, column)| {
            f64::from(tags.weights[row * GENRES.len() + column])
        });
        let bias: Array1<f64> = tags.bias.iter().map(|&v| f64::from(v)).collect();
        // Standardised over all music: a tag that everything has says little.
        let music: Vec<usize> = windows.rows_where(|label| label != Some(GENRES.len()));
        let logits = windows.x.select(Axis(0), &music).dot(&weights) + &bias;
        let mean = logits.mean_axis(Axis(0)).unwrap_or_default();
        let scale = logits
            .std_axis(Axis(0), 0.0)
            .mapv(|deviation| deviation.max(1e-6).recip());
        let weights = weights * &scale;
        let bias = (bias - mean) * &scale;
        let logits = windows.x.dot(&weights) + &bias;
        let known = windows.rows_where(|label| label.is_some_and(|label| label < GENRES.len()));
        let sureness = sureness(&logits, &windows.labels, &known);
        progress.say(&format!(
            "{} windows of music set the spread of {} genres, {} of them how sure the answers are",
            music.len(),
            GENRES.len(),
            known.len()
        ));
        let genres = Linear {
            weights: weights * sureness,
            bias: bias * sureness,
            logits: logits * sureness,
        };
        let layer = match tagged.labels.len() > GENRES.len() {
            true => with_no_music(&windows, &genres, seed)?,
            false => genres,
        };
        // The validation windows of the tagged clips are those of the last clips.
        let judged = windows.rows_where(|label| label.is_some());
        let judged = judged.into_iter().filter(|&row| row >= windows.learned);
        Ok(Self {
            held_out: judged
                .flat_map(|row| layer.logits.row(row).mapv(|v| v as f32).to_vec())
                .collect(),
            weights: layer.weights,
            bias: layer.bias,
        })
    }
}

/// All windows, training first.
struct Windows {
    x: Array2<f64>,
    /// The tagger's label, if it has one.
    labels: Vec<Option<usize>>,
    groups: Vec<usize>,
    /// Training windows.
    learned: usize,
}

impl Windows {
    fn of(corpus: &Corpus, features: &Features) -> Result<Self, Error> {
        let clips: Vec<&Clip<f32>> = features.train.iter().chain(&features.valid).collect();
        let places = clips
            .iter()
            .enumerate()
            .flat_map(|(clip, it)| (0..it.rows).map(move |first_row| Place { clip, first_row }));
        let places: Vec<Place> = places.collect();
        let numbers = corpus.group_numbers();
        let groups = &numbers[numbers.len() - clips.len()..];
        let label = |place: &Place| label_of(&corpus.labels[clips[place.clip].label]);
        Ok(Self {
            x: rows(&clips, &places)?,
            labels: places.iter().map(label).collect(),
            groups: places.iter().map(|place| groups[place.clip]).collect(),
            learned: features.train.iter().map(|clip| clip.rows).sum(),
        })
    }

    fn rows_where(&self, keep: impl Fn(Option<usize>) -> bool) -> Vec<usize> {
        let rows = self.labels.iter().enumerate();
        rows.filter(|(_, label)| keep(**label))
            .map(|(row, _)| row)
            .collect()
    }
}

/// What makes the standardised logits of `known` rows most likely.
fn sureness(logits: &Array2<f64>, labels: &[Option<usize>], known: &[usize]) -> f64 {
    let loss = |scale: f64| -> f64 {
        let of_row = |&row: &usize| {
            let logits = logits.row(row).mapv(|v| scale * v);
            let label = labels[row].unwrap_or_default();
            log_sum_exp(logits.view()) - logits[label]
        };
        known.iter().map(of_row).sum()
    };
    let scales = SCALES.map(|eighths| 2_f64.powf(f64::from(eighths) / 8.0));
    scales
        .min_by(|a, b| loss(*a).total_cmp(&loss(*b)))
        .unwrap_or(1.0)
}

fn log_sum_exp(values: ArrayView1<'_, f64>) -> f64 {
    let most = values.fold(f64::NEG_INFINITY, |most, &v| most.max(v));
    most + values.mapv(|v| (v - most).exp()).sum().ln()
}

/// A layer and what it gives for all windows, or other layers of its kind that did not see them.
struct Linear {
    /// `[features, labels]`.
    weights: Array2<f64>,
    /// `[labels]`.
    bias: Array1<f64>,
    /// `[windows, labels]`.
    logits: Array2<f64>,
}

/// The genres with a column for `no-music`: logistic regression of noise against music, brought to the genres' scale on
/// windows that it did not learn from.
fn with_no_music(windows: &Windows, genres: &Linear, seed: u64) -> Result<Linear, Error> {
    let noise = |label: &Option<usize>| usize::from(*label == Some(GENRES.len()));
    let samples = Samples::new(
        windows.x.clone(),
        windows.labels.iter().map(noise).collect(),
        windows.groups.clone(),
        2,
    );
    let fitted = LastLayer::cross_validate(&samples, seed)?;
    if fitted.judged.contains(&false) {
        return Err(Error::OneNoise);
    }
    let against = |of: &Array2<f64>| &of.column(1) - &of.column(0);
    let held_out = against(&fitted.held_out);
    let sums: Array1<f64> = genres.logits.rows().into_iter().map(log_sum_exp).collect();
    let [slope, shift] = scaled_to(&sums, &held_out, &samples.labels);
    let with = |genres: &Array2<f64>, column: Array1<f64>| {
        let mut all = Array2::zeros((genres.nrows(), genres.ncols() + 1));
        all.slice_mut(ndarray::s![.., ..genres.ncols()])
            .assign(genres);
        all.column_mut(genres.ncols()).assign(&column);
        all
    };
    let own_bias = slope * (fitted.layer.bias[1] - fitted.layer.bias[0]) + shift;
    Ok(Linear {
        weights: with(&genres.weights, against(&fitted.layer.weights) * slope),
        bias: genres.bias.iter().copied().chain([own_bias]).collect(),
        logits: with(&genres.logits, held_out * slope + shift),
    })
}

/// Slope and shift by which `slope * noise + shift` beside the sum of the genres is the most likely logit of noise:
/// Newton's method on a convex loss, with a little of both squared so that separable windows have an end.
fn scaled_to(genres: &Array1<f64>, noise: &Array1<f64>, is_noise: &[usize]) -> [f64; 2] {
    let little = 1e-3 * is_noise.len() as f64;
    let windows = || genres.iter().zip(noise).zip(is_noise);
    let loss = |[slope, shift]: [f64; 2]| -> f64 {
        let of_window = |((&genres, &noise), &is_noise): ((&f64, &f64), &usize)| {
            let logit = slope * noise + shift - genres;
            let wrong = if is_noise == 1 { -logit } else { logit };
            // ln(1 + e^wrong), without an overflow.
            wrong.max(0.0) + (-wrong.abs()).exp().ln_1p()
        };
        let size = (slope - 1.0).powi(2) + shift.powi(2);
        windows().map(of_window).sum::<f64>() + little / 2.0 * size
    };
    let mut at = [1.0, 0.0];
    for _ in 0..MOST_STEPS {
        let [slope, shift] = at;
        let mut gradient = [little * (slope - 1.0), little * shift];
        let mut curvature = [little, 0.0, little];
        for ((&genres, &noise), &is_noise) in windows() {
            let share = (1.0 + (genres - slope * noise - shift).exp()).recip();
            let off = share - is_noise as f64;
            let weight = share * (1.0 - share);
            gradient[0] += off * noise;
            gradient[1] += off;
            curvature[0] += weight * noise * noise;
            curvature[1] += weight * noise;
            curvature[2] += weight;
        }
        let determinant = curvature[0] * curvature[2] - curvature[1] * curvature[1];
        let step = [
            (curvature[2] * gradient[0] - curvature[1] * gradient[1]) / determinant,
            (curvature[0] * gradient[1] - curvature[1] * gradient[0]) / determinant,
        ];
        // Half of it, and half of that, until it leads down: far from the minimum the whole step goes too far.
        let taken = (0..60)
            .map(|halvings| 0.5_f64.powi(halvings))
            .map(|share| [slope - share * step[0], shift - share * step[1]])
            .find(|&next| loss(next) < loss(at));
        match taken {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{GENRES, label_of, scaled_to, sureness};
    use ndarray::{Array1, Array2};

    #[test]
    fn labels_of_others_are_found_by_their_letters() {
        let hiphop = GENRES.iter().position(|genre| genre.label == "hiphop");
        assert_eq!(label_of("Hip-Hop"), hiphop);
        assert_eq!(label_of("classical"), None);
        assert_eq!(label_of("no-music"), Some(GENRES.len()));
    }

    #[test]
    fn right_answers_are_scaled_up_and_wrong_ones_down() {
        let labels: Vec<Option<usize>> = (0..8).map(Some).collect();
        let known: Vec<usize> = (0..8).collect();
        let right = Array2::eye(8);
        assert!((sureness(&right, &labels, &known) - 8.0).abs() < 1e-9);
        let wrong = 1.0 - &right;
        assert!((sureness(&wrong, &labels, &known) - 0.25).abs() < 1e-9);
    }

    #[test]
    fn noise_is_brought_to_the_scale_of_the_genres() {
        let windows = 4000;
        let genres: Array1<f64> = (0..windows).map(|at| f64::from(at % 7) / 2.0).collect();
        let noise: Array1<f64> = (0..windows)
            .map(|at| f64::from(at % 41) / 4.0 - 5.0)
            .collect();
        // Noise as often as a slope of a half and a shift of two make it likely.
        let is_noise: Vec<usize> = (0..windows as usize)
            .map(|at| {
                let share = (1.0 + (genres[at] - 0.5 * noise[at] - 2.0).exp()).recip();
                usize::from((at * 7919 % 1009) as f64 / 1009.0 < share)
            })
            .collect();
        let [slope, shift] = scaled_to(&genres, &noise, &is_noise);
        assert!((slope - 0.5).abs() < 0.05, "{slope}");
        assert!((shift - 2.0).abs() < 0.2, "{shift}");
    }
}
