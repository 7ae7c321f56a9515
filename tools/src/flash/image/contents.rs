//! What lies on the card's FAT partition: firmware, device trees, kernel, initramfs, model, and what a person may edit.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, ensure};

use super::debian::{Package, Packages};
use super::parts::Parts;
use super::{initramfs, licences, names};
use crate::disk::Disk;
use crate::stop;

/// The partition's label, as a PC shows it.
const LABEL: &str = "NEEDLEDROP";

/// What a person may edit, as it is on a new card.
const TEXTS: [(&str, &str); 5] = [
    ("README.txt", include_str!("../../../image/README.txt")),
    (names::SETTINGS, include_str!("../../../image/board.toml")),
    ("cmdline.txt", include_str!("../../../image/cmdline.txt")),
    ("config.txt", include_str!("../../../image/config.txt")),
    ("mixer.txt", include_str!("../../../image/mixer.txt")),
];

/// The GPU's programs: Pi 3 and Zero 2 W have the first three, Pi 4 the others. The larger ones, with codecs and
/// camera, stay behind.
const FIRMWARE: [&str; 5] = [
    "bootcode.bin",
    "start.elf",
    "fixup.dat",
    "start4.elf",
    "fixup4.dat",
];
/// Device trees of the boards that can start from the card. Pi 5 (bcm2712) is not among them: Debian's kernels
/// have no driver for the chip that its header and USB sockets are on.
const DEVICE_TREES: [&str; 2] = ["bcm2837-rpi-", "bcm2711-rpi-"];

/// What a plain arm64 kernel has in its header, and where.
const IMAGE_MAGIC: &[u8] = b"ARMd";
const IMAGE_MAGIC_AT: usize = 56;

/// Not smaller than this, whatever is on it: a player's music and a recording of some minutes fit beside it.
const SMALLEST_BYTES: u64 = 128 << 20;
/// Left free beside a large model.
const SPARE_BYTES: u64 = 32 << 20;
/// Sizes are multiples of this.
const STEP_BYTES: u64 = 4 << 20;

/// A file of the card.
pub(super) type File = (String, Vec<u8>);

/// All files of the card, in the order in which they are written.
pub(super) fn files(parts: &Parts<'_>, packages: &Packages) -> Result<Vec<File>> {
    let mut files: Vec<File> = Vec::new();
    let mut put = |name: &str, bytes: Vec<u8>| files.push((name.to_owned(), bytes));

    let firmware = packages.get("raspi-firmware")?;
    for name in FIRMWARE {
        let path = firmware.folder.join("usr/lib/raspi-firmware").join(name);
        put(name, read(&path)?);
    }
    let kernel = packages.kernel()?;
    for (name, bytes) in device_trees(kernel)? {
        put(&name, bytes);
    }
    let version = kernel.kernel_version();
    let image = read(&kernel.folder.join(format!("boot/vmlinuz-{version}")))?;
    ensure!(
        image.get(IMAGE_MAGIC_AT..IMAGE_MAGIC_AT + IMAGE_MAGIC.len()) == Some(IMAGE_MAGIC),
        "the kernel of {} {} is packed in a way that a Raspberry Pi's firmware does not read: take Debian 12's or 13's",
        kernel.name,
        kernel.version
    );
    put(names::KERNEL, image);
    put(
        names::INITRAMFS,
        initramfs::build(&parts.program.bytes, packages)?,
    );
    put(names::MODEL, parts.model.onnx.clone());
    if let Some(signature) = &parts.model.signature {
        put(names::MODEL_SIGNATURE, signature.clone());
    }
    if let Some(card) = &parts.model.card {
        put("model.md", card.clone());
    }
    for (name, text) in TEXTS {
        put(name, text.as_bytes().to_vec());
    }
    for (name, notice) in &parts.model.notices {
        put(&format!("model-{name}"), notice.clone());
    }
    put("CRATES.txt", parts.crates.as_bytes().to_vec());
    put("INPUTS.txt", licences::inputs(parts, packages).into_bytes());
    put("LICENCES.txt", licences::texts(packages)?.into_bytes());
    Ok(files)
}

/// Writes them to a new image of the size they need.
pub(super) fn write(path: &Path, files: &[File], stop: &AtomicBool) -> Result<u64> {
    let contents_bytes: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let size_bytes = (contents_bytes + SPARE_BYTES)
        .next_multiple_of(STEP_BYTES)
        .max(SMALLEST_BYTES);
    let mut disk = Disk::create(path, size_bytes, LABEL)?;
    for (name, bytes) in files {
        stop::check(stop)?;
        disk.write(name, bytes)?;
    }
    disk.finish()?;
    Ok(size_bytes)
}

fn device_trees(kernel: &Package) -> Result<Vec<File>> {
    // The package has one folder there, named after its version.
    let top = kernel.folder.join("usr/lib").join(&kernel.name);
    let folder = top.join("broadcom");
    let mut trees = Vec::new();
    let listing =
        fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))?;
    for entry in listing {
        let entry = entry.with_context(|| format!("could not list {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let wanted = DEVICE_TREES.iter().any(|prefix| name.starts_with(prefix));
        if wanted && name.ends_with(".dtb") {
            trees.push((name, read(&entry.path())?));
        }
    }
    ensure!(
        !trees.is_empty(),
        "package {} has no device trees of a Raspberry Pi: take linux-image-arm64 of Debian",
        kernel.name
    );
    // A folder's order is its file system's.
    trees.sort();
    Ok(trees)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("could not read {}", path.display()))
}
