//! A disk image with one FAT32 partition, as a Raspberry Pi boots it: made, read and changed without root and without
//! mounting.
//!
//! Sector 0 is an MBR whose only partition begins at 1 MiB. Volume id, disk signature and the times of files are
//! constants: the same calls give the same bytes, wherever and whenever they are made.
//!
//! Order of calls: [`Disk::create`] or [`Disk::open`], any of the others, then [`Disk::finish`], which alone says
//! whether everything reached the file.

mod clock;
mod folder;
mod format;
mod mbr;
mod partition;

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clock::FIXED;
use fatfs::{FileSystem, FsOptions};
use partition::Partition;

/// A file or folder of the partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name alone.
    pub name: String,
    /// Its length; 0 for a folder.
    pub bytes: u64,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// An image whose partition is open. Paths inside have `/` between their parts.
pub struct Disk {
    path: PathBuf,
    filesystem: FileSystem<Partition>,
    /// The same partition, past the file system: for what `fatfs` gets wrong.
    partition: Partition,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Disk")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Disk {
    /// Makes an image of `size_bytes` (a multiple of 1 MiB) with an empty partition; a file of that name is replaced.
    ///
    /// # Errors
    /// A label that FAT can't hold, a size FAT32 can't have, a file that can't be written.
    pub fn create(path: &Path, size_bytes: u64, label: &str) -> Result<Self> {
        format::check_size(size_bytes)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .with_context(|| format!("could not create {}", path.display()))?;
        let partition = format::format(file, size_bytes, label)
            .with_context(|| format!("could not make a FAT32 in {}", path.display()))?;
        Self::mount(path, partition)
    }

