//! Which clips to play: CSV with columns `path` and `genre`, others ignored; as `needledrop-device score` reads it.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::Clip;

#[derive(Deserialize)]
struct Row {
    path: std::path::PathBuf,
    genre: String,
}

/// Reads the manifest; relative paths are relative to its folder.
///
/// # Errors
/// The file can't be read, lacks a column, or names no clip.
pub fn read_manifest(manifest: &Path) -> Result<Vec<Clip>> {
    let shown = manifest.display();
    let folder = manifest.parent().unwrap_or_else(|| Path::new("."));
    let mut reader = csv::Reader::from_path(manifest)
        .with_context(|| format!("could not read the manifest {shown}"))?;
    let clips = reader
        .deserialize()
        .map(|row| {
            let Row { path, genre } = row.with_context(|| {
                format!("manifest {shown} needs columns path and genre in every row")
            })?;
            Ok(Clip {
                path: folder.join(path),
                genre,
            })
        })
        .collect::<Result<Vec<Clip>>>()?;
    if clips.is_empty() {
        bail!("manifest {shown} names no clip");
    }
    Ok(clips)
}

#[cfg(test)]
mod tests {
    use super::read_manifest;

    #[test]
    fn paths_are_relative_to_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clips.csv");
        std::fs::write(&path, "split,path,genre\ntest,a/b.wav,jazz\n").unwrap();
        let clips = read_manifest(&path).unwrap();
        assert_eq!(clips[0].path, folder.path().join("a/b.wav"));
        assert_eq!(clips[0].genre, "jazz");
    }

    #[test]
    fn a_manifest_without_clips_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clips.csv");
        std::fs::write(&path, "path,genre\n").unwrap();
        assert!(
            read_manifest(&path)
                .unwrap_err()
                .to_string()
                .contains("names no clip")
        );
        std::fs::write(&path, "path\na.wav\n").unwrap();
        assert!(
            read_manifest(&path)
                .unwrap_err()
                .to_string()
                .contains("genre")
        );
    }
}
