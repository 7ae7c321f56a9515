//! `run`: from flags and configuration file to a worker that listens.
use super::{live::Live, model, outlet::Outlet, signals::stop_flag};
use crate::args::{FORMATS, ModelArgs, RunArgs};
use anyhow::Context as _;
use needledrop_device::{
    journal, outputs::Outputs, recording::Recording, source::Input, supervisor::Supervisor,
};
use needledrop_protocol::Format;
use std::{fs, path::Path};

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
    let recording = args.record.as_deref().map(start_recording).transpose()?;
    let serial = args.serial.unwrap_or_else(|| vec!["-".to_owned()]);
    let outputs = Outputs::start(&serial, args.socket.as_deref(), format)?;
    let stop = stop_flag().context("signal handlers")?;
    let supervisor = Supervisor::from_environment();
    supervisor.ready();
    let input = Input::parse(args.input.as_deref().unwrap_or("default"));
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

fn start_recording(path: &Path) -> anyhow::Result<Recording> {
    Recording::start(path).with_context(|| format!("recording {} can't be written", path.display()))
}

/// Adds what the configuration file says.
fn with_file(args: RunArgs) -> anyhow::Result<RunArgs> {
    let Some(path) = args.config.clone() else {
        return Ok(args);
    };
    let named = || format!("configuration {}", path.display());
    let text = fs::read_to_string(&path).with_context(named)?;
    let file: RunArgs = toml::from_str(&text).with_context(named)?;
    if let Some(format) = &file.format {
        format
            .parse::<Format>()
            .map_err(|expected| anyhow::anyhow!("{}: format is {format:?}, {expected}", named()))?;
    }
    Ok(args.or(file))
}
