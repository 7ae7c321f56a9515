//! The first line of a CSV file that others wrote: a record goes in, names of columns come out.

use csv::ByteRecord;

/// Begins files that some programs write.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// The names of the columns, without a byte order mark.
pub(super) fn names(header: &ByteRecord) -> impl Iterator<Item = String> {
    header.iter().map(|name| {
        let name = String::from_utf8_lossy(name);
        name.trim_start_matches(BYTE_ORDER_MARK).to_owned()
    })
}
