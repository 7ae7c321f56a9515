//! What a run that prepared a part did, for people and for programs.

use super::problem::{self, Problem};
use crate::share::Share;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What `--json` prints of a part.
#[derive(Debug, Serialize)]
pub struct PartSummary {
    /// The folder.
    pub out: PathBuf,
    /// Which part it is.
    #[serde(flatten)]
    pub share: Share,
    /// Clips decoded.
    pub clips: u64,
    /// How many problems of each kind, of this part's clips.
    pub problem_counts: BTreeMap<&'static str, u64>,
    /// Those problems.
    pub problems: Vec<Problem>,
    /// Chunks taken over from a killed run.
    pub reused_chunks: u64,
    /// Length of the clips.
    pub audio_seconds: f64,
    /// How long the run took.
    pub wall_seconds: f64,
    /// Most memory the program held, where the system tells.
    pub peak_memory_bytes: Option<u64>,
}

impl fmt::Display for PartSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "part {} of {}: {} clips, {:.2} h of audio",
            self.share.part,
            self.share.parts,
            self.clips,
            self.audio_seconds / 3600.0
        )?;
        problem::write_counts(f, &self.problem_counts, "part of problems.csv once merged")?;
        write!(
            f,
            "{} in {:.1} s; join all parts with `needledrop data merge PART.. --out DIR`",
            self.out.display(),
            self.wall_seconds
        )
    }
}
