//! `run`: from flags and configuration file to a worker that listens.
use super::{live::Live, model, outlet::Outlet, signals::stop_flag};
use crate::{
    args::{FORMATS, ModelArgs, RunArgs},
    config::with_file,
};
use anyhow::Context as _;
use needledrop_device::{
    capture::DEFAULT_INPUT, journal, outputs::Outputs, recording::Recording, source::Input,
    supervisor::Supervisor,
};
use needledrop_protocol::Format;
use std::path::Path;

/// Listens until the source ends or a signal comes.
pub(crate) fn run(args: RunArgs) -> anyhow::Result<bool> {
    let args = with_file(args)?;
    let Some(path) = args.model.clone() else {
        anyhow::bail!("no model: give --model FILE, or model = \"FILE\" in the --config file");
    };
    let model_args = ModelArgs {
        model: path,
        key: args.key.clone(),
    };
    let pipeline = model::pipeline(model::open(&model_args)?, args.hop)?;
    let format: Format = args
        .format
        .as_deref()
        .unwrap_or(FORMATS[0])
        .parse()
        .map_err(anyhow::Error::msg)?;
    let input = Input::parse(args.input.as_deref().unwrap_or(DEFAULT_INPUT));
    if let (Input::File(heard), Some(kept)) = (&input, &args.record) {
        refuse_same_file(heard, kept)?;
    }
    let serial = args.serial.unwrap_or_else(|| vec!["-".to_owned()]);
    let outputs = Outputs::start(&serial, args.socket.as_deref(), format)?;
    let recording = args.record.as_deref().map(start_recording).transpose()?;
    let stop = stop_flag().context("signal handlers")?;
    let supervisor = Supervisor::from_environment();
    supervisor.ready();
    let mut live = Live::new(
        pipeline,
        Outlet::new(outputs),
        input,
        args.rate,
        recording,
        supervisor,
    );
    let outcome = live.listen(&stop);
    let ended = live.end();
    let (records, outputs) = (live.records(), live.into_outputs());
    let (dropped, written) = outputs.close();
    journal::say(format_args!("{records} records, {dropped} dropped"));
    outcome.and(ended)?;
    written.context("standard output")?;
    Ok(true)
}

/// A recording replaces what is there: not the music that it is to be made of.
fn refuse_same_file(heard: &Path, kept: &Path) -> anyhow::Result<()> {
    let same = heard
        .canonicalize()
        .is_ok_and(|heard| kept.canonicalize().is_ok_and(|kept| kept == heard));
    anyhow::ensure!(
        !same,
        "recording {} would replace the file that is listened to; give another name",
        kept.display()
    );
    Ok(())
}

fn start_recording(path: &Path) -> anyhow::Result<Recording> {
    Recording::start(path).with_context(|| format!("recording {} can't be written", path.display()))
}
