//! The command line: which board hears which files, and what is kept of it.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;

use super::machine::Machine;

/// Boots a card image in qemu, plays music to it, and verifies the records it writes.
///
/// The last line is `emulate: N records, L lost, first after S s`. S is counted from the start of the guest's kernel:
/// the kernel's time stamp on init's word that the program starts, plus the time from that word to the first record on
/// this machine's clock.
///
/// Exit code: 0 when there were records, none lost or damaged, and the guest did not crash (with --record also: when
/// the replay gave the same tags, up to the first samples that a busy machine lost); 1 when not so; 2 for an error.
#[derive(Clone, Debug, Parser)]
#[command(name = "emulate", version, max_term_width = 100)]
pub struct Options {
    /// The board
    pub machine: Machine,
    /// Files to play, in this order: WAV, MP3, FLAC, Ogg Vorbis, AAC
    #[arg(long, required = true, num_args = 1.., value_name = "AUDIO")]
    pub play: Vec<PathBuf>,
    /// Image made by tools/flash --image; without it one is made of the model, and kept while nothing changes
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub image: Option<PathBuf>,
    /// Folder of the model for the image that is made [default: the only one in models/ beside tagger, or tagger]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Keep what the guest heard as WAV, replay it with this machine's needledrop-device, and compare the tags
    #[arg(long, value_name = "FILE.wav")]
    pub record: Option<PathBuf>,
    /// Play only the first S seconds of each file
    #[arg(long, value_name = "S")]
    pub seconds: Option<f64>,
    /// Also append everything that the guest's serial port gives to this file, byte for byte
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Install what is missing without asking
    #[arg(long, overrides_with = "yes")]
    pub yes: bool,
    /// Where the console's log and the image that is made lie
    #[arg(long, value_name = "DIR", hide = true, default_value_os_t = default_folder())]
    pub folder: PathBuf,
    /// The repository, to build what is missing
    #[arg(long, value_name = "DIR", hide = true, default_value = ".")]
    pub repository: PathBuf,
    /// Cargo's target folder
    #[arg(long, value_name = "DIR", hide = true, default_value = "target")]
    pub target: PathBuf,
}

fn default_folder() -> PathBuf {
    std::env::temp_dir().join("needledrop-emulate")
}

impl Options {
    /// Refuses at once what would only fail after minutes.
    ///
    /// # Errors
    /// A value that can't be used, a file that is not there.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(seconds) = self.seconds {
            ensure!(
                seconds.is_finite() && (1.0..=3600.0).contains(&seconds),
                "--seconds {seconds}: give 1 to 3600"
            );
        }
        for file in &self.play {
            ensure!(file.is_file(), "no audio file {}", file.display());
        }
        if let Some(image) = &self.image {
            ensure!(
                image.is_file(),
                "no image {}: tools/flash --image makes one",
                image.display()
            );
        }
        for file in self.record.iter().chain(&self.log) {
            let folder = file
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            ensure!(
                !file.is_dir() && folder.is_none_or(|folder| folder.is_dir()),
                "{} can't be written: its folder is not there, or it is one itself",
                file.display()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use clap::{CommandFactory as _, Parser as _};

    fn parse(words: &str) -> Result<Options, String> {
        let words = std::iter::once("emulate").chain(words.split_whitespace());
        Options::try_parse_from(words).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Options::command().debug_assert();
        let options = parse("virt --play a.ogg b.ogg --seconds 5").unwrap();
        assert_eq!(options.play.len(), 2);
        let twice = parse("raspi3b --play a.ogg --play b.ogg").unwrap();
        assert_eq!(twice.play.len(), 2);
        assert!(parse("virt").unwrap_err().contains("--play"));
        assert!(parse("pi5 --play a.ogg").unwrap_err().contains("raspi3b"));
        assert!(
            parse("virt --play a --image i --model m")
                .unwrap_err()
                .contains("--model")
        );
    }

    #[test]
    fn what_can_not_work_is_refused_by_name() {
        let audio = tempfile::NamedTempFile::new().unwrap();
        let audio = audio.path().display();
        let refused = |words: &str| parse(words).unwrap().check().unwrap_err().to_string();
        assert!(refused("virt --play gone.ogg").contains("gone.ogg"));
        assert!(refused(&format!("virt --play {audio} --seconds 0")).contains("--seconds 0"));
        assert!(refused(&format!("virt --play {audio} --seconds NaN")).contains("1 to 3600"));
        assert!(refused(&format!("virt --play {audio} --image gone.img")).contains("tools/flash"));
        assert!(refused(&format!("virt --play {audio} --record no/such/x.wav")).contains("x.wav"));
        assert!(
            parse(&format!("virt --play {audio} --record x.wav"))
                .unwrap()
                .check()
                .is_ok()
        );
    }
}
