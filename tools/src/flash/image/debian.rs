//! The Debian packages that a card is made of: a folder of `.deb` files in, one folder of files each out.
//!
//! `tools/flash` downloads them; here they are only read. `dpkg-deb` unpacks, as on every Debian system.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, bail, ensure};

use crate::flash::digest::sha256_hex;
use crate::stop;

/// How the names of kernels' packages begin; the version that their folders are named after follows.
const KERNEL: &str = "linux-image-";

/// What no board of ours needs, most of three hundred megabytes: left packed.
const LEFT: &[&str] = &[
    "/gconv/",
    "/kernel/drivers/gpu/",
    "/kernel/drivers/infiniband/",
    "/kernel/drivers/media/dvb-frontends/",
    "/kernel/drivers/media/i2c/",
    "/kernel/drivers/media/pci/",
    "/kernel/drivers/media/platform/",
    "/kernel/drivers/media/usb/",
    "/kernel/drivers/net/",
    "/kernel/drivers/scsi/",
    "/kernel/drivers/staging/",
    "/kernel/net/",
];

/// One package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    /// Its name, as in `libc6`.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// Name and version of what it was built from.
    pub(super) source: String,
    /// SHA-256 of the `.deb`, 64 hex.
    pub(super) sha256: String,
    /// Where its files are.
    pub(super) folder: PathBuf,
}

impl Package {
    /// The kernel's own version, as in `6.1.0-13-arm64`; empty for other packages.
    pub(super) fn kernel_version(&self) -> &str {
        self.name.strip_prefix(KERNEL).unwrap_or_default()
    }

    /// The package whose copyright file is this one's: itself, or the one that its documentation folder is a link to.
    fn copyright_of(&self) -> String {
        let link = fs::read_link(self.folder.join("usr/share/doc").join(&self.name));
        link.ok()
            .and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned()))
            .unwrap_or_else(|| self.name.clone())
    }
}

/// All packages of a card, by name.
#[derive(Debug, Clone)]
pub(super) struct Packages(Vec<Package>);

impl Packages {
    /// Unpacks every `.deb` of `inputs` into a folder of its own under `scratch`.
    ///
    /// # Errors
    /// No packages, one that is damaged, no `dpkg-deb`, or `stop` became true.
    pub(super) fn unpack(inputs: &Path, scratch: &Path, stop: &AtomicBool) -> Result<Self> {
        let mut files = Vec::new();
        let listing =
            fs::read_dir(inputs).with_context(|| format!("could not list {}", inputs.display()))?;
        for entry in listing {
            let path = entry
                .with_context(|| format!("could not list {}", inputs.display()))?
                .path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                files.push(path);
            }
        }
        ensure!(
            !files.is_empty(),
            "{} has no Debian packages: start this through tools/flash, which downloads them",
            inputs.display()
        );
        let mut packages = files
            .iter()
            .map(|file| {
                stop::check(stop)?;
                // Ctrl-C ends dpkg-deb, too: that is no damaged package.
                unpack(file, scratch).or_else(|failed| stop::check(stop).and(Err(failed)))
            })
            .collect::<Result<Vec<_>>>()?;
        packages.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some(pair) = packages
            .windows(2)
            .find(|pair| pair[0].name == pair[1].name)
        {
            bail!(
                "{} has {} twice, {} and {}: remove the older one",
                inputs.display(),
                pair[0].name,
                pair[0].version,
                pair[1].version
            );
        }
        Ok(Self(packages))
    }

    /// The only package whose name begins like this.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn get(&self, prefix: &str) -> Result<&Package> {
        self.0
            .iter()
            .find(|package| package.name.starts_with(prefix))
            .with_context(|| {
                format!("Debian's package {prefix} is not among the inputs: delete their folder, and tools/flash \
                    downloads them again")
            })
    }

    /// The kernel's.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn kernel(&self) -> Result<&Package> {
        self.get(KERNEL)
    }

    /// The text that says under what licence a package is.
    ///
    /// # Errors
    /// A package without one.
    pub(super) fn copyright(&self, package: &Package) -> Result<String> {
        let name = package.copyright_of();
        let path = self
            .get(&name)?
            .folder
            .join("usr/share/doc")
            .join(&name)
            .join("copyright");
        let bytes = fs::read(&path).with_context(|| {
            format!("package {} has no copyright file to pass on", package.name)
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// All of them, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Package> {
        self.0.iter()
    }
}

fn unpack(file: &Path, scratch: &Path) -> Result<Package> {
    let bytes = fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
    let field = |name: &str| -> Result<String> {
        let output = dpkg_deb(file, &["--field", &file.display().to_string(), name])?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let name = field("Package")?;
    let version = field("Version")?;
    let source = field("Source")?;
    // "Source" is left out where it would repeat the package's own name or version.
    let source = match (source.as_str(), source.contains('(')) {
        ("", _) => format!("{name} ({version})"),
        (source, true) => source.to_owned(),
        (source, false) => format!("{source} ({version})"),
    };
    let folder = scratch.join(&name);
    extract(file, &folder)?;
    Ok(Package {
        name,
        version,
        source,
        sha256: sha256_hex(&bytes),
        folder,
    })
}

fn extract(file: &Path, folder: &Path) -> Result<()> {
    let mut dpkg = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start dpkg-deb; install the package dpkg")?;
    let copied = dpkg
        .stdout
        .take()
        .map(|archive| copy_files(archive, folder));
    let is_whole = dpkg.wait().is_ok_and(|status| status.success());
    match copied {
        Some(Err(error)) if is_whole => Err(error).with_context(|| {
            format!(
                "could not unpack {} to {}",
                file.display(),
                folder.display()
            )
        }),
        Some(Ok(())) if is_whole => Ok(()),
        _ => bail!(
            "{} is no whole Debian package: delete it, and tools/flash downloads it again",
            file.display()
        ),
    }
}

fn copy_files(archive: impl Read, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        if !LEFT.iter().any(|left| name.contains(left)) {
            entry.unpack_in(folder)?;
        }
    }
    // To its very end: dpkg-deb would fail if nobody read it.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(())
}

fn dpkg_deb(file: &Path, arguments: &[&str]) -> Result<Output> {
    let output = Command::new("dpkg-deb")
        .args(arguments)
        .output()
        .context("could not start dpkg-deb; install the package dpkg")?;
    if !output.status.success() {
        bail!(
            "{} is no whole Debian package ({}): delete it, and tools/flash downloads it again",
            file.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::Packages;
    use std::fs;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_folder_without_packages_and_a_damaged_one_are_refused() {
        let inputs = tempfile::tempdir().unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let refused = || {
            let refused = Packages::unpack(inputs.path(), scratch.path(), &AtomicBool::new(false));
            refused.unwrap_err().to_string()
        };
        assert!(refused().contains("has no Debian packages"));
        fs::write(inputs.path().join("busybox.deb"), "<html>not found</html>").unwrap();
        let refused = refused();
        assert!(
            refused.contains("is no whole Debian package") || refused.contains("dpkg-deb"),
            "{refused}"
        );
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }
}
