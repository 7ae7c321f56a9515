//! Where packages go: a file that is there whole or not at all.
use super::Package;
use anyhow::{Context as _, Result, bail};
use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// The file that `--package` names, in a folder that can be written.
#[derive(Clone, Debug)]
pub struct Out {
    file: PathBuf,
    folder: PathBuf,
}

impl Out {
    /// Checks file and folder; leaves nothing there.
    ///
    /// # Errors
    /// The name does not end in `.deb`, a folder has it, or the folder for it is missing or cannot be written.
    pub fn check(file: &Path) -> Result<Self> {
        if file.extension().is_none_or(|extension| extension != "deb") {
            bail!(
                "--package needs a file whose name ends in .deb, not {}: apt and dpkg look for it",
                file.display()
            );
        }
        if file.is_dir() {
            bail!("{} is a folder; name the package in it", file.display());
        }
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            bail!(
                "the folder {} is not there; make it, or name another",
                folder.display()
            );
        }
        let out = Self {
            file: file.to_owned(),
            folder: folder.to_owned(),
        };
        out.temporary().map(|_| out)
    }

    fn temporary(&self) -> Result<NamedTempFile> {
        Builder::new()
            .prefix(".needledrop-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&self.folder)
            // Its own words name a file that nobody asked for.
            .map_err(|failed| io::Error::from(failed.kind()))
            .with_context(|| format!("could not write into the folder {}", self.folder.display()))
    }

    /// Writes the program's package there and the model's beside it, both or neither; says where they are.
    ///
    /// # Errors
    /// The operating system's; what was there before is untouched then.
    pub fn write(&self, program: &Package, model: Option<&Package>) -> Result<Vec<PathBuf>> {
        let beside = model.map(|package| (self.folder.join(&package.file_name), package));
        let files = [(self.file.clone(), program)].into_iter().chain(beside);
        let mut written = Vec::new();
        for (path, package) in files {
            let file = self.temporary()?;
            file.as_file()
                .write_all(&package.bytes)
                .and_then(|()| file.as_file().sync_all())
                .with_context(|| format!("could not write {}", path.display()))?;
            written.push((file, path));
        }
        written
            .into_iter()
            .map(|(file, path)| {
                file.persist(&path)
                    .with_context(|| format!("could not put {} in place", path.display()))?;
                Ok(path)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Out;
    use crate::flash::package::Package;
    use std::fs;

    #[test]
    fn what_cannot_be_written_is_refused_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |name: &str| {
            Out::check(&folder.path().join(name))
                .unwrap_err()
                .to_string()
        };
        assert!(refused("out").contains("ends in .deb"));
        assert!(refused("missing/out.deb").contains("is not there"));
        fs::create_dir(folder.path().join("taken.deb")).unwrap();
        assert!(refused("taken.deb").contains("is a folder"));
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(refused("file/out.deb").contains("is not there"));
        Out::check(&folder.path().join("out.deb")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn both_packages_lie_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        let package = |name: &str| Package {
            file_name: name.to_owned(),
            bytes: name.as_bytes().to_vec(),
        };
        let out = Out::check(&folder.path().join("mine.deb")).unwrap();
        let written = out
            .write(&package("program.deb"), Some(&package("model.deb")))
            .unwrap();
        let expected = ["mine.deb", "model.deb"].map(|name| folder.path().join(name));
        assert_eq!(written, expected);
        assert_eq!(fs::read(&written[1]).unwrap(), b"model.deb");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
