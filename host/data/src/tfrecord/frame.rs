//! TFRecord framing: length, masked CRC-32C of the length, data, masked CRC-32C of the data.
//!
//! # Source
//! TensorFlow, `tensorflow/core/lib/io/record_writer.h` and `tensorflow/core/lib/hash/crc32c.h`.

use std::io::Write;

/// Bytes before the data: `u64` length, `u32` CRC of it.
pub(super) const HEADER_BYTES: usize = 12;
/// Bytes after the data: `u32` CRC of it.
pub(super) const FOOTER_BYTES: usize = 4;
/// Bytes around the data.
pub(super) const FRAMING_BYTES: u64 = (HEADER_BYTES + FOOTER_BYTES) as u64;

/// What masking adds.
const MASK_DELTA: u32 = 0xa282_ead8;

/// The stored form of a checksum, which keeps a CRC from being computed over embedded CRCs.
pub(super) fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(MASK_DELTA)
}

/// Writes one record; gives the bytes written.
pub fn write_record(out: &mut impl Write, data: &[u8]) -> std::io::Result<u64> {
    let length = (data.len() as u64).to_le_bytes();
    out.write_all(&length)?;
    out.write_all(&masked_crc(&length).to_le_bytes())?;
    out.write_all(data)?;
    out.write_all(&masked_crc(data).to_le_bytes())?;
    Ok((HEADER_BYTES + data.len() + FOOTER_BYTES) as u64)
}

#[cfg(test)]
mod tests {
    use super::write_record;

    #[test]
    fn framing_is_tensorflows() {
        // Record "abc" as tf.io.TFRecordWriter of tensorflow-cpu 2.21.0 writes it.
        let expected = [
            3, 0, 0, 0, 0, 0, 0, 0, 176, 153, 73, 14, b'a', b'b', b'c', 110, 87, 241, 33,
        ];
        let mut out = Vec::new();
        assert_eq!(write_record(&mut out, b"abc").unwrap(), 19);
        assert_eq!(out, expected);
    }
}
