//! Names of the card's files that more than one program looks for.

/// The kernel, as the firmware of a Raspberry Pi looks for it.
pub(crate) const KERNEL: &str = "kernel8.img";
/// The board's system, which the firmware loads beside the kernel.
pub(crate) const INITRAMFS: &str = "initramfs.img";
/// The model that the board runs.
pub(crate) const MODEL: &str = "model.onnx";
/// The signature of [`MODEL`], where there is one.
pub(crate) const MODEL_SIGNATURE: &str = "model.onnx.minisig";
/// The board's settings: what tells a card of ours from others.
pub(crate) const SETTINGS: &str = "board.toml";
