//! What must be installed, and which package has it: names of programs in, their paths out.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::machine::Machine;

/// Program and Debian's package.
const PACKAGES: [(&str, &str); 6] = [
    ("qemu-system-aarch64", "qemu-system-arm"),
    ("setpriv", "util-linux"),
    ("pulseaudio", "pulseaudio"),
    ("pactl", "pulseaudio-utils"),
    ("paplay", "pulseaudio-utils"),
    ("parec", "pulseaudio-utils"),
];

/// Where libraries lie whose subfolder alsa-lib has ALSA's plugins.
const LIBRARY_FOLDERS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
];

/// The path of an installed program.
///
/// # Errors
/// It is nowhere in `PATH`; the package that has it is named.
pub(crate) fn find(name: &str) -> Result<PathBuf> {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|candidate| candidate.is_file())
    });
    match found {
        Some(path) => Ok(path),
        None => {
            let package = PACKAGES.iter().find(|(program, _)| *program == name);
            let package = package.map_or(name, |(_, package)| package);
            bail!("{name} is not installed: apt-get install {package}, then run this again")
        }
    }
}

/// Everything that the machine takes.
///
/// # Errors
/// The first that is missing.
pub(crate) fn require(machine: Machine) -> Result<()> {
    find("qemu-system-aarch64")?;
    match machine {
        Machine::Virt => require_pulse(),
        Machine::Raspi3b => find("setpriv").map(|_| ()),
    }
}

/// Everything that [`Pulse`](super::pulse::Pulse) takes.
///
/// # Errors
/// The first that is missing.
pub(crate) fn require_pulse() -> Result<()> {
    for program in ["setpriv", "pulseaudio", "pactl", "paplay", "parec"] {
        find(program)?;
    }
    let plugin = |folder: &str| {
        Path::new(folder)
            .join("alsa-lib/libasound_module_pcm_pulse.so")
            .is_file()
    };
    if !LIBRARY_FOLDERS.iter().any(|folder| plugin(folder)) {
        bail!(
            "ALSA's plugin for PulseAudio is not installed: apt-get install libasound2-plugins, then run this again"
        );
    }
    Ok(())
}
