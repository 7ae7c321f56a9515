//! Names of the card's files that more than one program looks for; the model and its signature are called as in the
//! folder that they come from.

pub(crate) use crate::model_folder::{MODEL, MODEL_SIGNATURE};

/// The kernel, as the firmware of a Raspberry Pi looks for it.
pub(crate) const KERNEL: &str = "kernel8.img";
/// The board's system, which the firmware loads beside the kernel.
pub(crate) const INITRAMFS: &str = "initramfs.img";
/// The board's settings: what tells a card of ours from others.
pub(crate) const SETTINGS: &str = "board.toml";
