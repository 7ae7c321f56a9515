//! What the kernel says about a disk: files of sysfs in, sizes in bytes and yes or no out.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// sysfs counts in these, whatever the disk's own sectors are.
const SYSFS_SECTOR_BYTES: u64 = 512;

/// Where to look: the machine's own folders, or those of a test.
#[derive(Debug, Clone)]
pub struct Machine {
    /// sysfs.
    pub sys: PathBuf,
    /// The proc file system.
    pub proc: PathBuf,
    /// In tests a file may stand for a disk.
    pub files_are_disks: bool,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        Self {
            sys: "/sys".into(),
            proc: "/proc".into(),
            files_are_disks: false,
        }
    }
}

/// A part of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The kernel's name, as in `sdb1`.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its number, `8:17`.
    pub number: String,
    /// What stands on it: device mapper, RAID, encryption.
    pub holders: Vec<String>,
}

/// A whole disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// What was asked for, links followed.
    pub path: PathBuf,
    /// The disk as a part of itself.
    pub whole: Part,
    /// Its partitions, by name.
    pub parts: Vec<Part>,
    /// Maker and model, as far as it says them.
    pub model: String,
    /// Counts the media that were put in, where the kernel does (Linux 5.15).
    pub sequence: String,
    /// It says of itself that it can be taken out.
    pub is_removable: bool,
    /// `SD` for a card in the machine's own reader, `MMC` for a chip soldered in; empty for others.
    pub mmc_kind: String,
    /// It is not hardware: loop, device mapper, memory.
    pub is_virtual: bool,
    /// It can't be written.
    pub is_read_only: bool,
}

impl Disk {
    /// Looks a disk up.
    ///
    /// # Errors
    /// No block device, or a partition.
    pub fn find(machine: &Machine, device: &Path) -> Result<Self> {
        let shown = device.display();
        let path = fs::canonicalize(device).with_context(|| {
            format!("there is no {shown}; lsblk shows the disks of this machine")
        })?;
        let metadata = fs::metadata(&path).with_context(|| format!("could not look at {shown}"))?;
        let is_device = metadata.file_type().is_block_device();
        if !is_device && !machine.files_are_disks {
            bail!(
                "{shown} is no disk: --sd takes a card reader's, such as /dev/sdX; --image makes a file"
            );
        }
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let folder = machine.sys.join("class/block").join(&name);
        if !folder.exists() {
            bail!("the kernel knows no disk {name} ({shown})");
        }
        let folder = fs::canonicalize(&folder)
            .with_context(|| format!("could not look at {}", folder.display()))?;
        if folder.join("partition").exists() {
            let whole = folder.parent().and_then(Path::file_name);
            let whole =
                whole.map_or_else(String::new, |whole| whole.to_string_lossy().into_owned());
            bail!("{shown} is a partition: a card is written as a whole, give /dev/{whole}");
        }
        let whole = part(&folder)?;
        if is_device && whole.number != number(metadata.rdev()) {
            bail!(
                "{shown} is device {}, the kernel's {name} is {}: give the disk's own name in /dev",
                number(metadata.rdev()),
                whole.number
            );
        }
        let mut parts = Vec::new();
        for entry in list(&folder)? {
            if entry.join("partition").exists() {
                parts.push(part(&entry)?);
            }
        }
        parts.sort_by(|one, other| one.name.cmp(&other.name));
        let maker = text(&folder.join("device/vendor"));
        let model = text(&folder.join("device/model"));
        let card_name = text(&folder.join("device/name"));
        Ok(Self {
            path,
            whole,
            parts,
            model: format!("{maker} {model} {card_name}").trim().to_owned(),
            sequence: text(&folder.join("diskseq")),
            is_removable: text(&folder.join("removable")) == "1",
            mmc_kind: text(&folder.join("device/type")),
            is_virtual: folder
                .components()
                .any(|part| part.as_os_str() == "virtual"),
            is_read_only: text(&folder.join("ro")) == "1",
        })
    }
}

fn part(folder: &Path) -> Result<Part> {
    let size = text(&folder.join("size"));
    let sectors: u64 = size
        .parse()
        .with_context(|| format!("{} has size {size:?}", folder.display()))?;
    let holders = folder.join("holders");
    let holders = if holders.exists() {
        list(&holders)?
    } else {
        Vec::new()
    };
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    Ok(Part {
        name: name(folder),
        size_bytes: sectors * SYSFS_SECTOR_BYTES,
        number: text(&folder.join("dev")),
        holders: holders.iter().map(|path| name(path)).collect(),
    })
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<std::io::Result<Vec<_>>>()
        })
        .with_context(|| format!("could not list {}", folder.display()))
}

/// A file of one word or line; empty where it is not there, as many are not.
fn text(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// A device number as sysfs writes it.
fn number(rdev: u64) -> String {
    format!("{}:{}", rustix::fs::major(rdev), rustix::fs::minor(rdev))
}
