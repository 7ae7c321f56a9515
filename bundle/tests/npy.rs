//! The reader of .npy files against the writer of another crate, against lies, and against anything at all.

use crate::arrays::npy as npy_bytes;
use needledrop_bundle::npy::{self, Array, Dtype, Fault, Reader};
use proptest::prelude::*;
use std::path::PathBuf;

/// A file of `version` with this header and this many bytes of values.
fn with_header(version: u8, header: &str, values: usize) -> Vec<u8> {
    let length = match version {
        1 => (header.len() as u16).to_le_bytes().to_vec(),
        _ => (header.len() as u32).to_le_bytes().to_vec(),
    };
    let preamble = [b"\x93NUMPY", &[version, 0][..]].concat();
    [&preamble, &length, header.as_bytes(), &vec![7; values]].concat()
}

fn header(descr: &str, shape: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
}

fn reader(bytes: &[u8]) -> Result<Reader<&[u8]>, Fault> {
    Reader::new(bytes, bytes.len() as u64)
}

fn fault(bytes: &[u8]) -> Fault {
    reader(bytes).expect_err("refused")
}

fn file(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("a.npy");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn reads_what_fits_and_names_what_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let good = npy_bytes(&[2, 3], &[1_i16, 2, 3, -4, 5, 6]);
    let path = file(&folder, &good);
    let expected = Array {
        shape: vec![2, 3],
        values: vec![1_i16, 2, 3, -4, 5, 6],
    };
    assert_eq!(npy::read::<i16>(&path, &[3]).unwrap(), expected);
    let refusal = |row: &[usize]| {
        npy::read::<i16>(&path, row)
            .expect_err("refused")
            .to_string()
    };
    assert!(refusal(&[4]).contains("a.npy: has shape [2, 3], expected [N, 4]"));
    assert!(refusal(&[3, 1]).contains("expected [N, 3, 1]"));
    let found = npy::read::<f32>(&path, &[3]).expect_err("refused");
    assert!(
        found.to_string().contains("holds '<i2', expected '<f4'"),
        "{found}"
    );
    std::fs::remove_file(&path).unwrap();
    assert!(refusal(&[3]).contains("No such file"), "{}", refusal(&[3]));
    file(&folder, &npy_bytes(&[4], &[1.5_f32, -0.0, f32::MAX, 1e-40]));
    let floats = npy::read::<f32>(&path, &[]).unwrap();
    assert_eq!(floats.values, [1.5, -0.0, f32::MAX, 1e-40]);
}

#[test]
fn all_versions_are_read_and_one_byte_has_no_order() {
    for version in [1, 2, 3] {
        for descr in ["'|u1'", "'<u1'"] {
            let bytes = with_header(version, &header(descr, "(2, 3)"), 6);
            let mut reader = reader(&bytes).unwrap();
            assert_eq!((reader.dtype(), reader.shape()), (Dtype::U8, &[2, 3][..]));
            let mut values = Vec::new();
            reader.read_values(6, &mut values).unwrap();
            assert_eq!(values, [7; 6]);
            assert!(reader.read_values(1, &mut values).is_err(), "no more");
        }
    }
    // Nothing at all is a shape, too.
    assert_eq!(
        reader(&npy_bytes::<f32>(&[0, 5], &[])).unwrap().shape(),
        [0, 5]
    );
}

