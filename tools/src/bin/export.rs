//! Packs a training run into a model for the board; see [`needledrop_tools::export`].
use clap::Parser;
use needledrop_tools::{
    broken_pipe::is_broken_pipe,
    export::{Options, Outcome, export},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let options = Options::parse();
    let mut out = io::stdout().lock();
    let result = export(&options, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => {
            eprintln!(
                "export: the runtimes do not give the trainer's logits for {}; nothing was written: report the \
                 architecture, its exporter is at fault",
                options.run.display()
            );
            ExitCode::from(1)
        }
        Err(failed) if is_broken_pipe(&failed) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("export: {failed:#}");
            ExitCode::from(2)
        }
    }
}
