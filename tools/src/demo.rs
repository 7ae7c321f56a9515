//! The whole chain on made-up music, then clips it never learned from through the device program and a
//! pseudo-terminal, as a board on a serial cable would send them.
//!
//! ```text
//! synth -> prepare -> train -> export                      each a program whose words go into a log
//! held-out clip -> needledrop-device run --serial PTY -> pty -> lines -> hearing -> row, records, score
//! ```
//!
//! The device program is the real one and paces each clip in real time; several clips play at once,
//! each with a pseudo-terminal of its own.

mod chain;
mod clip;
mod hearing;
mod held_out;
mod play;
mod records;
mod row;
mod score;
mod screen;
mod side_by_side;
mod stage;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::stop;
use chain::Chain;
use records::Records;
use score::Score;
use screen::Screen;
use side_by_side::{Event, play_all};
pub use stage::Failed;

/// Makes music, trains on it, exports the model, plays clips it never heard through needledrop-device over
/// pseudo-terminals, and counts the right answers; tools/demo builds the programs first.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
pub struct Options {
    /// Empty folder in which to make everything
    pub folder: PathBuf,
    /// Where needledrop, needledrop-device and export are [default: where this program is]
    #[arg(long, value_name = "DIR")]
    pub programs: Option<PathBuf>,
    /// Clips that play side by side
    #[arg(long, default_value_t = 9, value_name = "N")]
    pub at_once: usize,
}

/// Runs it; false when records were lost or most clips were wrong.
///
/// # Errors
/// [`Failed`] of a program of the chain; a clip that could not be played; a file that could not be read or written;
/// somebody asked to stop.
pub fn demo(options: &Options, stop: &AtomicBool) -> Result<bool> {
    // Whatever fails once somebody asked to stop, fails for that.
    run(options, stop).or_else(|failed| stop::check(stop).and(Err(failed)))
}

fn run(options: &Options, stop: &AtomicBool) -> Result<bool> {
    let began = Instant::now();
    let folder = &options.folder;
    let screen = Screen::new();
    let chain = Chain {
        programs: &programs(options)?,
        folder,
        screen: &screen,
        stop,
    };
    let (player, clips) = chain.run()?;

    screen.say(&format!(
        "play: {} test clips in real time, {} at once, each on a pseudo-terminal",
        clips.len(),
        options.at_once
    ));
    let records_path = folder.join("records.txt");
    let mut records = Records::create(&records_path)?;
    let mut score = Score::default();
    // A closed stdout does not stop the playing.
    let _ = screen.print(row::HEADER);
    play_all(&player, &clips, options.at_once, stop, &mut |event| {
        match event {
            Event::Line(clip, line) => screen.live(&format!("{} {line}", clip.name)),
            Event::Played(played) => {
                let _ = screen.print(&row::row(played));
                records.add(played)?;
                score.add(played);
            }
        }
        Ok(())
    })?;
    // The device program also heeds who stops us, and ends as it should, its clip cut short.
    stop::check(stop)?;

    screen.print(&score.to_string())?;
    screen.say(&format!(
        "took {} s after the build; everything is in {}",
        began.elapsed().as_secs(),
        folder.display()
    ));
    screen.say(&format!("every record is in {}", records_path.display()));
    Ok(score.is_good())
}

fn programs(options: &Options) -> Result<PathBuf> {
    if let Some(folder) = &options.programs {
        return Ok(folder.clone());
    }
    let this = std::env::current_exe().context("could not find this program's folder")?;
    Ok(this.parent().unwrap_or(&this).to_owned())
}
