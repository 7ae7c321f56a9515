//! The card: a copy of the image for this run, and what the emulator takes out of it in the firmware's stead.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::machine::Machine;
use super::sound::{Sound, wav_name};
use crate::disk::Disk;
use crate::flash::image::names::{INITRAMFS, KERNEL, MODEL};

/// What the guest writes when it records, on the card.
const RECORDING: &str = "heard.wav";

/// The copy, and the files out of it.
#[derive(Debug)]
pub(crate) struct Card {
    pub(crate) card: PathBuf,
    pub(crate) kernel: PathBuf,
    pub(crate) initramfs: PathBuf,
    pub(crate) device_tree: Option<PathBuf>,
    /// The model that the board runs.
    pub(crate) model: PathBuf,
    /// The guest is to keep what it hears.
    pub(crate) records: bool,
}

impl Card {
    /// Copies `image` into `folder`, with the sounds on it where the machine plays them itself.
    ///
    /// # Errors
    /// An image that is not ours or lacks a file, no room on it for the sounds, a disk that is full.
    pub(crate) fn prepare(
        image: &Path,
        machine: Machine,
        sounds: &[Sound],
        records: bool,
        folder: &Path,
    ) -> Result<Self> {
        let disk = Disk::open_to_read(image)?;
        let take = |name: &str| -> Result<PathBuf> {
            let bytes = disk.read(name).with_context(|| {
                format!(
                    "{} is no card image of tools/flash --image, or an old one",
                    image.display()
                )
            })?;
            let path = folder.join(name);
            fs::write(&path, bytes)
                .with_context(|| format!("could not write {}", path.display()))?;
            Ok(path)
        };
        let this = Self {
            card: folder.join("card.img"),
            kernel: take(KERNEL)?,
            initramfs: take(INITRAMFS)?,
            device_tree: machine.device_tree().map(take).transpose()?,
            model: take(MODEL)?,
            records,
        };
        fs::copy(image, &this.card)
            .with_context(|| format!("could not copy {}", image.display()))?;
        if machine == Machine::Raspi3b {
            put_sounds(&this.card, sounds)?;
        }
        grow_to_power_of_two(&this.card)?;
        Ok(this)
    }

    /// Copies what the guest recorded to `target`; the guest must have stopped.
    ///
    /// # Errors
    /// The card holds no recording, or `target` can't be written.
    pub(crate) fn keep_recording(&self, target: &Path) -> Result<()> {
        let bytes = Disk::open_to_read(&self.card)?
            .read(RECORDING)
            .context("the guest left no recording")?;
        fs::write(target, bytes).with_context(|| format!("could not write {}", target.display()))
    }
}

fn put_sounds(card: &Path, sounds: &[Sound]) -> Result<()> {
    let mut disk = Disk::open(card)?;
    for (index, sound) in sounds.iter().enumerate() {
        let bytes = fs::read(&sound.wav)
            .with_context(|| format!("could not read {}", sound.wav.display()))?;
        let (needed, free) = (bytes.len() as u64, disk.free_bytes()?);
        ensure!(
            needed < free,
            "{} takes {needed} bytes as WAV and the image has room for {free}: play fewer files, or --seconds of each",
            sound.name
        );
        disk.write(&format!("play/{}", wav_name(index)), &bytes)?;
    }
    disk.finish()
}

/// qemu takes no other size for an SD card. The length alone changes: sparse, and behind the last partition.
fn grow_to_power_of_two(card: &Path) -> Result<()> {
    let grow = || -> std::io::Result<()> {
        let file = OpenOptions::new().write(true).open(card)?;
        let bytes = file.metadata()?.len();
        file.set_len(bytes.next_power_of_two())
    };
    grow().with_context(|| format!("could not lengthen {}", card.display()))
}

#[cfg(test)]
mod tests {
    use super::{Card, RECORDING};
    use crate::disk::Disk;
    use crate::emulate::machine::Machine;
    use crate::emulate::sound::Sound;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    const MIB: u64 = 1 << 20;

    fn image(folder: &Path, files: &[&str]) -> PathBuf {
        let path = folder.join("board.img");
        let mut disk = Disk::create(&path, 48 * MIB, "NEEDLEDROP").unwrap();
        for name in files {
            disk.write(name, name.as_bytes()).unwrap();
        }
        disk.finish().unwrap();
        path
    }

    fn sound(folder: &Path, bytes: usize) -> Sound {
        let wav = folder.join("sound");
        std::fs::write(&wav, vec![7; bytes]).unwrap();
        Sound {
            name: "rock/a.ogg".to_owned(),
            wav,
            length: Duration::from_secs(1),
        }
    }

    const FILES: [&str; 4] = [
        "kernel8.img",
        "initramfs.img",
        "model.onnx",
        "bcm2837-rpi-3-b.dtb",
    ];

    #[test]
    fn the_card_is_the_image_and_its_sounds_and_gives_the_recording_back() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let image = image(from.path(), &FILES);
        let before = std::fs::read(&image).unwrap();
        let sounds = [sound(from.path(), 100), sound(from.path(), 100)];
        let card = Card::prepare(&image, Machine::Raspi3b, &sounds, true, to.path()).unwrap();
        assert_eq!(std::fs::read(&card.kernel).unwrap(), b"kernel8.img");
        assert_eq!(
            std::fs::read(card.device_tree.as_ref().unwrap()).unwrap(),
            b"bcm2837-rpi-3-b.dtb"
        );
        assert_eq!(std::fs::metadata(&card.card).unwrap().len(), 64 * MIB);
        let played = Disk::open_to_read(&card.card)
            .unwrap()
            .list("play")
            .unwrap();
        let names: Vec<&str> = played.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["0001.wav", "0002.wav"]);
        assert_eq!(
            std::fs::read(&image).unwrap(),
            before,
            "the image itself stays as it is"
        );

        let target = to.path().join("kept.wav");
        let error = card.keep_recording(&target).unwrap_err();
        assert!(format!("{error:#}").contains("no recording"), "{error:#}");
        let mut disk = Disk::open(&card.card).unwrap();
        disk.write(RECORDING, b"RIFF").unwrap();
        disk.finish().unwrap();
        card.keep_recording(&target).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"RIFF");
    }

    #[test]
    fn images_that_will_not_do_are_refused_by_name() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let refused = |image: &Path, sounds: &[Sound]| {
            let error = Card::prepare(image, Machine::Raspi3b, sounds, false, to.path());
            format!("{:#}", error.unwrap_err())
        };
        let lacking = image(from.path(), &FILES[..3]);
        assert!(refused(&lacking, &[]).contains("bcm2837-rpi-3-b.dtb"));
        let large = sound(from.path(), 60 << 20);
        let whole = image(from.path(), &FILES);
        assert!(refused(&whole, &[large]).contains("rock/a.ogg takes 62914560 bytes"));
        let other = from.path().join("other.img");
        std::fs::write(&other, vec![0; MIB as usize]).unwrap();
        assert!(refused(&other, &[]).contains("no card image"));
    }
}
