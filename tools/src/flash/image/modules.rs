//! Which of Debian's four thousand kernel modules go onto the card, and the tables by which `modprobe` finds them.
//!
//! A module says in its `.modinfo` what it depends on and what hardware it is for; that is all `depmod` works from, so
//! its tables are made here for the chosen ones alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::cpio::Archive;
use super::elf;

/// What the board may need. Those that a kernel has built in, or does not have at all where marked `?`, are left out.
const WANTED: &[&str] = &[
    // The card itself: Pi 3 and Zero 2 W, Pi 4, the emulator.
    "bcm2835",
    "sdhci-iproc",
    "virtio_blk",
    "virtio_mmio",
    "virtio_pci",
    // /boot, and the code pages that a FAT asks for.
    "vfat",
    "nls_ascii",
    "nls_cp437",
    "nls_iso8859-1",
    // USB: Pi 3 and Zero 2 W (also as a gadget), Pi 4.
    "dwc2",
    "phy-generic",
    "xhci-pci",
    "xhci-pci-renesas?",
    "reset-raspberrypi",
    // Microphones: USB, the emulator's HDA, I2S.
    "snd-usb-audio",
    "snd-hda-intel",
    "snd-hda-codec-generic",
    "snd-soc-bcm2835-i2s",
    "snd-soc-dmic",
    "snd-soc-simple-card",
    // What is played to the board in the emulator.
    "snd-aloop",
    // Records over the board's own USB socket.
    "libcomposite",
    "usb_f_acm",
    // Records over a USB serial adapter.
    "cdc-acm",
    "ch341",
    "cp210x",
    "ftdi_sio",
    "pl2303",
    // Clock and temperature: without the first a Pi stays at its slowest.
    "raspberrypi-cpufreq",
    "bcm2711_thermal",
    "bcm2835_thermal",
];

/// A module file of the kernel's package.
struct Module {
    path: PathBuf,
    /// Below the folder of the kernel's version, without `.xz`.
    name: String,
}

/// Puts the chosen modules and their tables into the archive. `folder` is the package's `lib/modules/VERSION`.
///
/// # Errors
/// A module that this kernel does not have, or a file that is none.
pub(super) fn add(archive: &mut Archive, folder: &Path) -> Result<()> {
    let version = folder
        .file_name()
        .context("a folder of modules has the kernel's version as its name")?
        .to_string_lossy();
    let mut there = BTreeMap::new();
    find(folder, folder, &mut there)?;
    let built_in = read(&folder.join("modules.builtin"))?;
    let chosen = choose(&there, &module_names(&built_in))?;

    let mut dependencies = String::new();
    let mut aliases = String::new();
    for (module, chosen) in &chosen {
        let file = &there[module].name;
        let needed: Vec<&str> = chosen
            .needs
            .iter()
            .filter_map(|name| there.get(name).map(|module| module.name.as_str()))
            .collect();
        dependencies += &format!("{file}: {}\n", needed.join(" "));
        for alias in &chosen.aliases {
            aliases += &format!("alias {alias} {module}\n");
        }
        let name = format!("lib/modules/{version}/{file}");
        archive.file(&name, false, chosen.bytes.clone());
    }
    let mut table = |name: &str, text: String| {
        archive.file(
            &format!("lib/modules/{version}/{name}"),
            false,
            text.into_bytes(),
        );
    };
    table("modules.dep", dependencies);
    table("modules.alias", aliases);
    table("modules.builtin", built_in);
    Ok(())
}

struct Chosen {
    bytes: Vec<u8>,
    /// Names of all modules that must be loaded before, nearest first, as `modules.dep` has them.
    needs: Vec<String>,
    aliases: Vec<String>,
}

