//! `replay`: files to records as fast as possible; nothing but the samples decides what they are.
use super::model;
use crate::args::ReplayArgs;
use anyhow::Context as _;
use needledrop_audio::AudioFile;
use needledrop_device::{
    journal, judge::Classifier, pipeline::Pipeline, source::Input, trace::Trace,
};
use needledrop_protocol::{Format, Record, encode};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

/// A net that [`hear`] can use.
pub(super) trait Hearing:
    Classifier<Error: std::error::Error + Send + Sync + 'static>
{
}

impl<C: Classifier<Error: std::error::Error + Send + Sync + 'static>> Hearing for C {}

/// Replays every file; one that can't be read is reported, and the others go on.
pub(crate) fn replay(args: &ReplayArgs) -> anyhow::Result<bool> {
    let model = model::open(&args.model)?;
    let Some(path) = &args.trace else {
        return replay_files(args, &mut model::pipeline(model, args.hop)?);
    };
    let failed = || format!("trace {} can't be written", path.display());
    let trace = Trace::new(BufWriter::new(File::create(path).with_context(failed)?));
    let mut pipeline = model::pipeline_around(model, args.hop, |net| trace.around(net))?;
    let done = replay_files(args, &mut pipeline)?;
    trace.finish().with_context(failed)?;
    Ok(done)
}

fn replay_files<C: Hearing>(args: &ReplayArgs, pipeline: &mut Pipeline<C>) -> anyhow::Result<bool> {
    let format: Format = args.format.parse().map_err(anyhow::Error::msg)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut bad = 0;
    for path in &args.files {
        let mut written = Ok(());
        let heard = hear(pipeline, path, |record| {
            if written.is_ok() {
                written = out.write_all(encode(&record, format).as_bytes());
            }
        });
        written.context("standard output")?;
        if let Err(error) = heard {
            bad += 1;
            journal::say(format_args!("{error:#}"));
        }
    }
    out.flush().context("standard output")?;
    if bad > 0 {
        anyhow::bail!("{bad} of {} files could not be replayed", args.files.len());
    }
    Ok(true)
}

/// One file through the pipeline, from `begin` to the flagged record.
pub(super) fn hear<C: Hearing>(
    pipeline: &mut Pipeline<C>,
    path: &Path,
    mut emit: impl FnMut(Record),
) -> anyhow::Result<()> {
    let mut file = AudioFile::open(path)?;
    let name = Input::File(path.to_owned()).name();
    pipeline
        .begin(&name, Some(file.sample_rate_hz()), &mut emit)
        .with_context(|| path.display().to_string())?;
    let read = push_all(pipeline, &mut file, &mut emit);
    pipeline
        .finish(&mut emit)
        .with_context(|| path.display().to_string())?;
    read.with_context(|| path.display().to_string())?;
    let report = file.report();
    if report.damaged_packets > 0 || report.truncated {
        journal::say(format_args!(
            "{}: {} damaged packets left out{}",
            path.display(),
            report.damaged_packets,
            if report.truncated {
                ", the file breaks off"
            } else {
                ""
            }
        ));
    }
    Ok(())
}

fn push_all<C: Hearing>(
    pipeline: &mut Pipeline<C>,
    file: &mut AudioFile,
    emit: &mut impl FnMut(Record),
) -> anyhow::Result<()> {
    while let Some(block) = file.next_block()? {
        pipeline.push(block, &mut *emit)?;
    }
    Ok(())
}
