//! An SD card image: everything a Raspberry Pi needs to listen and to say what it hears, without a system to install.
//!
//! Debian packages, the board's program and a model go in; `debian` unpacks the packages, `initramfs` puts the board's
//! system together, `contents` what lies beside it on the FAT partition, [`crate::disk`] writes the image. Nothing here
//! depends on the clock, on names of folders or on who runs it: the same inputs give the same bytes.

mod contents;
mod cpio;
mod debian;
mod elf;
mod initramfs;
mod libraries;
mod licences;
mod modules;
pub(crate) mod names;
mod parts;

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, bail};
use debian::Packages;
pub use parts::Parts;

use super::whole_file::WholeFile;

/// What was made.
#[derive(Debug, Clone)]
pub struct Image {
    /// Size of the image.
    pub size_bytes: u64,
    /// What lies on it.
    pub contents_bytes: u64,
    /// What the board unpacks into its memory.
    pub initramfs_bytes: u64,
    /// The Debian kernel's package and version.
    pub kernel: String,
}

/// Whether an image can be put there: said before minutes of work.
///
/// # Errors
/// It is a device or a folder, or its folder is not there or may not be written.
pub fn check_target(out: &Path) -> Result<()> {
    target(out).map(|_| ())
}

/// Makes the image `out`; a file of that name is replaced once all is written.
///
/// # Errors
/// A package that is missing or damaged, a kernel without what a board needs, no room, or `stop` became true.
pub fn build(parts: &Parts<'_>, out: &Path, stop: &AtomicBool) -> Result<Image> {
    let target = target(out)?;
    let scratch = tempfile::tempdir().context("could not make a temporary folder")?;
    let packages = Packages::unpack(parts.inputs, scratch.path(), stop)?;
    let files = contents::files(parts, &packages)?;
    let size_bytes = contents::write(target.path(), &files, stop)?;
    target.put()?;
    let kernel = packages.kernel()?;
    Ok(Image {
        size_bytes,
        contents_bytes: files.iter().map(|(_, bytes)| bytes.len() as u64).sum(),
        initramfs_bytes: files
            .iter()
            .find(|(name, _)| name == names::INITRAMFS)
            .map_or(0, |(_, bytes)| bytes.len() as u64),
        kernel: format!("{} {}", kernel.name, kernel.version),
    })
}

fn target(out: &Path) -> Result<WholeFile> {
    if fs::metadata(out).is_ok_and(|there| there.file_type().is_block_device()) {
        bail!(
            "{} is a device: --image makes a file, --sd writes a card",
            out.display()
        );
    }
    WholeFile::begin(out)
}
