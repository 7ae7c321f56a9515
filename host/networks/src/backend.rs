//! The one module that names burn's backends: a device's name in options to work on that device.
//!
//! Everything else is generic over [`TrainBackend`]; [`Device::run`] picks the backend for a [`Task`].

mod error;
mod flex;
#[cfg(any(feature = "cuda", feature = "wgpu", test))]
mod gpu;
#[cfg(any(feature = "ndarray", feature = "cuda", feature = "wgpu"))]
mod portable;
mod recurrent_weight;
mod rows;
mod task;
#[cfg(all(test, feature = "ndarray"))]
mod tests;

pub use crate::nn::ops::TrainBackend;
pub use error::DeviceError;
pub use task::Task;

use burn::tensor::backend::{Backend, Device as _, DeviceId};

/// Version of burn, for the run record; Cargo.toml pins it to this.
pub const BURN_VERSION: &str = "0.21.0";

type Cpu = burn::backend::Autodiff<burn_flex::Flex>;
#[cfg(feature = "ndarray")]
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

/// Runs `task` on the CPU: what is never done elsewhere is compiled for no other backend.
pub fn on_cpu<T: Task>(task: T) -> T::Output {
    task.run::<Cpu>(Default::default())
}

impl Device {
    /// The name in options and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::NdArray => "ndarray",
            Self::Cuda => "cuda",
            Self::Wgpu => "wgpu",
        }
    }

    /// Runs `task` on this device's backend.
    ///
    /// # Errors
    /// [`DeviceError::NotBuilt`] when this build lacks the backend, [`DeviceError::Absent`] when the machine lacks the
    /// device, [`DeviceError::BrokeOff`] when it fails on the way.
    pub fn run<T: Task>(self, task: T) -> Result<T::Output, DeviceError> {
        match self {
            Self::Cpu => Ok(on_cpu(task)),
            #[cfg(feature = "ndarray")]
            Self::NdArray => Ok(task.run::<NdArray>(Default::default())),
            #[cfg(feature = "cuda")]
            Self::Cuda => {
                gpu::run::<burn::backend::Autodiff<burn::backend::Cuda>, T>(self.name(), task)
            }
            #[cfg(feature = "wgpu")]
            Self::Wgpu => {
                gpu::run::<burn::backend::Autodiff<burn::backend::Wgpu>, T>(self.name(), task)
            }
            #[cfg(not(all(feature = "ndarray", feature = "cuda", feature = "wgpu")))]
            other => Err(DeviceError::NotBuilt {
                feature: other.name(),
            }),
        }
    }

    /// How many devices a run uses that was asked to share its batches among `asked`.
    ///
    /// # Errors
    /// [`DeviceError::TooMany`], [`DeviceError::OneProcessor`], and those of [`Device::run`].
    pub fn share(self, asked: Devices) -> Result<usize, DeviceError> {
        let device = self.name();
        match (self, asked) {
            (_, Devices::Count(1)) | (Self::Cpu | Self::NdArray, Devices::All) => Ok(1),
            (Self::Cpu | Self::NdArray, Devices::Count(asked)) => {
                Err(DeviceError::OneProcessor { device, asked })
            }
            (Self::Cuda | Self::Wgpu, Devices::All) => self.run(Present),
            (Self::Cuda | Self::Wgpu, Devices::Count(asked)) => match self.run(Present)? {
                present if present < asked => Err(DeviceError::TooMany {
                    device,
                    asked,
                    present,
                }),
                _ => Ok(asked),
            },
        }
    }
}

/// How many devices are to share each batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Devices {
    /// So many, at least one.
    Count(usize),
    /// All that the machine has.
    All,
}

impl std::str::FromStr for Devices {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "all" => Ok(Self::All),
            Ok(count @ 1..=MOST_DEVICES) => Ok(Self::Count(count)),
            _ => Err(format!("must be a number from 1 to {MOST_DEVICES}, or all")),
        }
    }
}

/// More GPUs than a machine has.
const MOST_DEVICES: usize = 64;
/// burn's number for the kind of device that a machine can have several of: discrete GPUs.
const DISCRETE: u16 = 0;

/// Counts the devices.
struct Present;

impl Task for Present {
    type Output = usize;

    fn run<B: TrainBackend>(self, device: B::Device) -> usize {
        present::<B>(&device).len()
    }
}

/// Every device of a backend: its discrete GPUs if there are several, else the default one.
pub fn present<B: Backend>(default: &B::Device) -> Vec<B::Device> {
    match B::device_count(DISCRETE) {
        0 | 1 => vec![default.clone()],
        // Indices are small.
        count => (0..count as u16)
            .map(|index| B::Device::from_id(DeviceId::new(DISCRETE, index)))
            .collect(),
    }
}

#[cfg(test)]
mod sharing {
    use super::{Device, DeviceError, Devices};

    #[test]
    fn a_processor_is_one_device() {
        let cpu = |asked: &str| Device::Cpu.share(asked.parse::<Devices>().unwrap());
        assert_eq!(cpu("1").unwrap(), 1);
        assert_eq!(cpu("all").unwrap(), 1);
        assert!(matches!(
            cpu("2"),
            Err(DeviceError::OneProcessor { asked: 2, .. })
        ));
        for wrong in ["0", "-1", "65", "many", ""] {
            assert!(wrong.parse::<Devices>().is_err(), "{wrong}");
        }
    }
}
