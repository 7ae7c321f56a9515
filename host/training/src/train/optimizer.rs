//! burn's optimizers behind one face, chosen by [`Settings`]: a step against gradients, and a state as bytes.

use super::recording::{from_bytes, to_bytes};
use crate::error::Error;
use burn::module::AutodiffModule;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, Optimizer, RmsPropConfig, SgdConfig};
use burn::tensor::backend::AutodiffBackend;
use needledrop_networks::{Optimizer as Named, Settings};
use std::path::Path;

/// An optimizer of a network `N`, with its state.
pub(super) trait Stepper<B: AutodiffBackend, N> {
    /// The network after a step against `gradients`.
    fn step(&mut self, rate: f64, net: N, gradients: GradientsParams) -> N;

    /// Its state, on the way to `path`.
    fn save(&self, path: &Path) -> Result<Vec<u8>, Error>;

    /// Takes up a state that [`Stepper::save`] gave.
    fn load(&mut self, state: Vec<u8>, device: &B::Device, path: &Path) -> Result<(), Error>;
}

/// The optimizer that the settings name.
pub(super) fn stepper<B, N>(settings: &Settings) -> Box<dyn Stepper<B, N>>
where
    B: AutodiffBackend,
    N: AutodiffModule<B> + 'static,
{
    let decay = settings.weight_decay;
    let l2 = (decay > 0.0).then(|| WeightDecayConfig::new(decay));
    match settings.optimizer {
        Named::AdamW => Box::new(AdamWConfig::new().with_weight_decay(decay).init::<B, N>()),
        Named::Adam => Box::new(AdamConfig::new().with_weight_decay(l2).init::<B, N>()),
        Named::RmsProp => Box::new(
            RmsPropConfig::new()
                .with_momentum(0.0)
                .with_weight_decay(l2)
                .init::<B, N>(),
        ),
        Named::Sgd { momentum } => {
            let momentum = (momentum > 0.0).then(|| {
                MomentumConfig::new()
                    .with_momentum(momentum)
                    .with_dampening(0.0)
            });
            Box::new(
                SgdConfig::new()
                    .with_momentum(momentum)
                    .with_weight_decay(l2)
                    .init::<B, N>(),
            )
        }
    }
}

impl<B, N, O> Stepper<B, N> for O
where
    B: AutodiffBackend,
    N: AutodiffModule<B>,
    O: Optimizer<N, B>,
{
    fn step(&mut self, rate: f64, net: N, gradients: GradientsParams) -> N {
        Optimizer::step(self, rate, net, gradients)
    }

    fn save(&self, path: &Path) -> Result<Vec<u8>, Error> {
        to_bytes::<B, _>(self.to_record(), path)
    }

    fn load(&mut self, state: Vec<u8>, device: &B::Device, path: &Path) -> Result<(), Error> {
        *self = self
            .clone()
            .load_record(from_bytes::<B, _>(state, device, path)?);
        Ok(())
    }
}
