//! What the loop judges an epoch by: the network's answers on validation windows, as a row of `curves.csv`.

use super::in_burn;
use crate::corpus::Corpus;
use crate::error::Error;
use crate::places::Place;
use crate::run::EpochRow;
use crate::run::figures::window_answers;
use needledrop_data::Clip;
use needledrop_networks::Input;
use needledrop_networks::backend::TrainBackend;
use needledrop_networks::nn::{Network, Trainable};
use std::path::Path;

/// The validation split of a run.
pub(super) struct Validation<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) input: Input,
    /// Windows, or the songs of a network that learns from bags.
    pub(super) places: &'a [Place],
    /// What the network's frozen layers give for the windows, if it has such layers.
    pub(super) features: Option<&'a [Clip<f32>]>,
    /// Run folder, for messages.
    pub(super) run: &'a Path,
}

impl Validation<'_> {
    /// The row of an epoch that trained at `rate` to `train_loss`.
    ///
    /// # Errors
    /// [`Error::AnswersNotFinite`]; those of reading clips.
    pub(super) fn judge<B: TrainBackend, N: Trainable<B>>(
        &self,
        net: &N,
        device: &B::Device,
        epoch: usize,
        rate: f64,
        train_loss: f64,
    ) -> Result<EpochRow, Error> {
        let Corpus { valid, labels, .. } = self.corpus;
        let net = net.valid();
        let logits = match (net.frozen(), self.features) {
            (Some(net), Some(features)) => {
                in_burn::logits_behind::<B::InnerBackend>(net, features, device)
            }
            _ => {
                in_burn::logits::<B::InnerBackend, _>(&net, valid, self.places, &self.input, device)
            }
        }?;
        // A comparison with NaN is false, so that such answers would count as the first class.
        if logits.iter().any(|logit| !logit.is_finite()) {
            return Err(Error::AnswersNotFinite {
                epoch,
                kept: epoch - 1,
                run: self.run.to_owned(),
            });
        }
        let answers = window_answers(valid, self.places, &logits, labels.len());
        let summary = answers.summary(labels);
        Ok(EpochRow {
            epoch,
            rate,
            train_loss,
            valid_log_loss: summary.log_loss,
            valid_accuracy: summary.accuracy,
            valid_macro_f1: summary.macro_f1,
        })
    }
}
