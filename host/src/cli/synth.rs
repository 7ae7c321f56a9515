//! `needledrop synth`: a seed goes in, a folder of WAV files comes out.

use needledrop_data::progress::say;
use needledrop_data::synth;
use std::path::PathBuf;

/// Make a corpus of small tunes in eight styles, plus sounds that are no music; the same bytes everywhere.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Folder to make.
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Clips of each style and of no-music.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) clips_per_genre: u32,
    /// Length of a clip.
    #[arg(long, default_value_t = 12.0)]
    pub(super) seconds: f64,
    /// Another seed, another corpus.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let clips = synth::write(&synth::Options {
            out: self.out.clone(),
            clips_per_genre: self.clips_per_genre,
            seconds: self.seconds,
            seed: self.seed,
        })?;
        say(format_args!(
            "{}: {clips} clips of {} s",
            self.out.display(),
            self.seconds
        ));
        Ok(())
    }
}
