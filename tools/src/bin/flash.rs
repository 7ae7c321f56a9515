//! Brings the board's program and a model onto boards.
//!
//! The launcher `tools/flash` asks with `--needs` what must be built or fetched for a command line, which also checks
//! everything that can be checked before that, and then starts this program once more with the paths of what it made.
//!
//! Exit codes: 0 done, 1 a check said no, 2 error.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{ArgGroup, Parser};
use needledrop_tools::flash::card::{self, Card, disk_facts::Machine};
use needledrop_tools::flash::host::{self, Destination, Order, Watch};
use needledrop_tools::flash::image::{self, Parts};
use needledrop_tools::flash::model::BoardModel;
use needledrop_tools::flash::package::{
    Manual, Out, Release, crates, model_package, program_package,
};
use needledrop_tools::flash::program::{Architecture, Program};
use needledrop_tools::{exit, stop};

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
    /// Only build the program
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
    /// What the board's system is made for
    #[arg(long, value_enum, default_value = "arm64", conflicts_with_all = ["image", "sd"])]
    arch: Architecture,
    /// With --host: an option for ssh, as its -o takes it (IdentityFile=..., UserKnownHostsFile=...); may be repeated
    #[arg(long, value_name = "OPTION", requires = "host")]
    ssh: Vec<String>,
    /// With --host: show the board's records afterwards for this long, as lines
    #[arg(long, value_name = "S", requires = "host", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// With --host: end when the board works, without showing its records
    #[arg(long, requires = "host", conflicts_with = "seconds")]
    no_monitor: bool,
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
    let destination = arguments
        .host
        .as_deref()
        .map(Destination::parse)
        .transpose()?;
    if destination.is_some() {
        host::require_ssh()?;
    }
    if let Some(out) = &arguments.package {
        Out::check(out)?;
    }
    if arguments.program.is_some() {
        program(arguments)?;
    }
    if arguments.sd.is_some() || arguments.image.is_some() {
        check_card(arguments, model.as_ref())?;
    }
    if arguments.needs {
        return say_needs(arguments).map(|()| true);
    }
    if let Some(destination) = &destination {
        return install(arguments, destination, model.as_ref());
    }
    match arguments {
        Arguments {
            build_only: true, ..
        } => build_only(&program(arguments)?),
        Arguments {
            package: Some(out), ..
        } => package(arguments, &Out::check(out)?, model.as_ref()),
        Arguments {
            sd: Some(device), ..
        } => write_card(arguments, model.as_ref(), device, &*stop::on_signals()?),
        Arguments {
            image: Some(image), ..
        } => {
            make_image(arguments, model.as_ref(), image, &*stop::on_signals()?)?;
            writeln!(io::stdout(), "{}", image.display()).context("could not write to stdout")?;
            Ok(true)
        }
        // The group asks for one of them.
        _ => bail!("nothing to do; see tools/flash --help"),
    }
}

/// What can be said about an image or a card before minutes of work.
fn check_card(arguments: &Arguments, model: Option<&BoardModel>) -> Result<()> {
    match (&arguments.sd, &arguments.image) {
        (Some(device), Some(image)) => {
            find_card(device, card::check_image(image)?)?;
            return Ok(());
        }
        (Some(device), None) => {
            find_card(device, 0)?;
        }
        (None, Some(image)) => image::check_target(image)?,
        (None, None) => {}
    }
    if model.is_none() {
        bail!("a card needs a model: add --model models/NAME");
    }
    Ok(())
}

fn find_card(device: &Path, image_bytes: u64) -> Result<Card> {
    Card::find(&Machine::here(), device, image_bytes)
}

