//! Sector 0: where the first partition lies, in bytes of the disk; and the one field of FAT that must agree with it.
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, Result, bail, ensure};

use super::partition::Partition;

/// What tables and FAT count in.
const SECTOR_BYTES: u64 = 512;
/// Where the disk's signature lies in the sector.
const SIGNATURE_AT: usize = 440;
/// Where the table's first entry lies in the sector.
const FIRST_ENTRY: usize = 446;
const ENTRY_BYTES: usize = 16;
/// FAT32 addressed by sector number.
const TYPE_FAT32_LBA: u8 = 0x0c;
const TYPE_FAT32_CHS: u8 = 0x0b;
/// What the sector ends with when it is a table, and where.
const MARK: [u8; 2] = [0x55, 0xaa];
const MARK_AT: usize = SECTOR_BYTES as usize - MARK.len();
/// Cylinder, head, sector of what such addresses can't reach, as they are written since disks outgrew them.
const OUT_OF_REACH: [u8; 3] = [0xfe, 0xff, 0xff];
/// "Hidden sectors" of a FAT's boot sector: how many lie before the partition. Its copy is in sector 6.
const HIDDEN_SECTORS_AT: [u64; 2] = [0x1c, 6 * SECTOR_BYTES + 0x1c];

/// Writes a table of one FAT32 partition; `signature` tells the disk from others.
pub(super) fn write(file: &File, signature: u32, start_bytes: u64, size_bytes: u64) -> Result<()> {
    let mut sector = [0_u8; SECTOR_BYTES as usize];
    sector[SIGNATURE_AT..SIGNATURE_AT + 4].copy_from_slice(&signature.to_le_bytes());
    let entry = &mut sector[FIRST_ENTRY..FIRST_ENTRY + ENTRY_BYTES];
    entry[1..4].copy_from_slice(&OUT_OF_REACH);
    entry[4] = TYPE_FAT32_LBA;
    entry[5..8].copy_from_slice(&OUT_OF_REACH);
    entry[8..12].copy_from_slice(&sectors(start_bytes)?.to_le_bytes());
    entry[12..16].copy_from_slice(&sectors(size_bytes)?.to_le_bytes());
    sector[MARK_AT..].copy_from_slice(&MARK);
    Ok(file.write_all_at(&sector, 0)?)
}

/// Start and size of the first partition, in bytes.
pub(super) fn read(file: &File) -> Result<(u64, u64)> {
    let mut sector = [0_u8; SECTOR_BYTES as usize];
    match file.read_exact_at(&mut sector, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            bail!("it is shorter than one sector")
        }
        outcome => outcome.context("its first sector can't be read")?,
    }
    ensure!(
        sector[MARK_AT..] == MARK,
        "its first sector is no partition table"
    );
    let entry = &sector[FIRST_ENTRY..FIRST_ENTRY + ENTRY_BYTES];
    ensure!(
        [TYPE_FAT32_LBA, TYPE_FAT32_CHS].contains(&entry[4]),
        "its first partition has type {:02x}, expected {TYPE_FAT32_LBA:02x} (FAT32)",
        entry[4]
    );
    let number = |at: usize| {
        let bytes = [entry[at], entry[at + 1], entry[at + 2], entry[at + 3]];
        u64::from(u32::from_le_bytes(bytes)) * SECTOR_BYTES
    };
    Ok((number(8), number(12)))
}

/// Tells the FAT how far from the disk's beginning it lies; `fatfs` leaves 0 there, which some firmware takes at its
/// word.
pub(super) fn tell_start(partition: &mut Partition, start_bytes: u64) -> Result<()> {
    for at in HIDDEN_SECTORS_AT {
        partition.seek(SeekFrom::Start(at))?;
        partition.write_all(&sectors(start_bytes)?.to_le_bytes())?;
    }
    Ok(())
}

fn sectors(bytes: u64) -> Result<u32> {
    u32::try_from(bytes / SECTOR_BYTES)
        .with_context(|| format!("{bytes} bytes are more than a partition table can say"))
}
