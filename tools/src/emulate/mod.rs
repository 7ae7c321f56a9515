//! A whole board in qemu: an image of `tools/flash --image` boots, hears real music, and its records are verified.
//!
//! ```text
//! image -> copy of the card -> kernel8.img, initramfs.img, model.onnx -> qemu: virt or raspi3b
//! audio -> 16-bit mono 44.1 kHz -> PulseAudio -> HDA microphone          (virt, live)
//!                              `-> /play of the card -> snd-aloop        (raspi3b)
//! header's UART -> monitor's session (checksum, sequence) -> one line a record
//! console       -> log, and what the guest says about itself
//! /heard.wav    -> needledrop-device replay -> compared with what the board said
//! ```
//!
//! Order: [`Options`] are checked and every file is read before anything starts; the guest runs through the phases of
//! `course`; then the recording is read off the card, and the verdict is the last line. Everything started here ends
//! with this program, however that ends: see `child`.

mod build;
mod card;
mod child;
mod compare;
mod console;
mod course;
mod guest;
mod listen;
mod machine;
mod options;
mod play;
mod programs;
mod pulse;
mod qemu;
mod replay;
mod sound;
mod verdict;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context as _, Result};

pub use machine::Machine;
pub use options::Options;
pub use pulse::Pulse;

use card::Card;
use course::{Course, End};
use guest::{Guest, Logs};
use listen::{Heard, listen, show_console};
use play::Player;
use sound::Sound;

/// Boots the board, plays, listens, compares; whether everything was as it should be.
///
/// `stop` is looked at all the time: once it is set, everything is ended and what was heard so far is judged.
///
/// # Errors
/// A program that is missing, a file that can't be used, a disk that is full.
pub fn emulate(options: &Options, stop: &AtomicBool, out: &mut dyn Write) -> Result<bool> {
    options.check()?;
    programs::require(options.machine)?;
    let scratch = tempfile::Builder::new()
        .prefix("needledrop-emulate-")
        .tempdir()
        .context("could not make a folder for temporary files")?;
    let sounds = sound::convert_all(&options.play, options.seconds, scratch.path())?;
    fs::create_dir_all(&options.folder)
        .with_context(|| format!("could not make the folder {}", options.folder.display()))?;
    let image = match &options.image {
        Some(image) => image.clone(),
        None => build::image(options)?,
    };
    let recording = match &options.record {
        Some(file) => Some((file, build::replayer(options)?)),
        None => None,
    };
    let records = recording.is_some();
    let card = Card::prepare(&image, options.machine, &sounds, records, scratch.path())?;
    let heard = boot_and_listen(options, &card, sounds, scratch.path(), stop, out)?;
    let mut good = verdict::is_good(&heard);
    if let (Some((file, program)), End::Done) = (recording, &heard.end) {
        card.keep_recording(file)?;
        let replayed = replay::replay(&program, &card.model, file)?;
        good &= replay::report(file, &heard.records, &replayed, out)?;
    }
    verdict::say(&heard, out)?;
    Ok(good)
}

/// The run; qemu and PulseAudio have ended when it returns.
fn boot_and_listen(
    options: &Options,
    card: &Card,
    sounds: Vec<Sound>,
    folder: &Path,
    stop: &AtomicBool,
    out: &mut dyn Write,
) -> Result<Heard> {
    let machine = options.machine;
    let logs = Logs {
        console: options
            .folder
            .join(format!("{}-console.log", machine.name())),
        records: options.log.clone(),
    };
    let playing = Player::length(&sounds);
    let mut player = match machine {
        Machine::Virt => Player::live(Pulse::start(folder)?, sounds),
        Machine::Raspi3b => Player::in_guest(sounds),
    };
    let mut guest = Guest::start(machine, card, player.pulse(), &logs, folder)?;
    let course = Course::new(playing, Instant::now());
    let heard = listen(&mut guest, &mut player, course, stop, out)?;
    match &heard.end {
        End::Done => {}
        End::Interrupted => eprintln!("emulate: interrupted"),
        End::Broken(why) => {
            show_console(&heard.console, &logs.console);
            eprintln!("emulate: {why}");
        }
    }
    Ok(heard)
}
