//! CSV tables: the names of those beside a data set's shards, and how any of ours is written: a header and rows go in,
//! a whole file on disk comes out.

use anyhow::Context;
use std::path::Path;

/// One line a clip, sorted by id.
pub(crate) const CLIPS: &str = "clips.csv";
/// What was left out, and notes on what was kept.
pub(crate) const PROBLEMS: &str = "problems.csv";

/// A header and its rows, written to disk.
pub(crate) fn write<const N: usize>(
    path: &Path,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> anyhow::Result<()> {
    let failed = || format!("{}: cannot write", path.display());
    let mut writer = csv::Writer::from_path(path).with_context(failed)?;
    writer.write_record(header).with_context(failed)?;
    for row in rows {
        writer.write_record(row).with_context(failed)?;
    }
    let file = writer
        .into_inner()
        .map_err(|error| error.into_error())
        .with_context(failed)?;
    file.sync_data().with_context(failed)
}
