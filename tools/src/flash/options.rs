//! The command line: what a person wants and what the launcher made for it.
use super::{
    package::Manual,
    program::{Architecture, Program},
};
use anyhow::{Context as _, Result, bail};
use clap::{ArgGroup, Parser};
use std::path::{Path, PathBuf};

/// Builds the board's program and brings it onto boards.
#[derive(Debug, Parser)]
#[command(
    name = "flash",
    bin_name = "tools/flash",
    version,
    max_term_width = 100
)]
#[command(group(ArgGroup::new("goal").required(true).multiple(true)))]
pub struct Options {
    /// Only build the program
    #[arg(long, group = "goal", conflicts_with_all = ["package", "host", "image", "sd", "model"])]
    pub build_only: bool,
    /// Make a Debian package of the program, and with --model one of the model beside it
    #[arg(long, group = "goal", value_name = "OUT.deb", conflicts_with_all = ["host", "image", "sd"])]
    pub package: Option<PathBuf>,
    /// Install on a board over ssh
    #[arg(long, group = "goal", value_name = "USER@HOST", conflicts_with_all = ["image", "sd"])]
    pub host: Option<String>,
    /// Make an SD card image; with --sd, the finished image to write
    #[arg(long, group = "goal", value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// Write an SD card: the image that --image names, or one made for it
    #[arg(long, group = "goal", value_name = "DEVICE")]
    pub sd: Option<PathBuf>,
    /// The model: a folder models/NAME, or its model.onnx [default: models/tagger for a card, and for a board without one]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// What the board's system is made for
    #[arg(long, value_enum, default_value = "arm64", conflicts_with_all = ["image", "sd"])]
    pub arch: Architecture,
    /// With --host: an option for ssh, as its -o takes it (IdentityFile=..., UserKnownHostsFile=...); may be repeated
    #[arg(long, value_name = "OPTION", requires = "host")]
    pub ssh: Vec<String>,
    /// With --host: show the board's records afterwards for this long, as lines
    #[arg(long, value_name = "S", requires = "host", value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: Option<u64>,
    /// With --host: end when the board works, without showing its records
    #[arg(long, requires = "host", conflicts_with = "seconds")]
    pub no_monitor: bool,
    /// Answer questions with yes
    #[arg(long)]
    pub yes: bool,
    /// The program, built before
    #[arg(long, hide = true, value_name = "FILE")]
    pub program: Option<PathBuf>,
    /// Folder with the program's man page and completions
    #[arg(long, hide = true, value_name = "DIR")]
    pub manual: Option<PathBuf>,
    /// Folder with Debian's files for an image
    #[arg(long, hide = true, value_name = "DIR")]
    pub inputs: Option<PathBuf>,
    /// The model for cards and boards that are given none
    #[arg(long, hide = true, value_name = "DIR")]
    pub default_model: Option<PathBuf>,
    /// Check the command line, and say what must be built or fetched for it
    #[arg(long, hide = true)]
    pub needs: bool,
}

impl Options {
    /// The program that the launcher built.
    ///
    /// # Errors
    /// None is given, or it is none for the board.
    pub fn program(&self) -> Result<Program> {
        let path = self
            .program
            .as_deref()
            .context("no program is given: start this through tools/flash, which builds it")?;
        let program = Program::read(path)?;
        if program.architecture != self.arch {
            bail!(
                "{0} is for {1}, not for {2}: run this with --arch {1}",
                path.display(),
                program.architecture,
                self.arch
            );
        }
        Ok(program)
    }

    /// The manual that the program's build wrote.
    ///
    /// # Errors
    /// None is given, or one of its files can't be read.
    pub fn manual(&self) -> Result<Manual> {
        let folder = self
            .manual
            .as_deref()
            .context("no manual is given: start this through tools/flash, whose build writes it")?;
        Manual::read(folder)
    }

    /// The folder of Debian packages that the launcher filled.
    ///
    /// # Errors
    /// None is given.
    pub fn inputs(&self) -> Result<&Path> {
        self.inputs.as_deref().context(
            "no Debian packages are given: start this through tools/flash, which downloads them",
        )
    }

    /// Whether an image is made: a finished one has all in it.
    pub fn makes_image(&self) -> bool {
        self.image.is_some() != self.sd.is_some()
    }

    /// What the launcher is to do first, in its words: `program` (or `program-armhf`) and `inputs`, which are needed
    /// and not given, and `root`.
    pub fn needs(&self, needs_root: bool) -> Vec<&'static str> {
        // A finished image has all in it.
        let finished = self.sd.is_some() && self.image.is_some();
        let program = match self.arch {
            Architecture::Arm64 => "program",
            Architecture::Armhf => "program-armhf",
        };
        [
            (program, !finished && self.program.is_none()),
            ("inputs", self.makes_image() && self.inputs.is_none()),
            ("root", needs_root),
        ]
        .into_iter()
        .filter_map(|(need, is_needed)| is_needed.then_some(need))
        .collect()
    }
}
