//! An SD card image: everything a Raspberry Pi needs to listen and to say what it hears, without a system to install.
//!
//! Debian packages, the board's program and a model go in; `debian` unpacks the packages, `initramfs` puts the board's system
//! together, `contents` what lies beside it on the FAT partition, [`crate::disk`] writes the image. Nothing here depends on the clock,
//! on names of folders or on who runs it: the same inputs give the same bytes.

mod contents;
mod cpio;
mod debian;
mod elf;
mod initramfs;
mod libraries;
mod licences;
mod modules;

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
pub use contents::LABEL;
use debian::Packages;
use tempfile::NamedTempFile;

use super::model::BoardModel;
use super::program::Program;

/// What an image is made of.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The board's program.
    pub program: &'a Program,
    /// The model it runs.
    pub model: &'a BoardModel,
    /// Licences and notices of the crates that the program is linked with.
    pub crates: &'a str,
    /// Folder of Debian packages.
    pub inputs: &'a Path,
}

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
    Target::new(out).map(|_| ())
}

/// Makes the image `out`; a file of that name is replaced once all is written.
///
/// # Errors
/// A package that is missing or damaged, a kernel without what a board needs, no room.
pub fn build(parts: &Parts<'_>, out: &Path) -> Result<Image> {
    let target = Target::new(out)?;
    let scratch = tempfile::tempdir().context("could not make a temporary folder")?;
    let packages = Packages::unpack(parts.inputs, scratch.path())?;
    let files = contents::files(parts, &packages)?;
    let size_bytes = contents::write(target.file.path(), &files)?;
    target.place()?;
    let kernel = packages.get("linux-image-")?;
    Ok(Image {
        size_bytes,
        contents_bytes: files.iter().map(|(_, bytes)| bytes.len() as u64).sum(),
        initramfs_bytes: files
            .iter()
            .find(|(name, _)| name == "initramfs.img")
            .map_or(0, |(_, bytes)| bytes.len() as u64),
        kernel: format!("{} {}", kernel.name, kernel.version),
    })
}

/// A file beside the image's place, which takes it when it is whole.
struct Target {
    file: NamedTempFile,
    out: PathBuf,
}

impl Target {
    fn new(out: &Path) -> Result<Self> {
        if let Ok(there) = fs::metadata(out) {
            let kind = there.file_type();
            if kind.is_block_device() {
                bail!(
                    "{} is a device: --image makes a file, --sd writes a card",
                    out.display()
                );
            }
            if !kind.is_file() {
                bail!(
                    "{} is there and is no file: give another name",
                    out.display()
                );
            }
        }
        let folder = match out.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new()
            .prefix(".needledrop-")
            .suffix(".img")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .with_context(|| format!("could not write to {}", folder.display()))?;
        Ok(Self {
            file,
            out: out.to_owned(),
        })
    }

    fn place(self) -> Result<()> {
        self.file
            .as_file()
            .sync_all()
            .with_context(|| format!("could not finish {}", self.out.display()))?;
        self.file
            .persist(&self.out)
            .map(|_| ())
            .with_context(|| format!("could not put the image at {}", self.out.display()))
    }
}
