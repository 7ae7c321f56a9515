//! The one module that names burn's backends.
//!
//! Everything else is generic over [`TrainBackend`]; [`Device::run`] picks the backend for a [`Task`].

mod flex;
mod portable;
mod rows;
mod sequence;
#[cfg(test)]
mod tests;

use crate::nn::ops::LayerOps;
use burn::tensor::backend::AutodiffBackend;

/// Version of burn, for the run record; Cargo.toml pins it to this.
pub const BURN_VERSION: &str = "0.21.0";

/// A backend that trains our networks: burn's operations, our layers, gradients.
pub trait TrainBackend: AutodiffBackend<InnerBackend: LayerOps> + LayerOps {}
impl<B: AutodiffBackend<InnerBackend: LayerOps> + LayerOps> TrainBackend for B {}

type Cpu = burn::backend::Autodiff<burn_flex::Flex>;
type NdArray = burn::backend::Autodiff<burn_ndarray::NdArray<f32>>;

/// Where a network is trained.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Device {
    /// burn-flex on all cores, with our own layer kernels: the fastest that trains on a CPU here.
    #[default]
    Cpu,
    /// burn-ndarray, without our kernels: an independent check of the same network, many times slower.
    NdArray,
    /// An NVIDIA GPU.
    Cuda,
    /// Any GPU, through Vulkan, Metal or DirectX.
    Wgpu,
}

/// Work that runs on whichever backend was chosen.
pub trait Task {
    /// What it gives.
    type Output;

    /// Does it.
    fn run<B: TrainBackend>(self, device: B::Device) -> Self::Output;
}

/// A device that this build has no backend for.
#[derive(Debug, thiserror::Error)]
#[error(
    "this build of needledrop has no `{feature}` backend; train with --device cpu, or build it with `cargo build --release -p needledrop-host --features {feature}` once that feature is there"
)]
pub struct NotBuilt {
    /// The feature that would bring it.
    pub feature: &'static str,
}

impl Device {
    /// Runs `task` on this device's backend.
    ///
    /// # Errors
    /// [`NotBuilt`] when this build lacks the backend.
    pub fn run<T: Task>(self, task: T) -> Result<T::Output, NotBuilt> {
        match self {
            Self::Cpu => Ok(task.run::<Cpu>(Default::default())),
            Self::NdArray => Ok(task.run::<NdArray>(Default::default())),
            Self::Cuda => Err(NotBuilt { feature: "cuda" }),
            Self::Wgpu => Err(NotBuilt { feature: "wgpu" }),
        }
    }
}
