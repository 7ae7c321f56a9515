//! The file format of Debian packages: `ar` members `debian-binary`, `control.tar.gz`, `data.tar.gz` (deb(5)).
//!
//! Written here and not by dpkg-deb, so that the same inputs give the same bytes on every machine and nothing has to
//! be laid out on disk, with root's ownership, before.
use super::tree::Tree;
use anyhow::Result;

const MAGIC: &[u8] = b"!<arch>\n";

/// The package's bytes; everything in it is dated `epoch_s`.
pub(super) fn encode(control: &Tree, data: &Tree, epoch_s: u64) -> Result<Vec<u8>> {
    let mut deb = MAGIC.to_vec();
    member(&mut deb, "debian-binary", b"2.0\n", epoch_s);
    member(
        &mut deb,
        "control.tar.gz",
        &control.tar_gz(epoch_s)?,
        epoch_s,
    );
    member(&mut deb, "data.tar.gz", &data.tar_gz(epoch_s)?, epoch_s);
    Ok(deb)
}

/// One `ar` member; they begin at even offsets.
fn member(deb: &mut Vec<u8>, name: &str, bytes: &[u8], epoch_s: u64) {
    let (owner, group, mode, size) = (0, 0, "100644", bytes.len());
    let header = format!("{name:<16}{epoch_s:<12}{owner:<6}{group:<6}{mode:<8}{size:<10}`\n");
    deb.extend_from_slice(header.as_bytes());
    deb.extend_from_slice(bytes);
    if deb.len() % 2 == 1 {
        deb.push(b'\n');
    }
}
