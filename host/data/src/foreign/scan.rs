//! The first pass over a folder: what every record of every shard says.

use super::record::Seen;
use crate::shard::{ShardFile, is_shard, promised_records};
use crate::stored::StoredFile;
use crate::stream::{Stream, StreamOptions};
use crate::tfrecord::Record;
use crate::{Error, Losses, Split};
use std::path::Path;
use std::sync::Arc;

/// Folders within folders that are looked into: deeper than anybody sorts shards, and links may go round in circles.
const DEEPEST: usize = 4;

/// One record while the folder is being opened.
pub(super) struct Scanned {
    pub(super) file: Arc<StoredFile>,
    /// Position in its file.
    pub(super) index: u64,
    /// The stored checksum of its data.
    pub(super) crc: u32,
    /// Length of its data.
    pub(super) bytes: usize,
    /// `clip`, else file and position.
    pub(super) id: String,
    /// By the record, else by the file's name.
    pub(super) split: Option<Split>,
    pub(super) seen: Seen,
}

/// Every record, by file and position.
///
/// # Errors
/// [`Error::NotADataset`] when there are no shards; [`Error::BadExample`].
pub(super) fn scan(dir: &Path) -> Result<(Vec<Scanned>, Losses), Error> {
    let files = if dir.is_dir() {
        files(dir)?
    } else {
        Vec::new()
    };
    if files.is_empty() {
        return Err(Error::NotADataset {
            path: dir.to_owned(),
        });
    }
    let root = dir.to_owned();
    let decode = move |path: &Path, file: &Arc<StoredFile>, record: &Record<'_>| {
        let mut seen = Seen::of(record.data)
            .map_err(|reason| Error::bad_example(path, record.index, reason))?;
        // What the data set itself is called, or where it lies, must decide nothing.
        let within = path.strip_prefix(&root).unwrap_or(path);
        Ok(Some(Scanned {
            file: Arc::clone(file),
            index: record.index,
            crc: record.crc,
            bytes: record.data.len(),
            id: seen
                .id
                .take()
                .unwrap_or_else(|| format!("{}#{}", within.display(), record.index)),
            split: seen.split.or_else(|| split_of_path(within)),
            seen,
        }))
    };
    let mut stream = Stream::new(files, &StreamOptions::default(), decode);
    let mut scanned = stream.by_ref().collect::<Result<Vec<Scanned>, _>>()?;
    scanned.sort_by(|a, b| (a.file.path(), a.index).cmp(&(b.file.path(), b.index)));
    Ok((scanned, stream.losses()))
}

/// Every shard below `dir`, sorted by path; hidden files and folders are passed over.
fn files(dir: &Path) -> Result<Vec<ShardFile>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![(dir.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(Error::io(&folder))?;
        for entry in entries {
            let entry = entry.map_err(Error::io(&folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            if name.starts_with('.') {
                continue;
            } else if path.is_dir() && depth < DEEPEST {
                folders.push((path, depth + 1));
            } else if is_shard(&name) {
                let records = promised_records(&name);
                files.push(ShardFile { path, records });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The split that a word of a file's name or of its folder's says, the file's first.
fn split_of_path(path: &Path) -> Option<Split> {
    let parts = path.iter().rev().take(2);
    parts.filter_map(|part| part.to_str()).find_map(|part| {
        part.split(|c: char| !c.is_ascii_alphabetic())
            .find_map(|word| word.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::split_of_path;
    use crate::Split;
    use std::path::Path;

    #[test]
    fn names_say_splits_by_whole_words() {
        for (path, split) in [
            (
                "set/logmel-valid-00000-of-00002-5.tfrecord",
                Some(Split::Valid),
            ),
            ("set/Training_03.tfrec", Some(Split::Train)),
            ("set/test00-2071.tfrec", Some(Split::Test)),
            ("set/val/0.tfrecord", Some(Split::Valid)),
            ("train/test-1.tfrecord", Some(Split::Test)),
            ("set/contest.tfrecord", None),
            ("set/0.tfrecord", None),
        ] {
            assert_eq!(split_of_path(Path::new(path)), split, "{path}");
        }
    }
}
