//! qemu's command line: a board and its card in, arguments out; what is plugged in, and what the kernel is told.

use std::ffi::OsString;
use std::path::Path;

use super::card::Card;
use super::machine::Machine;
use super::sound::RATE_HZ;

/// Whatever is the first serial port to qemu, `console` and `uart` are the sockets of both roles.
pub(crate) fn arguments(
    machine: Machine,
    card: &Card,
    console: &Path,
    uart: &Path,
) -> Vec<OsString> {
    let mut all = Arguments(Vec::new());
    all.words("-display none -monitor none -nodefaults -no-reboot -kernel");
    all.path("", &card.kernel);
    all.words("-initrd");
    all.path("", &card.initramfs);
    all.words("-chardev");
    all.path("socket,id=console,path=", console);
    all.words("-chardev");
    all.path("socket,id=uart,path=", uart);
    match machine {
        Machine::Virt => {
            // One processor: as for the other board, see `kernel_words`.
            all.words("-M virt -cpu cortex-a53 -m 512 -smp 1 -nic none");
            all.words("-serial chardev:uart -device pci-serial,chardev=console");
            all.words("-audiodev");
            all.words(&audio());
            all.words("-device intel-hda -device hda-micro,audiodev=sound,mixer=off");
            all.words("-drive");
            all.path("if=virtio,format=raw,file=", &card.card);
        }
        Machine::Raspi3b => {
            all.words("-M raspi3b -dtb");
            all.path("", card.device_tree.as_deref().unwrap_or(Path::new("")));
            all.words("-serial chardev:console -serial chardev:uart -drive");
            all.path("if=sd,format=raw,file=", &card.card);
        }
    }
    all.words("-append");
    all.0.push(kernel_words(machine, card.records).into());
    all.0
}

/// The kernel's command line. Port and microphone are what the image finds by itself, as on a real board.
fn kernel_words(machine: Machine, records: bool) -> String {
    // The console is never the port that carries the records. On a Raspberry Pi 3 the first UART is the Bluetooth
    // chip's, so the console can have it, to write alone: what comes in goes to the driver of that chip.
    let mut words = match machine {
        Machine::Virt => "console=ttyS0 needledrop.stop=console",
        // Emulated processors wait for each other more than they work where this machine has few: three of the
        // four stay idle, and the guest takes a quarter of the time.
        Machine::Raspi3b => {
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

/// qemu's sound: ALSA's default input, which is PulseAudio's sink. `try-poll=off`: the plugin's descriptors are no good
/// for polling.
fn audio() -> String {
    format!("alsa,id=sound,in.dev=default,out.dev=null,in.try-poll=off,in.frequency={RATE_HZ}")
}

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