#[test]
fn headers_that_lie_are_refused_before_anything_is_made() {
    let good = npy_bytes(&[2, 3], &[1_i16, 2, 3, -4, 5, 6]);
    for cut in [1, 12] {
        assert!(matches!(
            fault(&good[..good.len() - cut]),
            Fault::Size { more: true, .. }
        ));
    }
    let longer = [&good[..], &[0]].concat();
    assert!(matches!(fault(&longer), Fault::Size { more: false, .. }));
    for shape in [
        "(1099511627776, 1024)",
        "(4294967296, 4294967296)",
        "(18446744073709551615, 18446744073709551615, 18446744073709551615)",
        "(18446744073709551615,)",
    ] {
        let bytes = with_header(1, &header("'<f8'", shape), 64);
        let found = fault(&bytes);
        assert!(matches!(found, Fault::Size { more: true, .. }), "{shape}");
        assert!(
            found.to_string().contains("more than the file holds"),
            "{found}"
        );
    }
    let axes = with_header(1, &header("'|u1'", &format!("({})", "9,".repeat(60))), 9);
    assert!(fault(&axes).to_string().contains("and more axes"));

    assert!(matches!(fault(b""), Fault::NotNpy));
    assert!(matches!(fault(b"PK\x03\x04 an archive"), Fault::NotNpy));
    assert!(matches!(
        fault(b"\x93NUMPY\x04\x00\x00\x00"),
        Fault::Version { major: 4, minor: 0 }
    ));
    assert!(matches!(
        fault(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}"),
        Fault::HeaderLong { bytes: 0xffff_ffff }
    ));
    assert!(matches!(
        fault(b"\x93NUMPY\x01\x00\x76\x00{'descr'"),
        Fault::HeaderCut
    ));
    assert!(matches!(fault(b"\x93NUMPY\x01\x00\x76"), Fault::HeaderCut));
}

#[test]
fn arrays_that_are_no_plain_numbers_are_named() {
    let shape = "(1,)";
    for (descr, expected) in [
        ("'>f4'", "big-endian values ('>f4')"),
        ("'|O'", "Python objects ('|O')"),
        ("'<c8'", "holds '<c8', known are |u1"),
        ("'|S3'", "holds '|S3'"),
        ("'f4'", "holds 'f4'"),
        ("'|b1'", "holds '|b1'"),
        ("[('a', '<f4')]", "a structured array"),
    ] {
        let found = fault(&with_header(1, &header(descr, shape), 4)).to_string();
        assert!(found.contains(expected), "{descr}: {found}");
    }
    let columns = header("'<f4'", shape).replace("False", "True");
    assert!(matches!(
        fault(&with_header(1, &columns, 4)),
        Fault::Fortran
    ));
}

/// Bytes that a header is made of, so that random ones come close.
fn nearly_a_header() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "'",
        "\"",
        ":",
        ",",
        " ",
        "\n",
        "descr",
        "fortran_order",
        "shape",
        "'descr'",
        "'fortran_order'",
        "'shape'",
        "'<f4'",
        "'|u1'",
        "'>f4'",
        "'|O'",
        "True",
        "False",
        "3",
        "0",
        "-1",
        "18446744073709551615",
        "\\",
        "é",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

/// What is accepted must be wholly there.
fn check(bytes: &[u8]) {
    if let Ok(mut reader) = reader(bytes) {
        let values: usize = reader.shape().iter().product();
        let mut out = Vec::new();
        reader.read_values(values, &mut out).unwrap();
        assert_eq!(out.len(), values * reader.dtype().bytes());
        assert!(out.len() < bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_bytes_end_in_an_array_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes);
        let preamble = [b"\x93NUMPY\x01\x00", &bytes[..]].concat();
        check(&preamble);
    }

    #[test]
    fn any_header_ends_in_an_array_or_a_fault(version in 1_u8..=3, text in nearly_a_header(), values in 0_usize..40) {
        check(&with_header(version, &text, values));
    }

    #[test]
    fn any_damage_ends_in_an_array_or_a_fault(
        edits in prop::collection::vec((0_usize..160, any::<u8>(), 0_u8..3), 1..6),
    ) {
        let mut bytes = npy_bytes(&[2, 3], &[1_i16, 2, 3, -4, 5, 6]);
        for (at, byte, edit) in edits {
            let at = at % bytes.len();
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        check(&bytes);
    }

    #[test]
    fn what_another_crate_writes_is_read(shape in prop::collection::vec(0_u64..5, 1..5), seed in any::<i64>()) {
        let count = shape.iter().product::<u64>() as i64;
        let values: Vec<i64> = (0..count).map(|n| seed.wrapping_mul(n + 1)).collect();
        let bytes = npy_bytes(&shape, &values);
        let mut reader = reader(&bytes).unwrap();
        prop_assert_eq!(reader.dtype(), Dtype::I64);
        prop_assert_eq!(reader.shape().iter().map(|&axis| axis as u64).collect::<Vec<_>>(), shape);
        let mut read = Vec::new();
        reader.read_values(values.len(), &mut read).unwrap();
        let expected: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        prop_assert_eq!(read, expected);
    }
}
