//! The names of shards, and which clips of a split go into which.

use crate::digest::shuffle_key;
use crate::{Kind, ShardRecord, Split};
use std::ops::Range;

/// Suffix of our shards.
const SUFFIX: &str = ".tfrecord";
/// What the names of all shards have in them, others' too; no other file of a data set has it.
const MARK: &str = ".tfrec";

/// `<kind>-<split>-SSSSS-of-NNNNN-<records>.tfrecord`.
fn file_name(kind: Kind, split: Split, shard: usize, shards: usize, records: usize) -> String {
    format!("{kind}-{split}-{shard:05}-of-{shards:05}-{records}{SUFFIX}")
}

/// Whether a file is a shard by its name, ours or somebody else's.
pub(crate) fn is_shard(name: &str) -> bool {
    name.contains(MARK)
}

/// Clips of a split are in the order of this key of their ids, so that any few shards hold all genres.
pub(crate) fn order_key(id: &str) -> [u8; 32] {
    shuffle_key("shard", id)
}

/// The shards of `clips` clips of one kind and split, at most `most` and none empty: the record of each, and its clips
/// in the order of [`order_key`].
pub(crate) fn divide(
    kind: Kind,
    split: Split,
    clips: usize,
    most: usize,
) -> impl Iterator<Item = (ShardRecord, Range<usize>)> {
    let shards = most.min(clips);
    (0..shards).map(move |shard| {
        let range = shard * clips / shards..(shard + 1) * clips / shards;
        let record = ShardRecord {
            file: file_name(kind, split, shard, shards, range.len()),
            kind,
            split,
            records: range.len() as u64,
        };
        (record, range)
    })
}

/// How many records a shard's name says it has.
pub(crate) fn promised_records(name: &str) -> Option<u64> {
    let (_, end) = name.strip_suffix(SUFFIX)?.split_once("-of-")?;
    let (shards, records) = end.split_once('-')?;
    shards.parse::<u32>().ok()?;
    records.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{file_name, promised_records};
    use crate::{Kind, Split};

    #[test]
    fn a_name_says_how_many_records_there_are() {
        let name = file_name(Kind::LogMel, Split::Test, 3, 16, 250);
        assert_eq!(name, "logmel-test-00003-of-00016-250.tfrecord");
        assert_eq!(promised_records(&name), Some(250));
        for other in [
            "train-00000-of-00016.tfrecord",
            "train00-2071.tfrec",
            "a.tfrecord",
        ] {
            assert_eq!(promised_records(other), None);
        }
    }
}
