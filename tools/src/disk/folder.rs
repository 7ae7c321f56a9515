//! Repairs what `fatfs` 0.3 does wrong in a new folder, so that Windows and `fsck.vfat` find nothing to say.
//!
//! It gives `.` and `..` long names, which they must not have, and lets `..` of a folder at the top point at
//! cluster 2, where FAT says 0. A new folder's first four entries are therefore two long names and two short
//! ones in turn; the short ones are moved up and the rest is zeroed.
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use super::partition::Partition;

const ENTRY_BYTES: usize = 32;
const WRITTEN_BYTES: usize = 4 * ENTRY_BYTES;
/// Where an entry says what it is, and that of a long name.
const ATTRIBUTES_AT: usize = 11;
const LONG_NAME: u8 = 0x0f;
/// The two halves of an entry's first cluster.
const CLUSTER_HIGH_AT: usize = 20;
const CLUSTER_LOW_AT: usize = 26;

/// Repairs the folder whose last entry ends at `end_bytes`; `at_top` when it lies in the root.
pub(super) fn repair(partition: &mut Partition, end_bytes: u64, at_top: bool) -> io::Result<()> {
    let start = end_bytes
        .checked_sub(WRITTEN_BYTES as u64)
        .ok_or_else(unexpected)?;
    let mut entries = [0_u8; WRITTEN_BYTES];
    partition.seek(SeekFrom::Start(start))?;
    partition.read_exact(&mut entries)?;
    let names: Vec<&[u8]> = entries
        .chunks(ENTRY_BYTES)
        .filter(|entry| entry[ATTRIBUTES_AT] != LONG_NAME)
        .collect();
    let [dot, dot_dot] = names[..] else {
        return Err(unexpected());
    };
    if !dot.starts_with(b".  ") || !dot_dot.starts_with(b".. ") {
        return Err(unexpected());
    }
    let mut repaired = [0_u8; WRITTEN_BYTES];
    repaired[..ENTRY_BYTES].copy_from_slice(dot);
    let parent = &mut repaired[ENTRY_BYTES..2 * ENTRY_BYTES];
    parent.copy_from_slice(dot_dot);
    if at_top {
        parent[CLUSTER_HIGH_AT..CLUSTER_HIGH_AT + 2].fill(0);
        parent[CLUSTER_LOW_AT..CLUSTER_LOW_AT + 2].fill(0);
    }
    partition.seek(SeekFrom::Start(start))?;
    partition.write_all(&repaired)
}

fn unexpected() -> io::Error {
    io::Error::other("a new folder does not look as fatfs 0.3 makes them")
}
