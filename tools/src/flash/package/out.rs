//! Where packages go: finished packages in, files that are there whole or not at all out.
use super::fields::Package;
use crate::flash::whole_file::WholeFile;
use anyhow::{Context as _, Result, bail};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The file that `--package` names, in a folder that can be written.
#[derive(Clone, Debug)]
pub struct Out(PathBuf);

impl Out {
    /// Checks file and folder; leaves nothing there.
    ///
    /// # Errors
    /// The name does not end in `.deb`, something else has it, or the folder for it is missing or cannot be written.
    pub fn check(file: &Path) -> Result<Self> {
        if file.extension().is_none_or(|extension| extension != "deb") {
            bail!(
                "--package needs a file whose name ends in .deb, not {}: apt and dpkg look for it",
                file.display()
            );
        }
        WholeFile::begin(file)?;
        Ok(Self(file.to_owned()))
    }

    /// Writes the program's package there and the model's beside it, and says where they are. Neither is put in place
    /// before both are written.
    ///
    /// # Errors
    /// The operating system's.
    pub fn write(&self, program: &Package, model: Option<&Package>) -> Result<Vec<PathBuf>> {
        let beside = model.map(|package| (self.0.with_file_name(&package.file_name), package));
        let files = [(self.0.clone(), program)].into_iter().chain(beside);
        let written = files.map(|(path, package)| {
            let whole = WholeFile::begin(&path)?;
            whole
                .file()
                .write_all(&package.bytes)
                .with_context(|| format!("could not write {}", path.display()))?;
            Ok(whole)
        });
        let written = written.collect::<Result<Vec<_>>>()?;
        written.into_iter().map(WholeFile::put).collect()
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
        assert!(refused("taken.deb").contains("is no file"));
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
