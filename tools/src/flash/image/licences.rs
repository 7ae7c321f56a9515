//! What the card must carry beside the programs of others, as texts: whose they are, under what licence, and where
//! their source is.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};

use super::debian::Packages;
use super::parts::Parts;
use crate::flash::digest::sha256_hex;

const HEAD: &str = "\
What this card is made of, and under what licences.

needledrop itself (needledrop-device, init, the texts) is MIT or Apache-2.0, as you like; CRATES.txt has the notices of the Rust
crates that needledrop-device is linked with. model.onnx is its owner's; the files whose names begin with model say more.

The rest comes from the Debian packages below, unchanged. Each package's own copyright file follows, then the licence texts that
they refer to. Linux, busybox and alsa-utils are under the GNU General Public License, version 2; the C library and libasound
under the GNU Lesser General Public License; the files of raspi-firmware may be used only with Raspberry Pi boards.

Their source: for each package the line `source` names Debian's source package and its version. `apt-get source NAME=VERSION`
fetches it on a Debian system that has deb-src lines; https://snapshot.debian.org keeps all versions.
";

/// Length of the lines above and below the name of a text.
const RULE_CHARACTERS: usize = 78;

/// Texts that copyright files refer to, in package base-files.
const TEXTS: [&str; 4] = ["GPL-2", "GPL-3", "LGPL-2.1", "Apache-2.0"];

/// The packages, one line each, and the digests of what is not Debian's: the same inputs give the same image.
pub(super) fn inputs(parts: &Parts<'_>, packages: &Packages) -> String {
    let mut text = String::from(
        "The card is made of these, and the same ones give the same image, byte for byte.\n\npackage version sha256\n",
    );
    for package in packages.iter() {
        let _ = writeln!(
            text,
            "{} {} {}",
            package.name, package.version, package.sha256
        );
    }
    let _ = write!(
        text,
        "\nfile sha256\nneedledrop-device {}\nmodel.onnx {}\n\nmodel {}\n",
        sha256_hex(&parts.program.bytes),
        sha256_hex(&parts.model.onnx),
        parts.model.name
    );
    text
}

/// All licences.
pub(super) fn texts(packages: &Packages) -> Result<String> {
    let mut text = String::from(HEAD);
    let rule = "=".repeat(RULE_CHARACTERS);
    for package in packages.iter() {
        let _ = write!(
            text,
            "\n{rule}\npackage {} {}\nsource {}\n{rule}\n\n{}",
            package.name,
            package.version,
            package.source,
            packages.copyright(package)?
        );
    }
    let folder = packages
        .get("base-files")?
        .folder
        .join("usr/share/common-licenses");
    for name in TEXTS {
        let path = folder.join(name);
        let licence = fs::read_to_string(&path)
            .with_context(|| format!("could not read {}", path.display()))?;
        let _ = write!(text, "\n{rule}\n{name}\n{rule}\n\n{licence}");
    }
    Ok(text)
}
