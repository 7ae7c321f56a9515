//! Audio files under a folder: the folder goes in, sorted paths come out.

use anyhow::Context;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Endings of files that are tried; what they really are is found by decoding.
const AUDIO_EXTENSIONS: [&str; 14] = [
    "mp3", "m4a", "m4b", "mp4", "aac", "flac", "ogg", "oga", "wav", "wave", "aif", "aiff", "au",
    "snd",
];

/// An audio file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioPath {
    /// Where it is.
    pub path: PathBuf,
    /// Its path from the folder on, with `/`.
    pub relative: String,
}

impl AudioPath {
    /// The file's name.
    pub(super) fn file_name(&self) -> &str {
        file_name(&self.relative)
    }
}

/// The file's name at the end of a path with `/`.
pub(super) fn file_name(relative: &str) -> &str {
    relative.rsplit('/').next().unwrap_or_default()
}

/// All audio files under `root`, sorted; hidden files and folders are passed over, links followed once.
///
/// # Errors
/// A folder can't be read.
pub fn audio_files(root: &Path) -> anyhow::Result<Vec<AudioPath>> {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let failed = || format!("{}: cannot read the folder", folder.display());
        if !seen.insert(folder.canonicalize().with_context(failed)?) {
            continue;
        }
        for entry in std::fs::read_dir(&folder).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = entry.path();
            let relative = if prefix.is_empty() {
                name
            } else {
                format!("{prefix}/{name}")
            };
            if path.is_dir() {
                folders.push((path, relative));
            } else if is_audio(&path) {
                files.push(AudioPath { path, relative });
            }
        }
    }
    files.sort_by(|a, b| a.relative.cmp(&b.relative));
    Ok(files)
}

fn is_audio(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| {
            AUDIO_EXTENSIONS
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
}