    /// Opens an image, or a card, to read and write it.
    ///
    /// # Errors
    /// A file that can't be opened for writing or whose first partition is no FAT32.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, OpenOptions::new().read(true).write(true))
    }

    /// Opens an image, or a card, to read it; writing fails.
    ///
    /// # Errors
    /// A file that can't be opened or whose first partition is no FAT32.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        Self::open_with(path, OpenOptions::new().read(true))
    }

    /// Where the partition ends, from the beginning of the disk.
    pub fn end_bytes(&self) -> u64 {
        self.partition.end_bytes()
    }

    fn open_with(path: &Path, options: &OpenOptions) -> Result<Self> {
        let file = options
            .open(path)
            .with_context(|| format!("could not open {}", path.display()))?;
        let (start_bytes, size_bytes) = mbr::read(&file).with_context(|| {
            format!(
                "{} is no card image: tools/flash --image makes one",
                path.display()
            )
        })?;
        Self::mount(path, Partition::new(file, start_bytes, size_bytes))
    }

    fn mount(path: &Path, mut partition: Partition) -> Result<Self> {
        partition.rewind();
        let filesystem = FileSystem::new(partition.clone(), FsOptions::new().time_provider(&FIXED))
            .with_context(|| format!("the first partition of {} is no FAT32", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            filesystem,
            partition,
        })
    }

    /// The whole of one file.
    ///
    /// # Errors
    /// A file that is not there, or can't be read.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.filesystem
            .root_dir()
            .open_file(name)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .with_context(|| format!("could not read {name} of {}", self.path.display()))?;
        Ok(bytes)
    }

    /// Whether there is a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.filesystem.root_dir().open_file(name).is_ok()
    }

    /// Puts a file there, in place of one of that name; folders on its way are made.
    ///
    /// # Errors
    /// No room, or a file that can't be written.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut put = || -> std::io::Result<()> {
            for (depth, (at, _)) in name.match_indices('/').enumerate() {
                self.make_folder(&name[..at], depth == 0)?;
            }
            let root = self.filesystem.root_dir();
            let mut file = root.create_file(name)?;
            file.truncate()?;
            file.write_all(bytes)?;
            file.flush()
        };
        put().with_context(|| {
            let length = bytes.len();
            format!(
                "could not write {name} ({length} bytes) to {}",
                self.path.display()
            )
        })
    }

    /// Makes a folder unless it is there; `at_top` when it lies in the root.
    fn make_folder(&mut self, name: &str, at_top: bool) -> std::io::Result<()> {
        let root = self.filesystem.root_dir();
        if root.open_dir(name).is_ok() {
            return Ok(());
        }
        root.create_dir(name)?;
        let end_bytes = self.partition.written_to();
        folder::repair(&mut self.partition, end_bytes, at_top)
    }

    /// What lies in a folder, by name; `""` is the top.
    ///
    /// # Errors
    /// A folder that is not there, or can't be read.
    pub fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let root = self.filesystem.root_dir();
        let read = || -> std::io::Result<Vec<Entry>> {
            let folder = match folder {
                "" => root,
                _ => root.open_dir(folder)?,
            };
            folder
                .iter()
                .map(|entry| {
                    let entry = entry?;
                    Ok(Entry {
                        name: entry.file_name(),
                        bytes: entry.len(),
                        is_folder: entry.is_dir(),
                    })
                })
                .collect()
        };
        let mut entries = read()
            .with_context(|| format!("could not list /{folder} of {}", self.path.display()))?;
        entries.retain(|entry| entry.name != "." && entry.name != "..");
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// What more fits, in bytes.
    ///
    /// # Errors
    /// A FAT that can't be read.
    pub fn free_bytes(&self) -> Result<u64> {
        let stats = self
            .filesystem
            .stats()
            .with_context(|| format!("could not read the FAT of {}", self.path.display()))?;
        Ok(u64::from(stats.free_clusters()) * u64::from(stats.cluster_size()))
    }

    /// Writes what is still to be written and gives the file up.
    ///
    /// # Errors
    /// A file that can't be written, as on a full disk.
    pub fn finish(self) -> Result<()> {
        self.filesystem
            .unmount()
            .with_context(|| format!("could not finish {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Disk, Entry};
    use std::fs;

    const SIZE_BYTES: u64 = 48 << 20;

    #[test]
    fn files_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.img");
        let large: Vec<u8> = (0..3_000_001_u32).map(|n| ((n * n) >> 7) as u8).collect();
        let mut disk = Disk::create(&path, SIZE_BYTES, "NEEDLEDROP").unwrap();
        disk.write("kernel8.img", &large).unwrap();
        disk.write("play/A long name, with spaces.wav", b"RIFF")
            .unwrap();
        disk.write("play/more/x.wav", b"more").unwrap();
        disk.write("cmdline.txt", b"quiet and much longer than what follows")
            .unwrap();
        disk.write("cmdline.txt", b"short").unwrap();
        disk.finish().unwrap();

        let disk = Disk::open_to_read(&path).unwrap();
        assert!(disk.read("kernel8.img").unwrap() == large);
        assert_eq!(disk.read("CMDLINE.TXT").unwrap(), b"short");
        assert_eq!(
            disk.read("play/A long name, with spaces.wav").unwrap(),
            b"RIFF"
        );
        assert!(disk.has("cmdline.txt") && !disk.has("config.txt"));
        let names: Vec<String> = disk
            .list("")
            .unwrap()
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(names, ["cmdline.txt", "kernel8.img", "play"]);
        let song = Entry {
            name: "A long name, with spaces.wav".into(),
            bytes: 4,
            is_folder: false,
        };
        assert_eq!(disk.list("play").unwrap()[0], song);
        assert_eq!(disk.read("play/more/x.wav").unwrap(), b"more");
        assert_eq!(fs::metadata(&path).unwrap().len(), SIZE_BYTES);
    }

    #[test]
    fn the_same_calls_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = folder.path().join(name);
            let mut disk = Disk::create(&path, SIZE_BYTES, "NEEDLEDROP").unwrap();
            disk.write("config.txt", b"arm_64bit=1\n").unwrap();
            disk.finish().unwrap();
            fs::read(path).unwrap()
        };
        let first = make("one.img");
        // FAT's clock ticks every two seconds.
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert!(first == make("another name.img"));
    }

    #[test]
    fn what_does_not_fit_and_what_is_no_image_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.img");
        let mut disk = Disk::create(&path, SIZE_BYTES, "NEEDLEDROP").unwrap();
        let free_bytes = disk.free_bytes().unwrap();
        assert!(free_bytes > SIZE_BYTES * 9 / 10 && free_bytes < SIZE_BYTES);
        let error = disk.write("big", &vec![1; SIZE_BYTES as usize]);
        assert!(format!("{:#}", error.unwrap_err()).contains("could not write big"));
        drop(disk);
        assert!(Disk::create(&path, 1 << 20, "NEEDLEDROP").is_err());
        assert!(Disk::create(&path, SIZE_BYTES, "needledrop").is_err());
        for wrong in [&[][..], &[0; 2000][..], b"not an image"] {
            fs::write(&path, wrong).unwrap();
            let error = Disk::open_to_read(&path).unwrap_err().to_string();
            assert!(error.contains("is no card image"), "{error}");
        }
    }
}
