//! Which disks may be written over: cards and sticks that nothing uses. `--yes` does not change these rules.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::disk_facts::{Disk, Machine, Part};
use crate::flash::talk::MEGABYTE_BYTES;

/// The kind of device of an SD card, as its driver says it.
const SD_CARD: &str = "SD";

/// Says no in one sentence, or nothing.
///
/// # Errors
/// Not a card, not in order, too small, or in use.
pub fn check(machine: &Machine, disk: &Disk, image_bytes: u64) -> Result<()> {
    let name = disk.path.display();
    if disk.is_virtual {
        bail!(
            "{name} is not hardware but a disk that Linux makes up (loop, device mapper, memory): give a card reader's"
        );
    }
    let is_card = disk.mmc_kind == SD_CARD;
    let is_soldered = !disk.mmc_kind.is_empty() && !is_card;
    if is_soldered || !(disk.is_removable || is_card) {
        bail!(
            "{name} ({}) can't be taken out of this machine: only cards and USB sticks are written",
            described(disk)
        );
    }
    if disk.whole.size_bytes == 0 {
        bail!("there is no card in {name}: put one in and run this again");
    }
    if disk.is_read_only {
        bail!("{name} can't be written: move the small switch on the card's side");
    }
    if disk.whole.size_bytes < image_bytes {
        bail!(
            "the image has {image_bytes} bytes, {name} only {}: take a larger card",
            disk.whole.size_bytes
        );
    }
    check_unused(machine, disk)
}

/// Maker, model and size.
pub fn described(disk: &Disk) -> String {
    let size = size_text(disk.whole.size_bytes);
    match disk.model.as_str() {
        "" => size,
        model => format!("{model}, {size}"),
    }
}

/// A size as it is printed on cards.
pub fn size_text(bytes: u64) -> String {
    const GIGABYTE: f64 = 1e9;
    let bytes = bytes as f64;
    if bytes < GIGABYTE {
        format!("{:.0} MB", bytes / MEGABYTE_BYTES as f64)
    } else {
        format!("{:.1} GB", bytes / GIGABYTE)
    }
}

fn check_unused(machine: &Machine, disk: &Disk) -> Result<()> {
    let parts = || std::iter::once(&disk.whole).chain(&disk.parts);
    let mounts = machine.proc.join("self/mountinfo");
    for line in read(&mounts)?.lines() {
        let Some(mount) = Mount::parse(line) else {
            continue;
        };
        if let Some(part) = parts().find(|part| mount.is_of(part)) {
            let place = mount.place.display();
            if [Path::new("/"), Path::new("/boot")].contains(&mount.place.as_path()) {
                bail!(
                    "/dev/{} is this machine's own {place}: it is never written",
                    part.name
                );
            }
            bail!(
                "/dev/{} is mounted at {place}: save what you need, run umount /dev/{} and this again",
                part.name,
                part.name
            );
        }
    }
    let swaps = machine.proc.join("swaps");
    for line in read(&swaps)?.lines().skip(1) {
        let device = line.split_whitespace().next().unwrap_or_default();
        if let Some(part) = parts().find(|part| is_device(device, part)) {
            bail!(
                "/dev/{} is swap space in use: run swapoff /dev/{} and this again",
                part.name,
                part.name
            );
        }
    }
    if let Some((part, holder)) = parts().find_map(|part| Some((part, part.holders.first()?))) {
        bail!(
            "/dev/{} is in use by {holder} (encryption, RAID or LVM): close that and run this again",
            part.name
        );
    }
    Ok(())
}

/// A line of mountinfo, as far as it matters here.
struct Mount {
    number: String,
    place: PathBuf,
    source: String,
}

impl Mount {
    /// Fields: ids, number, root, place, options, optional ones up to a dash, kind, source.
    fn parse(line: &str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(2);
        let number = before.next()?.to_owned();
        let place = before.nth(1)?.replace("\\040", " ").into();
        let source = after.split(' ').nth(1)?.to_owned();
        Some(Self {
            number,
            place,
            source,
        })
    }

    /// Some file systems (btrfs) have a number of their own, so the source counts, too.
    fn is_of(&self, part: &Part) -> bool {
        self.number == part.number || is_device(&self.source, part)
    }
}

fn is_device(path: &str, part: &Part) -> bool {
    path.strip_prefix("/dev/") == Some(&part.name)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))
}
