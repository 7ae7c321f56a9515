//! What frozen layers give, computed once: layers that do not learn give the same for the same window in every epoch.
//!
//! A training window is seen as it is and, where the settings augment, in some changed views, since a batch can't change
//! it any more. What is kept is one row of values a view, in memory as far as the budget goes and in a temporary file
//! beyond; a resumed run computes them again, to the same bits.

use super::augment::Augment;
use super::input::Input;
use super::order::{below, generator, stream};
use super::score::{Place, places};
use super::{Corpus, Error, Progress, Settings};
use crate::data::{Clip, Spill};
use crate::nn::Frozen;
use crate::nn::ops::LayerOps;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::Window;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

/// Changed views of a clip's windows: of a clip of one window so many, of one of more windows at least one each.
const VIEWS: usize = 8;
/// Windows that one forward pass takes: large maps of more would be returned to the system and asked for again, layer by
/// layer, which took as long as the layers.
const CHUNK: usize = 8;

/// What frozen layers give for both splits, clip by clip, a row a window or view.
pub(super) struct Features {
    pub(super) train: Vec<Clip<f32>>,
    pub(super) valid: Vec<Clip<f32>>,
}

/// A window as the layers see it.
#[derive(Clone, Copy)]
struct View {
    place: Place,
    /// Its number among its clip's changed views; none for the window as it is.
    changed: Option<usize>,
}

/// For a view's place (even numbers) and for its changes (odd ones).
fn chance(seed: u64, clip: usize, number: usize) -> ChaCha8Rng {
    generator(seed, stream::VIEW, clip, number)
}

/// Runs the frozen layers.
pub(super) struct FrozenPass<'a, B: LayerOps> {
    pub(super) net: &'a dyn Frozen<B>,
    /// What the network answers.
    pub(super) input: Input,
    /// What it learns from: changed views are crops where that is shorter.
    pub(super) learned: Input,
    pub(super) settings: &'a Settings,
    pub(super) device: &'a B::Device,
}

impl<B: LayerOps> FrozenPass<'_, B> {
    /// What they give for all clips of `corpus`.
    pub(super) fn run(&self, corpus: &Corpus, progress: &Progress) -> Result<Features, Error> {
        let spill = Spill::new();
        let train = self.views(&corpus.train);
        let valid: Vec<View> = places(&corpus.valid, self.input.window)
            .into_iter()
            .map(|place| View {
                place,
                changed: None,
            })
            .collect();
        progress.say(&format!(
            "frozen layers see {} training and {} validation windows once, {} values each",
            train.len(),
            valid.len(),
            self.net.values()
        ));
        Ok(Features {
            // Every epoch needs all validation windows: they take of the budget first.
            valid: self.clips(corpus, &corpus.valid, &valid, &spill)?,
            train: self.clips(corpus, &corpus.train, &train, &spill)?,
        })
    }

    /// Training windows as they are, then their changed views, clip by clip.
    fn views(&self, clips: &[Clip]) -> Vec<View> {
        let all = places(clips, self.input.window);
        let seed = self.settings.seed;
        let of_clip = |windows: &[Place]| {
            let changed = match self.settings.augment == Augment::NONE {
                true => 0,
                false => windows.len() * (VIEWS / windows.len()).max(1),
            };
            let clip = windows[0].clip;
            let starts = clips[clip].rows.saturating_sub(self.learned.window.frames) + 1;
            let as_they_are = windows.iter().map(|&place| View {
                place,
                changed: None,
            });
            let changed = (0..changed).map(move |index| View {
                place: Place {
                    clip,
                    first_row: below(&mut chance(seed, clip, 2 * index), starts),
                },
                changed: Some(index),
            });
            as_they_are.chain(changed).collect::<Vec<View>>()
        };
        all.chunk_by(|a, b| a.clip == b.clip)
            .flat_map(of_clip)
            .collect()
    }

    /// One clip of rows for each of `clips`.
    fn clips(
        &self,
        corpus: &Corpus,
        clips: &[Clip],
        views: &[View],
        spill: &Spill,
    ) -> Result<Vec<Clip<f32>>, Error> {
        let bands = self.net.values();
        let mut out = Vec::with_capacity(clips.len());
        let mut left = views;
        let mut values = Vec::new();
        for (index, clip) in clips.iter().enumerate() {
            let rows = views.partition_point(|view| view.place.clip <= index)
                - views.partition_point(|view| view.place.clip < index);
            // Passes of many clips' windows: the kernels work on as many at once as there are cores.
            while values.len() < rows * bands {
                let (now, later) = left.split_at(CHUNK.min(left.len()));
                values.extend(self.forward(clips, now)?);
                left = later;
            }
            let rest = values.split_off(rows * bands);
            out.push(Clip {
                id: clip.id.clone(),
                label: clip.label,
                genre: clip.genre.clone(),
                rows,
                bands,
                values: spill.place(std::mem::replace(&mut values, rest), &corpus.budget)?,
            });
        }
        Ok(out)
    }

    /// A row for each of `views`.
    fn forward(&self, clips: &[Clip], views: &[View]) -> Result<Vec<f32>, Error> {
        let bands = self.net.values();
        let mut out = vec![0.0; views.len() * bands];
        for (input, changed) in [(self.input, false), (self.learned, true)] {
            let (at, views): (Vec<usize>, Vec<View>) = views
                .iter()
                .enumerate()
                .filter(|(_, view)| view.changed.is_some() == changed)
                .map(|(at, view)| (at, *view))
                .unzip();
            if views.is_empty() {
                continue;
            }
            let x = Tensor::from_data(self.windows(clips, &views, input)?, self.device);
            let y = self.net.before(x).into_data();
            let y: Vec<f32> = y.iter::<f32>().collect();
            for (at, row) in at.into_iter().zip(y.chunks_exact(bands)) {
                out[at * bands..][..bands].copy_from_slice(row);
            }
        }
        Ok(out)
    }

    /// `[views, frames, bands]`.
    fn windows(&self, clips: &[Clip], views: &[View], input: Input) -> Result<TensorData, Error> {
        let (settings, len) = (self.settings, input.values());
        let mut x = vec![0.0; views.len() * len];
        x.par_chunks_exact_mut(len)
            .zip_eq(views)
            .try_for_each(|(values, view)| {
                let Place { clip, first_row } = view.place;
                let (augment, number) = match view.changed {
                    Some(number) => (settings.augment, number),
                    None => (Augment::NONE, 0),
                };
                let mut rng = chance(settings.seed, clip, 2 * number + 1);
                input.fill_augmented(&clips[clip], first_row, values, &augment, &mut rng)
            })?;
        let Window { frames, bands, .. } = input.window;
        Ok(TensorData::new(x, [views.len(), frames, bands]))
    }
}
