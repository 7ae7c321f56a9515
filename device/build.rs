//! What is known only when the program is built: the git commit, and the command line as man page and completions.
//!
//! `needledrop-device.1`, `needledrop-device.bash`, `_needledrop-device` (zsh) and `needledrop-device.fish` are written
//! to `OUT_DIR`, from where `tools/flash` takes them into packages.
#[path = "src/args.rs"]
#[expect(
    dead_code,
    reason = "only the shape of the command line is needed here, not what was given"
)]
mod args;
#[path = "build/commit.rs"]
mod commit;
#[path = "build/manual.rs"]
mod manual;

use clap::CommandFactory as _;
use clap_complete::Shell;
use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/args.rs");
    let version = env::var("CARGO_PKG_VERSION")?;
    let version = match commit::of_sources()? {
        Some(commit) => format!("{version}+{commit}"),
        None => version,
    };
    println!("cargo::rustc-env=NEEDLEDROP_VERSION={version}");

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut command = args::Cli::command();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, "needledrop-device", &out)?;
    }
    fs::write(
        out.join("needledrop-device.1"),
        manual::page(args::Cli::command())?,
    )?;
    Ok(())
}
