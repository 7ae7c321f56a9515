//! Names of the card's files that more than one program looks for.

/// The kernel, as the firmware of a Raspberry Pi looks for it.
pub const KERNEL: &str = "kernel8.img";
/// The board's system, which the firmware loads beside the kernel.
pub const INITRAMFS: &str = "initramfs.img";
/// The model that the board runs.
pub const MODEL: &str = "model.onnx";
/// The board's settings: what tells a card of ours from others.
pub const SETTINGS: &str = "board.toml";
