//! The two boards that can be emulated, by name.

use clap::ValueEnum;

/// Which board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Machine {
    /// qemu's own board: the card as a virtio disk, an HDA microphone that hears live
    Virt,
    /// A Raspberry Pi 3B: the card in its SD slot, the microphone a loop inside the guest
    Raspi3b,
}

impl Machine {
    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Virt => "virt",
            Self::Raspi3b => "raspi3b",
        }
    }

    /// The device tree that the firmware would hand to the kernel; `virt` makes its own.
    pub(crate) fn device_tree(self) -> Option<&'static str> {
        match self {
            Self::Virt => None,
            Self::Raspi3b => Some("bcm2837-rpi-3-b.dtb"),
        }
    }
}
