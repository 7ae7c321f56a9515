//! What a run has settled before it hears the first clip: all that a data set depends on beside the audio.

use super::layout::{Found, Layout, Source};
use super::options::Options;
use super::problem::Problem;
use super::split::SplitRule;
use crate::digest;
use crate::part::PartRecord;
use crate::staged_dir::write_file;
use crate::{Kind, Split};
use anyhow::{Context, ensure};
use needledrop_frontend::FrontendConfig;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// File of a part's folder.
const FILE: &str = "plan.json";

/// Two runs with equal plans and equal audio make the same data set, byte by byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// Version of the program.
    pub(super) version: String,
    pub(super) layout: Layout,
    pub(super) frontend: FrontendConfig,
    pub(super) frontend_id: String,
    pub(super) kinds: Vec<Kind>,
    #[serde(with = "as_text")]
    pub(super) split_rule: SplitRule,
    /// Shards a kind and split.
    pub(super) shards: usize,
    /// Sorted by id.
    pub(super) clips: Vec<PlannedClip>,
    /// Found before decoding, sorted.
    pub(super) problems: Vec<Problem>,
}

/// A clip to be, without the place it lies at on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlannedClip {
    pub(super) id: String,
    pub(super) genre: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) artist: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) album: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) split: Option<Split>,
    /// Length of the file.
    pub(super) bytes: u64,
}

impl Plan {
    /// Of the clips found.
    pub(super) fn new(options: &Options, found: &Found, rule: SplitRule) -> anyhow::Result<Self> {
        let frontend_id = options
            .frontend
            .id()
            .context("the frontend cannot be built")?
            .to_string();
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            layout: found.layout,
            frontend: options.frontend,
            frontend_id,
            kinds: options.kinds.clone(),
            split_rule: rule,
            shards: options.shards,
            clips: found.sources.iter().map(PlannedClip::of).collect(),
            problems: found.problems.clone(),
        })
    }

    /// Reads the plan beside a part's record.
    pub(super) fn read(folder: &Path, part: &PartRecord) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let failed = || format!("{}: is damaged; prepare this part again", path.display());
        let text =
            std::fs::read(&path).with_context(|| format!("{}: cannot read", path.display()))?;
        let plan: Self = serde_json::from_slice(&text).with_context(failed)?;
        ensure!(plan.digest()? == part.plan_sha256, failed());
        Ok(plan)
    }

    /// Writes it into the folder of a part.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        write_file(&folder.join(FILE), &serde_json::to_vec(self)?)
    }

    /// SHA-256, 64 hex.
    pub(super) fn digest(&self) -> anyhow::Result<String> {
        Ok(digest::of_lines([serde_json::to_string(self)?]))
    }

    /// What the decoded clips depend on: files with size and time, genre (silence may be `no-music`), frontend, kinds.
    pub(super) fn decoding_digest(&self, sources: &[Source]) -> String {
        let settings = format!("{} {} {:?}", self.version, self.frontend_id, self.kinds);
        let files = sources.iter().zip(&self.clips).map(|(source, clip)| {
            let modified = std::fs::metadata(&source.path)
                .and_then(|metadata| metadata.modified())
                .ok()
                .and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
            format!("{}\t{}\t{}\t{modified:?}", clip.id, clip.genre, clip.bytes)
        });
        digest::of_lines(std::iter::once(settings).chain(files))
    }

    /// The sources again, for what follows decoding.
    pub(super) fn sources(&self) -> Vec<Source> {
        let sources = self.clips.iter().map(|clip| Source {
            id: clip.id.clone(),
            genre: clip.genre.clone(),
            artist: clip.artist.clone(),
            album: clip.album.clone(),
            split: clip.split,
            ..Source::default()
        });
        sources.collect()
    }

    /// How `other` differs, in words: its side first.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let say = |what: &str, theirs: &dyn std::fmt::Display, ours: &dyn std::fmt::Display| {
            Some(format!("{what} {theirs}, not {ours}"))
        };
        if other.version != self.version {
            return say("version", &other.version, &self.version);
        }
        if other.frontend_id != self.frontend_id {
            return say("frontend", &other.frontend_id, &self.frontend_id);
        }
        if other.kinds != self.kinds {
            let names = |kinds: &[Kind]| {
                kinds
                    .iter()
                    .map(|kind| kind.name())
                    .collect::<Vec<_>>()
                    .join(",")
            };
            return say("kinds", &names(&other.kinds), &names(&self.kinds));
        }
        if other.split_rule != self.split_rule {
            return say("split", &other.split_rule, &self.split_rule);
        }
        if other.shards != self.shards {
            return say("shards", &other.shards, &self.shards);
        }
        if other.layout != self.layout {
            return say("layout", &other.layout.name(), &self.layout.name());
        }
        if other.clips.len() != self.clips.len() {
            return say("data of clips", &other.clips.len(), &self.clips.len());
        }
        if let Some((theirs, ours)) = other.clips.iter().zip(&self.clips).find(|(a, b)| a != b) {
            return Some(match theirs.id == ours.id {
                true if theirs.bytes != ours.bytes => {
                    format!("{} of {} bytes, not {}", ours.id, theirs.bytes, ours.bytes)
                }
                true => format!("another genre, artist, album or split of {}", ours.id),
                false => format!("clip {} where there should be {}", theirs.id, ours.id),
            });
        }
        (other != self).then(|| "other problems found before decoding".to_owned())
    }
}

impl PlannedClip {
    fn of(source: &Source) -> Self {
        Self {
            id: source.id.clone(),
            genre: source.genre.clone(),
            artist: source.artist.clone(),
            album: source.album.clone(),
            split: source.split,
            bytes: std::fs::metadata(&source.path).map_or(0, |metadata| metadata.len()),
        }
    }
}

/// A split rule as its own words.
mod as_text {
    use super::SplitRule;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(rule: &SplitRule, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(rule)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(text: D) -> Result<SplitRule, D::Error> {
        String::deserialize(text)?
            .parse()
            .map_err(|error: anyhow::Error| D::Error::custom(error))
    }
}
