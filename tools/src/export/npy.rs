//! Reads the .npy files of a run folder, with the type and shape they must have.
use anyhow::{Context, Result, bail};
use npyz::{AutoSerialize, Deserialize, NpyFile, Order};
use std::{fs, path::Path};

/// Largest file that is read.
const MAX_BYTES: u64 = 4 << 30;

/// A dense array, last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array<T> {
    /// Size of each axis.
    pub(crate) shape: Vec<usize>,
    /// Values.
    pub(crate) values: Vec<T>,
}

/// Reads a file of `T` whose axes after the first are `row`.
pub(crate) fn read<T: Deserialize + AutoSerialize>(path: &Path, row: &[usize]) -> Result<Array<T>> {
    read_bytes(path, row).with_context(|| path.display().to_string())
}

fn read_bytes<T: Deserialize + AutoSerialize>(path: &Path, row: &[usize]) -> Result<Array<T>> {
    let length = fs::metadata(path)?.len();
    if length > MAX_BYTES {
        bail!("larger than {MAX_BYTES} bytes");
    }
    let bytes = fs::read(path)?;
    let data_at = check_header(&bytes)?;
    let file = NpyFile::new(bytes.as_slice())?;
    if file.dtype() != T::default_dtype() {
        bail!(
            "holds {}, expected {}",
            file.dtype().descr(),
            T::default_dtype().descr()
        );
    }
    if file.order() != Order::C {
        bail!("is stored column by column; save it in C order");
    }
    let shape = file
        .shape()
        .iter()
        .map(|&axis| usize::try_from(axis))
        .collect::<Result<Vec<_>, _>>()?;
    if shape.get(1..) != Some(row) {
        bail!(
            "has shape {shape:?}, expected [N{}]",
            row.iter()
                .map(|axis| format!(", {axis}"))
                .collect::<String>()
        );
    }
    // What the header promises must be there before room is made for it.
    let values = shape
        .iter()
        .try_fold(1usize, |product, &axis| product.checked_mul(axis));
    match values.and_then(|values| values.checked_mul(size_of::<T>())) {
        Some(needed) if needed <= bytes.len() - data_at => {}
        _ => bail!("promises shape {shape:?}, which is more than the file holds"),
    }
    Ok(Array {
        values: file.into_vec::<T>()?,
        shape,
    })
}

/// Where the data begin; the header's own length is checked before anything of that length is made.
fn check_header(bytes: &[u8]) -> Result<usize> {
    let (start, length) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, low, high, ..] => {
            (10, u32::from(u16::from_le_bytes([*low, *high])))
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            (12, u32::from_le_bytes([*a, *b, *c, *d]))
        }
        _ => bail!("is no .npy file"),
    };
    match usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_add(start))
    {
        Some(data_at) if data_at <= bytes.len() => Ok(data_at),
        _ => bail!("ends inside its header"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Array, read};
    use npyz::WriterBuilder;
    use proptest::prelude::*;
    use std::path::PathBuf;

    fn file(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
        let path = folder.path().join("a.npy");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn npy(shape: &[u64], values: &[i16]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(shape)
            .writer(&mut bytes)
            .begin_nd()
            .unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn reads_what_fits_and_names_what_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let good = npy(&[2, 3], &[1, 2, 3, -4, 5, 6]);
        let path = file(&folder, &good);
        let expected = Array {
            shape: vec![2, 3],
            values: vec![1i16, 2, 3, -4, 5, 6],
        };
        assert_eq!(read::<i16>(&path, &[3]).unwrap(), expected);
        let sentence = |failed: anyhow::Error| format!("{failed:#}");
        assert!(
            sentence(read::<i16>(&path, &[4]).unwrap_err())
                .contains("has shape [2, 3], expected [N, 4]")
        );
        assert!(
            sentence(read::<f32>(&path, &[3]).unwrap_err()).contains("holds '<i2', expected '<f4'")
        );
        let path = file(&folder, &good[..good.len() - 2]);
        assert!(
            sentence(read::<i16>(&path, &[3]).unwrap_err()).contains("more than the file holds")
        );
        let path = file(&folder, b"text");
        assert!(sentence(read::<i16>(&path, &[3]).unwrap_err()).contains("no .npy file"));
    }

    #[test]
    fn a_header_of_four_gigabytes_is_refused_unread() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}");
        assert!(
            format!("{:#}", read::<i16>(&path, &[3]).unwrap_err())
                .contains("ends inside its header")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn a_damaged_file_is_an_error_or_an_array(at in 0usize..140, byte in any::<u8>()) {
            let folder = tempfile::tempdir().unwrap();
            let mut bytes = npy(&[2, 3], &[1, 2, 3, -4, 5, 6]);
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(array) = read::<i16>(&file(&folder, &bytes), &[3]) {
                prop_assert_eq!(array.values.len(), array.shape.iter().product::<usize>());
            }
        }
    }
}
