//! Brings the board's program and a model onto boards; see [`needledrop_tools::flash`].
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
use clap::Parser as _;
use needledrop_tools::flash::card::{self, Card, disk_facts::Machine};
use needledrop_tools::flash::host::{self, Destination, Order, Watch};
use needledrop_tools::flash::image::{self, Parts};
use needledrop_tools::flash::model::BoardModel;
use needledrop_tools::flash::options::Options;
use needledrop_tools::flash::package::{Out, Release, crates, model_package, program_package};
use needledrop_tools::flash::program::Program;
use needledrop_tools::flash::talk::{MEGABYTE_BYTES, say};
use needledrop_tools::{exit, stop};

fn main() -> ExitCode {
    exit::code("flash", &run(&Options::parse()))
}

fn run(options: &Options) -> Result<bool> {
    let read = |path: &Option<PathBuf>| path.as_deref().map(BoardModel::read).transpose();
    let named = read(&options.model)?;
    let default = match named.is_none() && (options.makes_image() || options.host.is_some()) {
        true => read(&options.default_model)?,
        false => None,
    };
    let is_default = named.is_none() && options.makes_image();
    let model = if is_default { default.clone() } else { named };
    if let (Some(_), Some(image), Some(_)) = (&options.sd, &options.image, &model) {
        bail!(
            "{} has its model in it already: leave --model out, or leave --image out and a new image is made",
            image.display()
        );
    }
    let destination = options
        .host
        .as_deref()
        .map(Destination::parse)
        .transpose()?;
    if destination.is_some() {
        host::require_ssh()?;
    }
    if let Some(out) = &options.package {
        Out::check(out)?;
    }
    if options.program.is_some() {
        options.program()?;
    }
    if options.sd.is_some() || options.image.is_some() {
        check_card(options, model.as_ref())?;
    }
    if options.needs {
        return say_needs(options).map(|()| true);
    }
    if let (true, Some(model)) = (is_default, &model) {
        say(format_args!(
            "no --model: the card gets {}",
            model.path.display()
        ));
    }
    if let Some(destination) = &destination {
        return install(options, destination, model.as_ref(), default.as_ref());
    }
    match options {
        Options {
            build_only: true, ..
        } => build_only(&options.program()?),
        Options {
            package: Some(out), ..
        } => package(options, &Out::check(out)?, model.as_ref()),
        Options {
            sd: Some(device), ..
        } => write_card(options, model.as_ref(), device, &*stop::on_signals()?),
        Options {
            image: Some(image), ..
        } => {
            make_image(options, model.as_ref(), image, &*stop::on_signals()?)?;
            writeln!(io::stdout(), "{}", image.display()).context("could not write to stdout")?;
            Ok(true)
        }
        // The group asks for one of them.
        _ => bail!("nothing to do; see tools/flash --help"),
    }
}

/// What can be said about an image or a card before minutes of work.
fn check_card(options: &Options, model: Option<&BoardModel>) -> Result<()> {
    match (&options.sd, &options.image) {
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

/// Prints what is needed and not given, one word a line.
fn say_needs(options: &Options) -> Result<()> {
    let needs_root = match &options.sd {
        Some(device) => !find_card(device, 0)?.is_writable(),
        None => false,
    };
    let mut out = io::stdout().lock();
    for need in options.needs(needs_root) {
        writeln!(out, "{need}").context("could not write to stdout")?;
    }
    Ok(())
}

/// Makes an SD card image.
fn make_image(
    options: &Options,
    model: Option<&BoardModel>,
    out: &Path,
    stop: &AtomicBool,
) -> Result<()> {
    let inputs = options.inputs()?;
    let program = options.program()?;
    let parts = Parts {
        program: &program,
        model: model.context("a card needs a model: add --model models/NAME")?,
        crates: &crates::list(program.architecture)?,
        inputs,
    };
    let made = image::build(&parts, out, stop)?;
    say(format_args!(
        "{}: {} MB, of it {} MB in use; the board unpacks {} MB; {}",
        out.display(),
        made.size_bytes / MEGABYTE_BYTES,
        made.contents_bytes / MEGABYTE_BYTES,
        made.initramfs_bytes / MEGABYTE_BYTES,
        made.kernel
    ));
    Ok(())
}

/// Writes the image that --image names, or one made for it, to a card.
fn write_card(
    options: &Options,
    model: Option<&BoardModel>,
    device: &Path,
    stop: &AtomicBool,
) -> Result<bool> {
    let scratch = tempfile::tempdir().context("could not make a temporary folder")?;
    let image = match &options.image {
        Some(image) => image.clone(),
        None => {
            let image = scratch.path().join("card.img");
            make_image(options, model, &image, stop)?;
            image
        }
    };
    let image_bytes = card::check_image(&image)?;
    let card = find_card(device, image_bytes)?;
    say(card.description());
    if !options.yes {
        if !card.ask(stop)? {
            say("nothing was written");
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
        say(format_args!(
            "{} is written, and was read back as it should be: put the card into the board",
            device.display()
        ));
    }
    Ok(same)
}

fn build_only(program: &Program) -> Result<bool> {
    say(format_args!(
        "{} bytes for {} Linux",
        program.bytes.len(),
        program.architecture
    ));
    writeln!(io::stdout(), "{}", program.path.display()).context("could not write to stdout")?;
    Ok(true)
}

fn package(options: &Options, out: &Out, model: Option<&BoardModel>) -> Result<bool> {
    let program = options.program()?;
    let release = Release::of_repository()?;
    let of_program = program_package(&program, &options.manual()?, &release)?;
    let of_model = model
        .map(|model| model_package(model, &release))
        .transpose()?;
    for path in out.write(&of_program, of_model.as_ref())? {
        writeln!(io::stdout(), "{}", path.display()).context("could not write to stdout")?;
    }
    say(format_args!(
        "version {}; on the board: sudo apt install ./PACKAGE.deb",
        release.version
    ));
    Ok(true)
}

fn install(
    options: &Options,
    destination: &Destination,
    model: Option<&BoardModel>,
    default_model: Option<&BoardModel>,
) -> Result<bool> {
    let program = options.program()?;
    let release = Release::of_repository()?;
    let manual = options.manual()?;
    let watch = match options.seconds {
        _ if options.no_monitor => Watch::Nothing,
        Some(seconds) => Watch::For(Duration::from_secs(seconds)),
        None => Watch::UntilStopped,
    };
    host::install(&Order {
        destination,
        package: &|| program_package(&program, &manual, &release),
        version: &release.version,
        program: &program,
        model,
        default_model,
        ssh_options: &options.ssh,
        yes: options.yes,
        watch,
    })
}
