//! The two boards of qemu: what is plugged into them, and what their kernel is told.

use std::ffi::OsString;
use std::path::Path;

use clap::ValueEnum;

use super::card::Card;

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

    /// The kernel's command line. Port and microphone are what the image finds by itself, as on a real board.
    pub(crate) fn kernel_words(self, records: bool) -> String {
        // The console is never the port that carries the records. On a Raspberry Pi 3 the first UART is the Bluetooth
        // chip's, so the console can have it, to write alone: what comes in goes to the driver of that chip.
        let mut words = match self {
            Self::Virt => "console=ttyS0 needledrop.stop=console",
            // Emulated processors wait for each other more than they work where this machine has few: three of the
            // four stay idle, and the guest takes a quarter of the time.
            Self::Raspi3b => {
                "console=ttyAMA0,115200 isolcpus=1-3 needledrop.play=1 needledrop.stop=played"
            }
        }
        .to_owned();
        words.push_str(" loglevel=7 panic=-1");
        if records {
            words.push_str(" needledrop.record=1");
        }
        words
    }

    /// qemu's arguments. Whatever is the first serial port to qemu, `console` and `uart` are the sockets of both roles.
    pub(crate) fn qemu_arguments(self, card: &Card, console: &Path, uart: &Path) -> Vec<OsString> {
        let mut all = Arguments(Vec::new());
        all.words("-display none -monitor none -nodefaults -no-reboot -kernel");
        all.path("", &card.kernel);
        all.words("-initrd");
        all.path("", &card.initramfs);
        all.words("-chardev");
        all.path("socket,id=console,path=", console);
        all.words("-chardev");
        all.path("socket,id=uart,path=", uart);
        match self {
            Self::Virt => {
                // One processor, for the reason above.
                all.words("-M virt -cpu cortex-a53 -m 512 -smp 1 -nic none");
                all.words("-serial chardev:uart -device pci-serial,chardev=console");
                all.words("-audiodev");
                all.words(AUDIO);
                all.words("-device intel-hda -device hda-micro,audiodev=sound,mixer=off");
                all.words("-drive");
                all.path("if=virtio,format=raw,file=", &card.card);
            }
            Self::Raspi3b => {
                all.words("-M raspi3b -dtb");
                all.path("", card.device_tree.as_deref().unwrap_or(Path::new("")));
                all.words("-serial chardev:console -serial chardev:uart -drive");
                all.path("if=sd,format=raw,file=", &card.card);
            }
        }
        all.words("-append");
        all.0.push(self.kernel_words(card.records).into());
        all.0
    }
}

/// qemu's sound: ALSA's default input, which is PulseAudio's sink. `try-poll=off`: the plugin's descriptors are no good for polling.
const AUDIO: &str = "alsa,id=sound,in.dev=default,out.dev=null,in.try-poll=off,in.frequency=44100";

struct Arguments(Vec<OsString>);

impl Arguments {
    fn words(&mut self, text: &str) {
        self.0.extend(text.split_whitespace().map(OsString::from));
    }

    /// One argument that ends with a path; qemu wants a comma doubled there.
    fn path(&mut self, before: &str, path: &Path) {
        let mut argument = OsString::from(before);
        if before.is_empty() {
            argument.push(path);
        } else {
            argument.push(path.to_string_lossy().replace(',', ",,"));
        }
        self.0.push(argument);
    }
}
