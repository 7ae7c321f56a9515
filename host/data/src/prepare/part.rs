//! A part of a data set as a folder: the plan of the whole, and the decoded clips of one share of it.

use super::plan::Plan;
use super::share::Share;
use super::{Problem, Summary};
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

const PLAN: &str = "plan.json";

/// `part.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    format: u32,
    #[serde(flatten)]
    pub(crate) share: Share,
    /// SHA-256 of the plan, which all parts of a data set share.
    pub(super) plan_sha256: String,
}

impl PartRecord {
    /// Its file.
    pub(crate) const FILE: &'static str = "part.json";
    const FORMAT: u32 = 1;

    pub(super) fn new(share: Share, plan: &Plan) -> anyhow::Result<Self> {
        Ok(Self {
            format: Self::FORMAT,
            share,
            plan_sha256: plan.digest()?,
        })
    }

    /// Reads `part.json`, and nothing of what it belongs to.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(Self::FILE);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => anyhow::bail!(
                "{}: is no part of a data set: it has no {}; make parts with `needledrop prepare --part I/N`",
                folder.display(),
                Self::FILE
            ),
            Err(error) => {
                return Err(error).with_context(|| format!("{}: cannot read", path.display()));
            }
        };
        let record: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{}: is damaged; prepare this part again", path.display()))?;
        ensure!(
            record.format == Self::FORMAT,
            "{}: part format {}, this version reads {}; prepare this part again",
            path.display(),
            record.format,
            Self::FORMAT
        );
        record
            .share
            .check()
            .with_context(|| path.display().to_string())?;
        Ok(record)
    }

    /// Writes the plan, then the record, which makes the folder a part.
    pub(super) fn write(&self, folder: &Path, plan: &Plan) -> anyhow::Result<()> {
        for (name, text) in [
            (PLAN, serde_json::to_vec(plan)?),
            (Self::FILE, serde_json::to_vec_pretty(self)?),
        ] {
            let path = folder.join(name);
            needledrop_bundle::write_atomic(&path, &text)
                .with_context(|| format!("{}: cannot write", path.display()))?;
        }
        Ok(())
    }

    /// The plan beside it.
    pub(super) fn plan(&self, folder: &Path) -> anyhow::Result<Plan> {
        let path = folder.join(PLAN);
        let failed = || format!("{}: is damaged; prepare this part again", path.display());
        let text =
            std::fs::read(&path).with_context(|| format!("{}: cannot read", path.display()))?;
        let plan: Plan = serde_json::from_slice(&text).with_context(failed)?;
        ensure!(plan.digest()? == self.plan_sha256, failed());
        Ok(plan)
    }
}

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
        Summary::write_counts(f, &self.problem_counts, "part of problems.csv once merged")?;
        write!(
            f,
            "{} in {:.1} s; join all parts with `needledrop data merge PART.. --out DIR`",
            self.out.display(),
            self.wall_seconds
        )
    }
}
