//! What frozen layers give, computed once: layers that do not learn give the same for the same window in every epoch.
//!
//! What is kept is one row of values a window, in memory as far as the budget goes and in a temporary file beyond; a
//! resumed run computes them again, to the same bits.

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

/// Windows that one forward pass takes: of more, the maps between layers would be needlessly large.
const CHUNK_WINDOWS: usize = 8;

/// What frozen layers give for both splits, clip by clip, a row a window.
pub(super) struct Features {
    pub(super) train: Vec<Clip<f32>>,
    pub(super) valid: Vec<Clip<f32>>,
}

/// Runs the frozen layers.
pub(super) struct FrozenPass<'a, B: LayerOps> {
    pub(super) net: &'a dyn Frozen<B>,
    pub(super) input: Input,
    pub(super) device: &'a B::Device,
}

impl<B: LayerOps> FrozenPass<'_, B> {
    /// What they give for all clips of `corpus`.
    pub(super) fn run(&self, corpus: &Corpus, progress: &Progress) -> Result<Features, Error> {
        let spill = Spill::new();
        let [train, valid] =
            [&corpus.train, &corpus.valid].map(|clips| places(clips, self.input.window));
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

    /// One clip of rows for each of `clips`, given all their windows.
    fn clips(
        &self,
        corpus: &Corpus,
        clips: &[Clip],
        places: &[Place],
        spill: &Spill,
    ) -> Result<Vec<Clip<f32>>, Error> {
        let bands = self.net.values();
        let mut out = Vec::with_capacity(clips.len());
        let mut passes = places.chunks(CHUNK_WINDOWS);
        let mut values = Vec::new();
        for clip in clips {
            let rows = count(clip.rows, self.input.window);
            // Passes of many clips' windows: the kernels work on as many at once as there are cores.
            while values.len() < rows * bands
                && let Some(pass) = passes.next()
            {
                values.extend(self.forward(clips, pass)?);
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

    /// A row for each of `places`.
    fn forward(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error> {
        let x = windows(clips, places, &self.input, self.device)?;
        Ok(self.net.before(x).into_data().iter::<f32>().collect())
    }
}
