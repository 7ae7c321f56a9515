//! `part.json`, which makes a folder one part of a data set.

use crate::share::Share;
use crate::staged_dir::write_file;
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// `part.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    format: u32,
    #[serde(flatten)]
    pub(crate) share: Share,
    /// SHA-256 of the plan, which all parts of a data set share, 64 hex.
    pub(crate) plan_sha256: String,
}

impl PartRecord {
    /// File name.
    pub(crate) const FILE: &'static str = "part.json";
    const FORMAT: u32 = 1;

    /// Of a share of what is planned.
    pub(crate) fn new(share: Share, plan_sha256: String) -> Self {
        Self {
            format: Self::FORMAT,
            share,
            plan_sha256,
        }
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

    /// Writes `part.json` into a folder that holds everything else already.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        write_file(&folder.join(Self::FILE), &serde_json::to_vec_pretty(self)?)
    }
}