/// Prints `program` (or `program-armhf`), `inputs` and `root`, one a line, if they are needed and not given.
fn say_needs(arguments: &Arguments) -> Result<()> {
    // A finished image has all in it.
    let finished = arguments.sd.is_some() && arguments.image.is_some();
    let makes_image = !finished && (arguments.sd.is_some() || arguments.image.is_some());
    let root = match &arguments.sd {
        Some(device) => !find_card(device, 0)?.is_writable(),
        None => false,
    };
    let program = match arguments.arch {
        Architecture::Arm64 => "program",
        Architecture::Armhf => "program-armhf",
    };
    let needs = [
        (program, !finished && arguments.program.is_none()),
        ("inputs", makes_image && arguments.inputs.is_none()),
        ("root", root),
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
    let program = Program::read(path)?;
    if program.architecture != arguments.arch {
        bail!(
            "{0} is for {1}, not for {2}: run this with --arch {1}",
            path.display(),
            program.architecture,
            arguments.arch
        );
    }
    Ok(program)
}

/// The manual that its build wrote.
fn manual(arguments: &Arguments) -> Result<Manual> {
    let folder = arguments
        .manual
        .as_deref()
        .context("no manual is given: start this through tools/flash, whose build writes it")?;
    Manual::read(folder)
}

/// Makes an SD card image.
fn make_image(
    arguments: &Arguments,
    model: Option<&BoardModel>,
    out: &Path,
    stop: &AtomicBool,
) -> Result<()> {
    let inputs = arguments.inputs.as_deref().context(
        "no Debian packages are given: start this through tools/flash, which downloads them",
    )?;
    let program = program(arguments)?;
    let parts = Parts {
        program: &program,
        model: model.context("a card needs a model: add --model models/NAME")?,
        crates: &crates::list(program.architecture)?,
        inputs,
    };
    let made = image::build(&parts, out, stop)?;
    eprintln!(
        "flash: {}: {} MB, of it {} MB in use; the board unpacks {} MB; {}",
        out.display(),
        made.size_bytes / MEGABYTE,
        made.contents_bytes / MEGABYTE,
        made.initramfs_bytes / MEGABYTE,
        made.kernel
    );
    Ok(())
}

const MEGABYTE: u64 = 1_000_000;

/// Writes the image that --image names, or one made for it, to a card.
fn write_card(
    arguments: &Arguments,
    model: Option<&BoardModel>,
    device: &Path,
    stop: &AtomicBool,
) -> Result<bool> {
    let scratch = tempfile::tempdir().context("could not make a temporary folder")?;
    let image = match &arguments.image {
        Some(image) => image.clone(),
        None => {
            let image = scratch.path().join("card.img");
            make_image(arguments, model, &image, stop)?;
            image
        }
    };
    let image_bytes = card::check_image(&image)?;
    let card = find_card(device, image_bytes)?;
    eprintln!("flash: {}", card.description());
    if !arguments.yes {
        if !card.ask(stop)? {
            eprintln!("flash: nothing was written");
            return Ok(false);
        }
        // Minutes may have gone by, and another card may be in its place.
        if find_card(device, image_bytes)? != card {
            bail!(
                "{} is not what it was before the question: run this again",
                device.display()
            );
        }
    }
    let same = card.write(&image, stop)?;
    if same {
        eprintln!(
            "flash: {} is written, and was read back as it should be: put the card into the board",
            device.display()
        );
    }
    Ok(same)
}

fn build_only(program: &Program) -> Result<bool> {
    eprintln!(
        "flash: {} bytes for {} Linux",
        program.bytes.len(),
        program.architecture
    );
    writeln!(io::stdout(), "{}", program.path.display()).context("could not write to stdout")?;
    Ok(true)
}

fn package(arguments: &Arguments, out: &Out, model: Option<&BoardModel>) -> Result<bool> {
    let program = program(arguments)?;
    let release = Release::of_repository()?;
    let of_program = program_package(&program, &manual(arguments)?, &release)?;
    let of_model = model
        .map(|model| model_package(model, &release))
        .transpose()?;
    for path in out.write(&of_program, of_model.as_ref())? {
        writeln!(io::stdout(), "{}", path.display()).context("could not write to stdout")?;
    }
    eprintln!(
        "flash: version {}; on the board: sudo apt install ./PACKAGE.deb",
        release.version
    );
    Ok(true)
}

fn install(
    arguments: &Arguments,
    destination: &Destination,
    model: Option<&BoardModel>,
) -> Result<bool> {
    let program = program(arguments)?;
    let release = Release::of_repository()?;
    let manual = manual(arguments)?;
    let watch = match arguments.seconds {
        _ if arguments.no_monitor => Watch::Nothing,
        Some(seconds) => Watch::For(Duration::from_secs(seconds)),
        None => Watch::UntilStopped,
    };
    host::install(&Order {
        destination,
        package: &|| program_package(&program, &manual, &release),
        version: &release.version,
        program: &program,
        model,
        ssh_options: &arguments.ssh,
        yes: arguments.yes,
        watch,
    })
}