fn choose(
    there: &BTreeMap<String, Module>,
    built_in: &BTreeSet<String>,
) -> Result<BTreeMap<String, Chosen>> {
    let mut chosen = BTreeMap::new();
    let mut waiting = Vec::new();
    for wanted in WANTED {
        let (name, optional) = match wanted.strip_suffix('?') {
            Some(name) => (name, true),
            None => (*wanted, false),
        };
        let name = canonical(name);
        if there.contains_key(&name) {
            waiting.push(name);
        } else if !optional && !built_in.contains(&name) {
            bail!(
                "this kernel has no module {name}: take a linux-image package of Debian 12 or 13"
            );
        }
    }
    while let Some(name) = waiting.pop() {
        if chosen.contains_key(&name) {
            continue;
        }
        let Some(module) = there.get(&name) else {
            bail!("this kernel's package lacks the module {name}, which another one needs");
        };
        let bytes = unpacked(&module.path)?;
        let info = elf::module_info(&bytes)
            .with_context(|| format!("could not read {}", module.path.display()))?;
        let values = |key: &str| {
            info.iter()
                .filter(move |(found, _)| found == key)
                .map(|(_, value)| value.clone())
                .collect::<Vec<_>>()
        };
        let needs: Vec<String> = values("depends")
            .iter()
            .flat_map(|list| list.split(','))
            .filter(|name| !name.is_empty())
            .map(canonical)
            .collect();
        waiting.extend(needs.iter().cloned());
        let aliases = values("alias");
        chosen.insert(
            name,
            Chosen {
                bytes,
                needs,
                aliases,
            },
        );
    }
    let direct: BTreeMap<String, Vec<String>> = chosen
        .iter()
        .map(|(name, chosen)| (name.clone(), chosen.needs.clone()))
        .collect();
    for (name, chosen) in &mut chosen {
        chosen.needs = closure(name, &direct);
    }
    Ok(chosen)
}

/// Everything that a module needs, directly or not. One that is needed comes after those that need it: `modprobe`
/// loads from the end.
fn closure(name: &str, direct: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    fn visit(name: &str, direct: &BTreeMap<String, Vec<String>>, order: &mut Vec<String>) {
        for needed in direct.get(name).into_iter().flatten() {
            if !order.contains(needed) {
                visit(needed, direct, order);
                order.push(needed.clone());
            }
        }
    }
    let mut order = Vec::new();
    visit(name, direct, &mut order);
    order.reverse();
    order
}

/// All module files under a folder, by canonical name.
fn find(top: &Path, folder: &Path, found: &mut BTreeMap<String, Module>) -> Result<()> {
    let listing =
        fs::read_dir(folder).with_context(|| format!("could not list {}", folder.display()))?;
    for entry in listing {
        let entry = entry.with_context(|| format!("could not list {}", folder.display()))?;
        let path = entry.path();
        if path.is_dir() {
            find(top, &path, found)?;
            continue;
        }
        let name = path.strip_prefix(top).unwrap_or(&path).to_string_lossy();
        let name = name.strip_suffix(".xz").unwrap_or(&name).to_owned();
        if let Some(module) = module_name(&name) {
            found.insert(module, Module { path, name });
        }
    }
    Ok(())
}

/// A module's bytes; Debian 13 has them as xz, which busybox would not unpack.
fn unpacked(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    if path.extension().is_none_or(|extension| extension != "xz") {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    std::io::copy(&mut lzma_rust2::XzReader::new(&bytes[..], true), &mut plain)
        .with_context(|| format!("could not unpack {}", path.display()))?;
    Ok(plain)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))
}

/// The modules that a list of files such as `modules.builtin` names.
fn module_names(list: &str) -> BTreeSet<String> {
    list.lines().filter_map(module_name).collect()
}

/// `kernel/fs/fat/vfat.ko` is `vfat`.
fn module_name(file: &str) -> Option<String> {
    let name = file.rsplit('/').next()?.strip_suffix(".ko")?;
    Some(canonical(name))
}

/// To the kernel `-` and `_` are one.
fn canonical(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::{closure, module_names};
    use std::collections::BTreeMap;

    #[test]
    fn what_is_needed_is_loaded_first() {
        let direct = |name: &str, needs: &[&str]| {
            let needs = needs.iter().map(|&name| name.to_owned()).collect();
            (name.to_owned(), needs)
        };
        let direct: BTreeMap<String, Vec<String>> = BTreeMap::from([
            direct("snd_usb_audio", &["snd_pcm", "usbcore", "snd"]),
            direct("snd_pcm", &["snd_timer", "snd"]),
            direct("snd_timer", &["snd"]),
            direct("snd", &["soundcore"]),
        ]);
        let order = closure("snd_usb_audio", &direct);
        let mut loaded: Vec<&String> = Vec::new();
        for module in order.iter().rev() {
            let needs = direct.get(module).into_iter().flatten();
            assert!(needs.into_iter().all(|needed| loaded.contains(&needed)));
            loaded.push(module);
        }
        assert_eq!(loaded.len(), 5);
    }

    #[test]
    fn names_have_one_form() {
        let names = module_names("kernel/drivers/usb/host/xhci-hcd.ko\nkernel/lib/crc7.ko\n");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["crc7", "xhci_hcd"]);
    }
}
