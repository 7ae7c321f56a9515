//! Brings the board's program and a model onto boards.
//!
//! The launcher `tools/flash` asks with `--needs` what must be built or fetched for a command line, which also checks
//! everything that can be checked before that, and then starts this program once more with the paths of what it made.
//!
//! Exit codes: 0 done, 1 a check said no, 2 error.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{ArgGroup, Parser};
use needledrop_tools::exit;
use needledrop_tools::flash::image::{self, Parts};
use needledrop_tools::flash::model::BoardModel;
use needledrop_tools::flash::program::Program;

/// Builds the board's program and brings it onto boards.
#[derive(Debug, Parser)]
#[command(
    name = "flash",
    bin_name = "tools/flash",
    version,
    max_term_width = 100
)]
#[command(group(ArgGroup::new("goal").required(true).multiple(true)))]
struct Arguments {
    /// Only build the program, for aarch64 Linux
    #[arg(long, group = "goal", conflicts_with_all = ["package", "host", "image", "sd", "model"])]
    build_only: bool,
    /// Make a Debian package of the program, and with --model one of the model beside it
    #[arg(long, group = "goal", value_name = "OUT.deb", conflicts_with_all = ["host", "image", "sd"])]
    package: Option<PathBuf>,
    /// Install on a board over ssh
    #[arg(long, group = "goal", value_name = "USER@HOST", conflicts_with_all = ["image", "sd"])]
    host: Option<String>,
    /// Make an SD card image; with --sd, the finished image to write
    #[arg(long, group = "goal", value_name = "FILE")]
    image: Option<PathBuf>,
    /// Write an SD card: the image that --image names, or one made for it
    #[arg(long, group = "goal", value_name = "DEVICE")]
    sd: Option<PathBuf>,
    /// The model: a folder models/NAME, or its model.onnx
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Answer questions with yes
    #[arg(long)]
    yes: bool,
    /// The program, built before
    #[arg(long, hide = true, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Folder with the program's man page and completions
    #[arg(long, hide = true, value_name = "DIR")]
    manual: Option<PathBuf>,
    /// Folder with Debian's files for an image
    #[arg(long, hide = true, value_name = "DIR")]
    inputs: Option<PathBuf>,
    /// Check the command line, and say what must be built or fetched for it
    #[arg(long, hide = true)]
    needs: bool,
}

fn main() -> ExitCode {
    exit::code("flash", &run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<bool> {
    let model = arguments
        .model
        .as_deref()
        .map(BoardModel::read)
        .transpose()?;
    if let (Some(_), Some(image), Some(_)) = (&arguments.sd, &arguments.image, &model) {
        bail!(
            "{} has its model in it already: leave --model out, or leave --image out and a new image is made",
            image.display()
        );
    }
    if arguments.needs {
        return say_needs(arguments).map(|()| true);
    }
    match arguments {
        Arguments {
            build_only: true, ..
        } => build_only(&program(arguments)?),
        Arguments {
            package: Some(_out),
            ..
        } => bail!("not built in"),
        Arguments {
            host: Some(_host), ..
        } => bail!("not built in"),
        Arguments {
            sd: Some(_device), ..
        } => bail!("not built in"),
        Arguments {
            image: Some(image), ..
        } => make_image(arguments, model, image),
        // The group asks for one of them.
        _ => bail!("nothing to do; see tools/flash --help"),
    }
}

/// Prints `program` and `inputs`, one a line, if they are needed and not given.
fn say_needs(arguments: &Arguments) -> Result<()> {
    // A finished image has all in it.
    let finished = arguments.sd.is_some() && arguments.image.is_some();
    let makes_image = !finished && (arguments.sd.is_some() || arguments.image.is_some());
    let needs = [
        ("program", !finished && arguments.program.is_none()),
        ("inputs", makes_image && arguments.inputs.is_none()),
    ];
    let mut out = io::stdout().lock();
    for (need, _) in needs.iter().filter(|(_, needed)| *needed) {
        writeln!(out, "{need}").context("could not write to stdout")?;
    }
    Ok(())
}

/// The program that the launcher built.
fn program(arguments: &Arguments) -> Result<Program> {
    let path: &Path = arguments
        .program
        .as_deref()
        .context("no program is given: start this through tools/flash, which builds it")?;
    Program::read(path)
}

/// Makes an SD card image.
fn make_image(arguments: &Arguments, model: Option<BoardModel>, out: &Path) -> Result<bool> {
    let model = model.context("a card needs a model: add --model models/NAME")?;
    let inputs = arguments.inputs.as_deref().context(
        "no Debian packages are given: start this through tools/flash, which downloads them",
    )?;
    let parts = Parts {
        program: &program(arguments)?,
        model: &model,
        inputs,
    };
    let made = image::build(&parts, out)?;
    eprintln!(
        "flash: {}: {} MB, of it {} MB in use; the board unpacks {} MB; kernel {}",
        out.display(),
        made.size_bytes / MEGABYTE,
        made.contents_bytes / MEGABYTE,
        made.initramfs_bytes / MEGABYTE,
        made.kernel
    );
    writeln!(io::stdout(), "{}", out.display()).context("could not write to stdout")?;
    Ok(true)
}

const MEGABYTE: u64 = 1_000_000;

fn build_only(program: &Program) -> Result<bool> {
    eprintln!("flash: {} bytes for aarch64 Linux", program.bytes.len());
    writeln!(io::stdout(), "{}", program.path.display()).context("could not write to stdout")?;
    Ok(true)
}
