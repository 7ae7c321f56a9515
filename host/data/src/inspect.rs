//! `needledrop data inspect`: what a folder of data holds, told without changing anything.

mod clips;
mod prepared;
mod raw;
mod report;
mod table;

pub use report::{Leak, Leaks, Lengths, Report};

use crate::DatasetRecord;
use crate::prepare::Input;
use crate::shard::is_shard;
use anyhow::ensure;
use std::path::Path;

/// Whether the folder is a data set, made here or elsewhere.
fn holds_shards(data: &Path) -> bool {
    data.join(DatasetRecord::FILE).is_file()
        || std::fs::read_dir(data).is_ok_and(|entries| {
            let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
            names
                .into_iter()
                .any(|name| is_shard(&name.to_string_lossy()))
        })
}

/// Looks at a data set that `needledrop prepare` made, or at raw data of any layout.
///
/// `jobs` threads read raw data, 0 is one a core; `quick` reads no more than its headers.
///
/// # Errors
/// Nothing there can be used, or read.
pub fn inspect(input: &Input, jobs: usize, quick: bool) -> anyhow::Result<Report> {
    let report = if input.layout.is_none() && holds_shards(&input.data) {
        prepared::inspect(&input.data)?
    } else {
        raw::inspect(input, jobs, quick)?
    };
    ensure!(
        report.clips > 0,
        "{}: none of the clips can be used: {}",
        input.data.display(),
        report.counted_problems()
    );
    Ok(report)
}
