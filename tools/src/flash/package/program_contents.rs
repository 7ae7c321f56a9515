//! What is in the package `needledrop`: program and manual in, the package out.
use super::crates;
use super::fields::{Fields, Package, pack};
use super::manual::Manual;
use super::release::Release;
use super::tree::{Tree, gzip};
use crate::flash::program::{Architecture, GLIBC, Program};
use anyhow::Result;

fn relations(architecture: Architecture) -> String {
    let (major, minor) = GLIBC;
    let alsa = match architecture {
        // Debian 13 renamed the library.
        Architecture::Arm64 => "libasound2t64 | libasound2",
        // And gave it another interface on 32 bits, times of 64, for which the program is not made.
        Architecture::Armhf => "libasound2",
    };
    format!(
        "Depends: {alsa}, libc6 (>= {major}.{minor}), libgcc-s1, passwd\n\
         Recommends: needledrop-model\n"
    )
}

const DESCRIPTION: &str = " A board hears the room through a microphone, tells which genre of music is\n \
    playing, and writes it as records with a checksum to a serial port, and to a\n \
    socket for programs on the board.\n .\n \
    The service needledrop starts with the board once a model is there: a package\n \
    needledrop-model-NAME, or one that tools/flash --host sent. Its settings are in\n \
    /etc/needledrop/board.toml.\n";

/// Makes the package of program, service, settings, udev rule, manual page and completions.
///
/// # Errors
/// cargo does not tell the licences of what the program is linked with.
pub fn program_package(program: &Program, manual: &Manual, release: &Release) -> Result<Package> {
    let mut data = Tree::default();
    data.program("usr/bin/needledrop-device", program.bytes.clone());
    data.file("etc/needledrop/board.toml", text!("board.toml"));
    data.file(
        "usr/lib/systemd/system/needledrop.service",
        text!("needledrop.service"),
    );
    data.file(
        "usr/lib/udev/rules.d/85-needledrop.rules",
        text!("85-needledrop.rules"),
    );
    data.file(
        "usr/share/man/man1/needledrop-device.1.gz",
        gzip(&manual.page)?,
    );
    data.file(
        "usr/share/bash-completion/completions/needledrop-device",
        manual.bash.clone(),
    );
    data.file(
        "usr/share/zsh/vendor-completions/_needledrop-device",
        manual.zsh.clone(),
    );
    data.file(
        "usr/share/fish/vendor_completions.d/needledrop-device.fish",
        manual.fish.clone(),
    );
    data.file("usr/share/doc/needledrop/copyright", text!("copyright"));
    data.file(
        "usr/share/doc/needledrop/crates.txt.gz",
        gzip(crates::list(program.architecture)?.as_bytes())?,
    );

    let mut control = Tree::default();
    control.file("conffiles", "/etc/needledrop/board.toml\n");
    control.program("postinst", text!("postinst"));
    control.program("prerm", text!("prerm"));
    control.program("postrm", text!("postrm"));
    let fields = Fields {
        name: "needledrop",
        architecture: program.architecture.debian(),
        relations: &relations(program.architecture),
        synopsis: "hears which genre of music is playing",
        description: DESCRIPTION,
    };
    pack(&fields, release, control, data)
}
