//! Writes a card image to an SD card, and reads every byte back.
//!
//! [`disk_facts`] asks the kernel what a disk is, [`rules`] says no to all that is not an unused card, then a person
//! says yes, [`copy`] writes and compares, `direct` makes sure that it is the card that is read.

pub mod copy;
mod direct;
pub mod disk_facts;
pub mod rules;

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, bail};
use direct::DirectReader;
use disk_facts::{Disk, Machine};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rules::{described, size_text};
use rustix::fs::OFlags;

use crate::flash::image::names::{KERNEL, SETTINGS};
use crate::flash::talk::say;
use crate::{disk, stop};

/// A card that may be written: every rule was kept when it was looked at. Two are equal when they are the same disk as
/// it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Card {
    disk: Disk,
}

impl Card {
    /// Looks at a device and at the rules. `image_bytes` is 0 while the image is still to be made.
    ///
    /// # Errors
    /// One sentence that says why it is not written.
    pub fn find(machine: &Machine, device: &Path, image_bytes: u64) -> Result<Self> {
        let disk = Disk::find(machine, device)?;
        rules::check(machine, &disk, image_bytes)?;
        Ok(Self { disk })
    }

    /// Whether this user may write it.
    pub fn is_writable(&self) -> bool {
        let open = OpenOptions::new().write(true).open(&self.disk.path);
        !open.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    }

    /// What it is and what is on it, as far as that can be seen.
    pub fn description(&self) -> String {
        let name = self.disk.path.display();
        let what = described(&self.disk);
        let parts: Vec<String> = self
            .disk
            .parts
            .iter()
            .map(|part| format!("{} {}", part.name, size_text(part.size_bytes)))
            .collect();
        let contents = match (parts.len(), self.is_ours()) {
            (_, true) => "an earlier needledrop card".to_owned(),
            (0, _) => "no partitions".to_owned(),
            (1, _) => format!("a partition: {}", parts.join("")),
            (count, _) => format!("{count} partitions: {}", parts.join(", ")),
        };
        format!("{name}: {what}; on it: {contents}")
    }

    fn is_ours(&self) -> bool {
        disk::Disk::open_to_read(&self.disk.path).is_ok_and(|disk| disk.has(SETTINGS))
    }

    /// Asks a person, who types the device's name.
    ///
    /// # Errors
    /// Nobody is there to ask, or `stop` became true.
    pub fn ask(&self, stop: &AtomicBool) -> Result<bool> {
        if !io::stdin().is_terminal() {
            bail!("nobody is here to ask: run this again with --yes");
        }
        let name = &self.disk.whole.name;
        eprint!("everything on it will be lost; type {name} to write it: ");
        io::stderr().flush().context("could not ask")?;
        let answer = stop::read_line(stop)?;
        let answer = answer.trim();
        Ok(answer == name || Path::new(answer) == self.disk.path)
    }

    /// Writes the image and reads it back; whether it came back as it was.
    ///
    /// # Errors
    /// The image or the card can't be opened, read or written, or `stop` became true.
    pub fn write(&self, image: &Path, stop: &AtomicBool) -> Result<bool> {
        let path = &self.disk.path;
        let open_image =
            || File::open(image).with_context(|| format!("could not read {}", image.display()));
        let mut source = open_image()?;
        let size_bytes = source
            .metadata()
            .with_context(|| format!("could not read {}", image.display()))?
            .len();
        // Exclusive: the kernel itself refuses a disk that someone uses, or began to use just now.
        let mut target = OpenOptions::new()
            .write(true)
            .custom_flags(OFlags::EXCL.bits().cast_signed())
            .open(path)
            .map_err(|error| match error.kind() {
                io::ErrorKind::ResourceBusy => anyhow::anyhow!(
                    "{} is in use: close what uses it and run this again",
                    path.display()
                ),
                _ => anyhow::Error::new(error).context(format!(
                    "could not open {} for writing; run this as root, or with sudo",
                    path.display()
                )),
            })?;
        // After the last byte there is nothing left to stop.
        let unless_stopped = |bytes, left: &str| match stop::check(stop) {
            Err(stopped) if bytes < size_bytes => bail!("{stopped}: {left}"),
            _ => Ok(()),
        };
        let bar = bar("writing", size_bytes);
        copy::write(&mut source, size_bytes, &mut target, |bytes| {
            bar.set_position(bytes);
            unless_stopped(bytes, "the card is not usable as it is, run this again")
        })?;
        bar.finish();

        let bar = self::bar("reading back", size_bytes);
        let mut disk = DirectReader::open(path)
            .with_context(|| format!("could not open {} to read it back", path.display()))?;
        let found = copy::compare(&mut open_image()?, size_bytes, &mut disk, |bytes| {
            bar.set_position(bytes);
            unless_stopped(
                bytes,
                "the card is written, but was not read back to its end",
            )
        })?;
        bar.finish();
        // Not before: when the last writer closes a disk, a desktop looks at it anew, and may mount and mark it.
        drop(target);
        if let Some(mismatch) = found {
            say(format_args!(
                "byte {} of {} was written as {:#04x} and read back as {:#04x}: do not use this card, try another one",
                mismatch.offset,
                path.display(),
                mismatch.expected,
                mismatch.actual
            ));
        }
        Ok(found.is_none())
    }
}

/// Whether a file is an image of `tools/flash --image`, and its size.
///
/// # Errors
/// It is none, or can't be read.
pub fn check_image(path: &Path) -> Result<u64> {
    let image = disk::Disk::open_to_read(path)?;
    if !image.has(KERNEL) || !image.has(SETTINGS) {
        bail!(
            "{} is not a card image of needledrop: tools/flash --image makes one",
            path.display()
        );
    }
    let metadata =
        std::fs::metadata(path).with_context(|| format!("could not read {}", path.display()))?;
    if metadata.len() < image.end_bytes() {
        bail!(
            "{} is cut short: its partition ends at byte {}, the file at {}; make it again with tools/flash --image",
            path.display(),
            image.end_bytes(),
            metadata.len()
        );
    }
    Ok(metadata.len())
}

fn bar(what: &'static str, size_bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(size_bytes), ProgressDrawTarget::stderr());
    let style = "{prefix:>12} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_prefix(what);
    bar
}
