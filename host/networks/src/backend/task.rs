//! Work that is generic over backends, so that a device can be chosen by name while a program runs.

use crate::nn::ops::TrainBackend;

/// Work that runs on whichever backend was chosen.
pub trait Task {
    /// What it gives.
    type Output;

    /// Does it.
    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output;
}
