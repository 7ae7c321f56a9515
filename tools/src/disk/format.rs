//! A new image: size and label in, an empty FAT32 behind a table of its one partition out.
use std::fs::File;

use anyhow::{Result, bail, ensure};
use fatfs::{FatType, FormatVolumeOptions};

use super::mbr;
use super::partition::Partition;

/// Where the partition begins: the distance that every partitioning tool of today leaves.
const PARTITION_START_BYTES: u64 = 1 << 20;
/// The same for every image: two cards are told apart by what is on them, and an image must not depend on when it was
/// made.
const VOLUME_ID: u32 = 0x4e44_0001;
/// FAT32 is told from FAT16 by its number of clusters alone, and some readers are off by a few.
const SMALLEST_CLUSTERS: u64 = 65_525 + 64;
/// Clusters beside those: room for the two FATs themselves.
const SPARE_CLUSTERS: u64 = 2048;
const SMALLEST_BYTES: u64 = 40 << 20;
const SMALLEST_CLUSTER_BYTES: u32 = 512;
/// The largest cluster, as a power of two of the smallest: 32 KiB.
const MOST_DOUBLINGS: u32 = 6;
/// What FAT has room for.
const LABEL_BYTES: usize = 11;

/// Whether there can be an image of this size.
///
/// # Errors
/// There can't.
pub(super) fn check_size(size_bytes: u64) -> Result<()> {
    ensure!(
        size_bytes >= SMALLEST_BYTES && size_bytes.is_multiple_of(PARTITION_START_BYTES),
        "an image of {size_bytes} bytes is not possible: take a multiple of 1 MiB, 40 MiB at least"
    );
    Ok(())
}

/// Makes `file` an image of `size_bytes`, which [`check_size`] took.
///
/// # Errors
/// A label that FAT can't hold, a file that can't be written.
pub(super) fn format(file: File, size_bytes: u64, label: &str) -> Result<Partition> {
    let partition_bytes = size_bytes - PARTITION_START_BYTES;
    // Sparse: what no file fills takes no room.
    file.set_len(size_bytes)?;
    mbr::write(&file, VOLUME_ID, PARTITION_START_BYTES, partition_bytes)?;
    let mut partition = Partition::new(file, PARTITION_START_BYTES, partition_bytes);
    let options = FormatVolumeOptions::new()
        .fat_type(FatType::Fat32)
        .bytes_per_cluster(cluster_bytes(partition_bytes))
        .volume_id(VOLUME_ID)
        .volume_label(label_bytes(label)?);
    fatfs::format_volume(&mut partition, options)?;
    mbr::tell_start(&mut partition, PARTITION_START_BYTES)?;
    Ok(partition)
}

/// The largest cluster that leaves FAT32 the clusters it must have: fewer and larger ones make a quicker card.
fn cluster_bytes(partition_bytes: u64) -> u32 {
    let fits =
        |cluster: &u32| partition_bytes / u64::from(*cluster) >= SMALLEST_CLUSTERS + SPARE_CLUSTERS;
    (0..=MOST_DOUBLINGS)
        .rev()
        .map(|power| SMALLEST_CLUSTER_BYTES << power)
        .find(fits)
        .unwrap_or(SMALLEST_CLUSTER_BYTES)
}

fn label_bytes(label: &str) -> Result<[u8; LABEL_BYTES]> {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ';
    if label.len() > LABEL_BYTES || !label.bytes().all(plain) {
        bail!("a FAT label has up to 11 capital letters and digits, {label:?} has not");
    }
    let mut bytes = [b' '; LABEL_BYTES];
    bytes[..label.len()].copy_from_slice(label.as_bytes());
    Ok(bytes)
}
