//! The board's whole system: busybox, the program, its libraries, ALSA's configuration, kernel modules; the bytes of an
//! archive that the kernel unpacks.
//!
//! Not compressed: a card gives 20 MB/s, an A53 unpacks gzip no faster, and a compressor of another version would
//! give other bytes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::cpio::Archive;
use super::debian::{Package, Packages};
use super::{libraries, modules};

const INIT: &[u8] = include_bytes!("../../../image/init");
const SOUND: &[u8] = include_bytes!("../../../image/asound.conf");

/// What init calls, all of it busybox.
const APPLETS: &[&str] = &[
    "cat", "find", "grep", "hostname", "kill", "ln", "mkdir", "mkfifo", "modprobe", "mount",
    "poweroff", "printf", "readlink", "sh", "sleep", "sort", "sync", "tr", "umount", "xargs",
];
/// Where something is mounted, or made by init before the root is closed for writing.
const FOLDERS: &[&str] = &["boot", "dev", "proc", "run", "sys", "tmp"];

/// The archive's bytes.
///
/// # Errors
/// A file that the packages should have and have not.
pub(super) fn build(program: &[u8], packages: &Packages) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    for folder in FOLDERS {
        archive.folder(folder);
    }
    // Until init has mounted /dev.
    archive.device("dev/console", 5, 1);
    archive.device("dev/null", 1, 3);

    let busybox = read(&first(
        packages.get("busybox-static")?,
        &["bin/busybox", "usr/bin/busybox"],
    )?)?;
    archive.file("bin/busybox", true, busybox);
    for applet in APPLETS {
        archive.link(&format!("bin/{applet}"), "busybox");
    }
    // Where the kernel looks for it when it wants a module itself.
    archive.link("sbin/modprobe", "../bin/busybox");
    archive.file("init", true, INIT.to_vec());

    let tools = packages.get("alsa-utils")?;
    let aplay = read(&first(tools, &["usr/bin/aplay"])?)?;
    let amixer = read(&first(tools, &["usr/bin/amixer"])?)?;
    libraries::add(&mut archive, packages, &[program, &aplay, &amixer])?;
    archive.file("bin/needledrop-device", true, program.to_vec());
    archive.file("bin/aplay", true, aplay);
    archive.file("bin/amixer", true, amixer);

    let configuration = packages.get("libasound2-data")?.folder.clone();
    add_folder(&mut archive, &configuration, "usr/share/alsa")?;
    archive.file("etc/asound.conf", false, SOUND.to_vec());

    modules::add(&mut archive, &kernel_modules(packages)?)?;
    Ok(archive.to_bytes())
}

/// The kernel package's `lib/modules/VERSION`.
fn kernel_modules(packages: &Packages) -> Result<PathBuf> {
    let kernel = packages.kernel()?;
    let version = kernel.kernel_version();
    let places = ["lib/modules", "usr/lib/modules"].map(|place| format!("{place}/{version}"));
    first(kernel, &places)
}

/// The first of these that a package has.
fn first(package: &Package, places: &[impl AsRef<str>]) -> Result<PathBuf> {
    let paths = places
        .iter()
        .map(|place| package.folder.join(place.as_ref()));
    let Some(path) = paths.into_iter().find(|path| path.exists()) else {
        bail!(
            "package {} {} has no {}",
            package.name,
            package.version,
            places.first().map_or("", AsRef::as_ref)
        );
    };
    Ok(path)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("could not read {}", path.display()))
}

/// All files below `top/name`, under the same names.
fn add_folder(archive: &mut Archive, top: &Path, name: &str) -> Result<()> {
    let folder = top.join(name);
    let listing =
        fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))?;
    for entry in listing {
        let entry = entry.with_context(|| format!("could not list {}", folder.display()))?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            add_folder(archive, top, &name)?;
        } else {
            archive.file(&name, false, read(&entry.path())?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{APPLETS, INIT};
    use std::collections::BTreeSet;

    /// A name at a command's place in init must be an applet, one of the board's programs, or the shell's own.
    #[test]
    fn init_calls_nothing_that_is_not_there() {
        const SHELL: &[&str] = &[
            "break", "case", "continue", "do", "done", "echo", "elif", "else", "esac", "exit",
            "export", "fi", "for", "if", "read", "return", "set", "shift", "then", "until", "wait",
            "while", "in",
        ];
        const PROGRAMS: &[&str] = &["aplay", "amixer", "needledrop-device"];
        let text = String::from_utf8(INIT.to_vec()).unwrap();
        let mut functions = BTreeSet::new();
        let mut called = BTreeSet::new();
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with('#') {
                continue;
            }
            if let Some((name, _)) = line.split_once("() {") {
                functions.insert(name.to_owned());
            }
            let starts = [
                "|| ", "&& ", "$(", "| ", "; ", "then ", "do ", "until ", "if ", "{ ",
            ];
            let mut places = vec![line];
            for start in starts {
                places.extend(line.split(start).skip(1));
            }
            for place in places {
                let word: String = place
                    .chars()
                    .take_while(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(*letter))
                    .collect();
                let rest = &place[word.len()..];
                if !word.is_empty()
                    && (rest.is_empty() || rest.starts_with(' ') || rest.starts_with(')'))
                {
                    called.insert(word);
                }
            }
        }
        let known = |name: &String| {
            let name = name.as_str();
            APPLETS.contains(&name)
                || SHELL.contains(&name)
                || PROGRAMS.contains(&name)
                || functions.contains(name)
        };
        let unknown: Vec<&String> = called.iter().filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "init calls {unknown:?}");
        assert!(called.contains("modprobe") && called.contains("mount"));
    }
}
