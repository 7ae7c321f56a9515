//! Files to be installed, as the tar archive of a Debian package: sorted, owned by root, of one date.
use anyhow::{Context as _, Result};
use flate2::{Compression, GzBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use tar::{Builder, EntryType, Header};

/// A folder's entry takes a block of this size.
const BLOCK_BYTES: usize = 1024;

/// Files by path, without the leading `/`.
#[derive(Debug, Default)]
pub(super) struct Tree(BTreeMap<String, File>);

#[derive(Debug)]
struct File {
    bytes: Vec<u8>,
    mode: u32,
}

impl Tree {
    /// Adds a file to be read.
    pub(super) fn file(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.add(path.into(), bytes.into(), 0o644);
    }

    /// Adds a file to be run.
    pub(super) fn program(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.add(path.into(), bytes.into(), 0o755);
    }

    fn add(&mut self, path: String, bytes: Vec<u8>, mode: u32) {
        self.0.insert(path, File { bytes, mode });
    }

    /// Every folder above a file, outermost first.
    fn folders(&self) -> BTreeSet<&str> {
        self.0
            .keys()
            .flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..at]))
            .collect()
    }

    /// What it takes on a disk, in the unit of the field `Installed-Size`.
    pub(super) fn installed_kib(&self) -> usize {
        let files = self
            .0
            .values()
            .map(|file| file.bytes.len().div_ceil(BLOCK_BYTES));
        files.sum::<usize>() + self.folders().len()
    }

    /// The control file `md5sums`, without the files that people change.
    pub(super) fn md5sums(&self) -> String {
        let shipped = self.0.iter().filter(|(path, _)| !path.starts_with("etc/"));
        shipped
            .map(|(path, file)| format!("{:x}  {path}\n", md5::compute(&file.bytes)))
            .collect()
    }

    /// The compressed archive; every entry is dated `epoch_s`.
    pub(super) fn tar_gz(&self, epoch_s: u64) -> Result<Vec<u8>> {
        let mut archive = Builder::new(Vec::new());
        let folder = |archive: &mut Builder<Vec<u8>>, path: &str| {
            let header = header(path, EntryType::Directory, 0o755, 0, epoch_s)?;
            archive
                .append(&header, std::io::empty())
                .context("could not pack")
        };
        folder(&mut archive, "./")?;
        for path in self.folders() {
            folder(&mut archive, &format!("./{path}/"))?;
        }
        for (path, file) in &self.0 {
            let size = u64::try_from(file.bytes.len())?;
            let header = header(
                &format!("./{path}"),
                EntryType::Regular,
                file.mode,
                size,
                epoch_s,
            )?;
            archive.append(&header, file.bytes.as_slice())?;
        }
        gzip(&archive.into_inner()?)
    }
}

fn header(path: &str, kind: EntryType, mode: u32, size: u64, epoch_s: u64) -> Result<Header> {
    let mut header = Header::new_gnu();
    // `set_path` would drop the `./` that dpkg writes.
    let name = header
        .as_old_mut()
        .name
        .get_mut(..path.len())
        .with_context(|| format!("the path {path} is too long for a package"))?;
    name.copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(epoch_s);
    header.set_uid(0);
    header.set_gid(0);
    header.set_username("root")?;
    header.set_groupname("root")?;
    header.set_cksum();
    Ok(header)
}

/// Compressed as well as gzip can, without name or date.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::Tree;
    use std::io::Read as _;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.program("usr/bin/b", vec![7_u8; 1025]);
        tree.file("etc/a", "x");
        tree
    }

    #[test]
    fn folders_come_first_and_all_is_roots() {
        let packed = tree().tar_gz(5).unwrap();
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        let mut archive = tar::Archive::new(plain.as_slice());
        let listed: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                assert_eq!(header.mtime().unwrap(), 5);
                assert_eq!(
                    (header.uid().unwrap(), header.username().unwrap()),
                    (0, Some("root"))
                );
                let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
                (path, header.mode().unwrap(), header.size().unwrap())
            })
            .collect();
        let expected = [
            ("./", 0o755, 0),
            ("./etc/", 0o755, 0),
            ("./usr/", 0o755, 0),
            ("./usr/bin/", 0o755, 0),
            ("./etc/a", 0o644, 1),
            ("./usr/bin/b", 0o755, 1025),
        ];
        assert_eq!(
            listed,
            expected.map(|(path, mode, size)| (path.to_owned(), mode, size))
        );
    }

    #[test]
    fn sums_leave_settings_out_and_sizes_count_folders() {
        let sums = tree().md5sums();
        assert_eq!(sums.lines().count(), 1);
        assert!(sums.ends_with("  usr/bin/b\n"), "{sums}");
        assert_eq!(tree().installed_kib(), 1 + 2 + 3);
    }
}
