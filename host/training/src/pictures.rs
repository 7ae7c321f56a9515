//! What a trained network's convolutions look for, and what its answers rest on.
//!
//! [`pictures`] reads a run folder, loads its best weights back into burn and gives
//! - for each convolution and a few of its channels the window that excites the channel most (`ascent`: activation
//!   maximisation),
//! - for validation windows that were answered rightly and wrongly how much each of their values moves the answer
//!   (`saliency`).
//!
//! Classic models have no convolutions and an ensemble has no network of its own: there are no pictures of those.

mod ascent;
mod drawing;
mod drawn;
mod error;
mod optimum;
mod options;
mod picture;
mod saliency;
mod sound;
mod windows;

pub use drawn::{Filter, Filters, Pictures, Saliency};
pub use error::Error;
pub use options::Options;
pub use picture::{Colours, Picture};

use crate::places::spread;
use crate::train::trained::{Trained, TrainedTask};
use burn::tensor::Tensor;
use needledrop_bundle::{Window, file};
use needledrop_data::progress::Progress;
use needledrop_judging::evaluate;
use needledrop_networks::Input;
use needledrop_networks::backend::TrainBackend;
use needledrop_networks::nn::{Observed, Pass, Trainable};
use serde::Deserialize;
use std::path::Path;
use windows::Explained;

/// Multiply-adds of all forward passes together, about, from which on convolutions are left out: some minutes on two
/// cores. Only mobilenetv2 is that large.
const MOST_MULTIPLY_ADDS: u64 = 500_000_000_000;
/// Convolutions that are never left out.
const LEAST_CONVOLUTIONS: usize = 4;

/// The part of `metrics.json` that is read.
#[derive(Deserialize)]
struct Metrics {
    /// Of a window's forward pass.
    multiply_adds: u64,
}

/// Makes pictures of a run, the same for the same run and options; none when its model has no network of its own.
///
/// # Errors
/// A run that is unfinished, damaged or of another version; [`Error::UnknownConvolution`].
pub fn pictures(run: &Path, options: &Options) -> Result<Option<Pictures>, Error> {
    if !run.join(file::RECORD).exists() {
        return Err(Error::Run(evaluate::Error::Unfinished {
            run: run.to_owned(),
            missing: file::RECORD,
        }));
    }
    let Some(trained) = Trained::read(run)? else {
        return Ok(None);
    };
    let path = run.join(file::METRICS);
    let metrics = std::fs::read(&path).map_err(|reason| Error::damaged(&path, reason))?;
    let metrics: Metrics =
        serde_json::from_slice(&metrics).map_err(|reason| Error::damaged(&path, reason))?;
    let explained = windows::choose(run, &trained)?;
    let work = Work {
        trained: &trained,
        explained: &explained,
        multiply_adds: metrics.multiply_adds,
        options,
    };
    trained.run(work)?.map(Some)
}

/// Everything that is to be done on the network.
struct Work<'a> {
    trained: &'a Trained,
    explained: &'a [Explained],
    multiply_adds: u64,
    options: &'a Options,
}

impl TrainedTask for Work<'_> {
    type Output = Result<Pictures, Error>;

    fn run<B: TrainBackend, N: Trainable<B>>(self, net: N, device: &B::Device) -> Self::Output {
        let input = &self.trained.input;
        let all = convolutions::<B, N>(&net, input, device);
        let chosen = self.choose(&all)?;
        let what = format!("pictures of {}", self.trained.record.model);
        let total = chosen.len() + self.explained.len();
        let progress = Progress::new(what, "convolutions and windows", total as u64);
        let ascent = ascent::Ascent::<B, N>::new(&net, input, self.options, device);
        let convolutions = chosen
            .iter()
            .map(|observed| {
                let filters = ascent.filters(observed);
                progress.advance(1);
                filters
            })
            .collect();
        let labels = &self.trained.record.labels;
        let saliency = self
            .explained
            .iter()
            .map(|window| {
                let map = saliency::of::<B, N>(&net, input, window, self.options.seed, device);
                progress.advance(1);
                Saliency {
                    clip: window.clip.clone(),
                    genre: window.genre.clone(),
                    answer: labels[window.answer].clone(),
                    probability: window.probability,
                    input: drawing::window(&window.x, input),
                    map: drawing::amounts(&map, input),
                }
            })
            .collect();
        progress.finish();
        Ok(Pictures {
            convolutions,
            convolutions_in_all: all.len(),
            saliency,
        })
    }
}

impl Work<'_> {
    /// The convolutions that are drawn: the one asked for, or as many as the time allows.
    fn choose(&self, all: &[Observed]) -> Result<Vec<Observed>, Error> {
        if let Some(name) = &self.options.convolution {
            let found = all.iter().find(|it| it.name == *name);
            return found
                .map(|it| vec![it.clone()])
                .ok_or_else(|| Error::UnknownConvolution {
                    name: name.clone(),
                    known: all
                        .iter()
                        .map(|it| it.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                });
        }
        let passes = (self.options.steps * self.options.filters).max(1) as u64;
        let each = passes.saturating_mul(self.multiply_adds).max(1);
        let most = usize::try_from(MOST_MULTIPLY_ADDS / each).unwrap_or(usize::MAX);
        Ok(spread(all, most.max(LEAST_CONVOLUTIONS)))
    }
}

/// All convolutions of a network.
fn convolutions<B: TrainBackend, N: Trainable<B>>(
    net: &N,
    input: &Input,
    device: &B::Device,
) -> Vec<Observed> {
    let Window { frames, bands, .. } = input.window;
    let mut pass = Pass::listing();
    net.logits(Tensor::zeros([1, frames, bands], device), &mut pass);
    pass.convolutions()
}

#[cfg(test)]
mod tests;
