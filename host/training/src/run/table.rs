//! Rows as the bytes of a CSV file.

use serde::Serialize;

/// Rows with a header; rows of plain fields always serialise.
pub(crate) fn csv(rows: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        #[expect(clippy::expect_used, reason = "numbers and strings into a Vec")]
        writer
            .serialize(row)
            .expect("a row of plain fields always serialises");
    }
    writer.into_inner().unwrap_or_default()
}
