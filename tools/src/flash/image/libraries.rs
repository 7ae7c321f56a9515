//! The shared libraries that the board's programs need, and no others: programs in, files of the archive out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::cpio::Archive;
use super::debian::Packages;
use super::elf;

/// Where packages keep them: Debian 13 has no `/lib` of its own.
const FOLDERS: [&str; 2] = ["lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu"];
/// Loaded by name when a thread is cancelled, so no program's list has it.
const BY_NAME: &str = "libgcc_s.so.1";

/// Puts the loader and all libraries of these programs into the archive, as `lib/NAME`.
///
/// # Errors
/// A library that no package has.
pub(super) fn add(archive: &mut Archive, packages: &Packages, programs: &[&[u8]]) -> Result<()> {
    let mut waiting = vec![BY_NAME.to_owned()];
    for program in programs {
        let needs = elf::needs(program)?;
        if let Some(loader) = needs.loader {
            let name = loader.rsplit('/').next().unwrap_or(&loader).to_owned();
            waiting.push(name);
        }
        waiting.extend(needs.libraries);
    }
    let mut added = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if !added.insert(name.clone()) {
            continue;
        }
        let path = find(packages, &name)?;
        let bytes =
            fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
        waiting.extend(elf::needs(&bytes)?.libraries);
        archive.file(&format!("lib/{name}"), true, bytes);
    }
    Ok(())
}

fn find(packages: &Packages, name: &str) -> Result<PathBuf> {
    packages
        .iter()
        .flat_map(|package| FOLDERS.map(|folder| package.folder.join(folder).join(name)))
        .find(|path: &PathBuf| Path::is_file(path))
        .with_context(|| {
            format!("the program needs {name}, which none of the card's Debian packages has")
        })
}
