//! Why a device does not train, and what to do about it.

/// Why a device does not train.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// This build has no backend for it.
    #[error(
        "this build of needledrop has no `{feature}` backend; train with --device cpu, or build it with `cargo build --release -p needledrop-host --features {feature}`"
    )]
    NotBuilt {
        /// The feature that would bring it.
        feature: &'static str,
    },
    /// It can't be opened.
    #[error("--device {device} can't be used ({reason}); {advice}")]
    Absent {
        /// Backend.
        device: &'static str,
        /// What its driver says.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// There are fewer of them.
    #[error(
        "--devices {asked}: this machine has {present} that --device {device} can use; give a number up to that, or all"
    )]
    TooMany {
        /// Backend.
        device: &'static str,
        /// How many were asked for.
        asked: usize,
        /// How many there are.
        present: usize,
    },
    /// A processor is one device.
    #[error(
        "--devices {asked}: --device {device} is one device, whose cores share every batch already; leave it out"
    )]
    OneProcessor {
        /// Backend.
        device: &'static str,
        /// How many were asked for.
        asked: usize,
    },
    /// It failed in the middle of its work.
    #[error("--device {device} {}: {reason}", if *out_of_memory { "ran out of memory" } else { "broke off" })]
    BrokeOff {
        /// Backend.
        device: &'static str,
        /// What its driver says.
        reason: String,
        /// Whether memory was short.
        out_of_memory: bool,
    },
}
