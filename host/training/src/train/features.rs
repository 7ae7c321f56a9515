//! What frozen layers give, computed once: layers that do not learn give the same for the same window in every epoch.
//!
//! What is kept is one row of values a window, in memory as far as the budget goes and in a temporary file beyond. Where
//! a folder is given, a later run finds it there.

use super::cache::{self, Cache};
use super::in_burn::windows;
use crate::corpus::Corpus;
use crate::error::Error;
use crate::places::{Place, places};
use crate::progress::Progress;
use needledrop_data::window::count;
use needledrop_data::{Clip, Spill};
use needledrop_networks::Input;
use needledrop_networks::nn::Frozen;
use needledrop_networks::nn::ops::LayerOps;
use std::path::PathBuf;

/// Windows that one forward pass takes: of more, the maps between layers would be needlessly large.
const CHUNK_WINDOWS: usize = 8;

/// What frozen layers give for both splits, clip by clip, a row a window.
pub(super) struct Features {
    pub(super) train: Vec<Clip<f32>>,
    pub(super) valid: Vec<Clip<f32>>,
}

/// Where a clip's values are kept, and whether they are from an earlier run.
struct Known {
    path: Option<PathBuf>,
    is_kept: bool,
}

/// Runs the frozen layers.
pub(super) struct FrozenPass<'a, B: LayerOps> {
    pub(super) net: &'a dyn Frozen<B>,
    pub(super) input: Input,
    pub(super) device: &'a B::Device,
    pub(super) cache: Option<Cache>,
}

impl<B: LayerOps> FrozenPass<'_, B> {
    /// What they give for all clips of `corpus`.
    pub(super) fn run(&self, corpus: &Corpus, progress: &Progress) -> Result<Features, Error> {
        let spill = Spill::new();
        // Training clips that stand for validation clips are seen once.
        let learned = match corpus.judges_training_clips {
            true => &[],
            false => &corpus.train[..],
        };
        let [train, valid] = [learned, &corpus.valid].map(|clips| self.known(clips));
        let (train, valid) = (train?, valid?);
        let windows = |clips: &[Clip], known: &[Known]| -> usize {
            let new = clips.iter().zip(known).filter(|(_, it)| !it.is_kept);
            new.map(|(clip, _)| count(clip.rows, self.input.window))
                .sum()
        };
        progress.say(&format!(
            "frozen layers see {} training and {} validation windows once, {} values each",
            windows(learned, &train),
            windows(&corpus.valid, &valid),
            self.net.values()
        ));
        Ok(Features {
            // Every epoch needs all validation windows: they take of the budget first.
            valid: self.clips(corpus, &corpus.valid, valid, &spill)?,
            train: self.clips(corpus, learned, train, &spill)?,
        })
    }

    /// What an earlier run left of each clip.
    fn known(&self, clips: &[Clip]) -> Result<Vec<Known>, Error> {
        let known = clips.iter().map(|clip| {
            let path = self
                .cache
                .as_ref()
                .map(|cache| cache.path(clip))
                .transpose()?;
            let expected = count(clip.rows, self.input.window) * self.net.values();
            let is_kept = path.as_deref().is_some_and(|it| cache::holds(it, expected));
            Ok(Known { path, is_kept })
        });
        known.collect()
    }

    /// One clip of rows for each of `clips`.
    fn clips(
        &self,
        corpus: &Corpus,
        clips: &[Clip],
        known: Vec<Known>,
        spill: &Spill,
    ) -> Result<Vec<Clip<f32>>, Error> {
        let bands = self.net.values();
        let mut out = Vec::with_capacity(clips.len());
        let new = places(clips, self.input.window).into_iter();
        let new: Vec<Place> = new.filter(|it| !known[it.clip].is_kept).collect();
        let mut passes = new.chunks(CHUNK_WINDOWS);
        let mut computed = Vec::new();
        for (clip, Known { path, is_kept }) in clips.iter().zip(known) {
            let rows = count(clip.rows, self.input.window);
            let values = match &path {
                Some(path) if is_kept => cache::read(path)?,
                _ => {
                    // Passes of many clips' windows: the kernels work on as many at once as there are cores.
                    while computed.len() < rows * bands
                        && let Some(pass) = passes.next()
                    {
                        computed.extend(self.forward(clips, pass)?);
                    }
                    let rest = computed.split_off(rows * bands);
                    let values = std::mem::replace(&mut computed, rest);
                    if let Some(path) = &path {
                        cache::write(path, &values);
                    }
                    values
                }
            };
            out.push(Clip {
                id: clip.id.clone(),
                label: clip.label,
                genre: clip.genre.clone(),
                rows,
                bands,
                values: spill.place(values, &corpus.budget)?,
            });
        }
        Ok(out)
    }

    /// A row for each of `places`.
    fn forward(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error> {
        let x = windows(clips, places, &self.input, self.device)?;
        Ok(self.net.before(x).into_data().iter::<f32>().collect())
    }
}
