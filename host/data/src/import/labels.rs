//! `label.npy`, `[clips]`: the same labels as `clips.csv`, or one of the two is wrong.

use super::clips::ClipLine;
use anyhow::ensure;
use needledrop_bundle::npy::{self, Dtype, Fault};
use std::path::Path;

/// Compares the labels of all listed rows.
pub(super) fn check(
    path: &Path,
    rows: u64,
    clips_csv: &Path,
    lines: &[ClipLine],
) -> anyhow::Result<()> {
    let mut reader = npy::open(path).map_err(Fault::of(path))?;
    if reader.shape().len() != 1 || reader.shape().first().map(|&axis| axis as u64) != Some(rows) {
        let expected = format!("[{rows}], a label for each clip of the matrices");
        return Err(Fault::of(path)(reader.wrong_shape(expected)).into());
    }
    let dtype = reader.dtype();
    let mut bytes = Vec::new();
    let mut lines = lines.iter().peekable();
    for row in 0..rows {
        reader.read_values(1, &mut bytes).map_err(Fault::of(path))?;
        let label = integer(dtype, &bytes).map_err(Fault::of(path))?;
        if let Some(line) = lines.next_if(|line| line.row == row) {
            ensure!(
                label == i128::from(line.label),
                "{} has label {label} for row {row}, {} line {} (clip {}) has {}; they must agree",
                path.display(),
                clips_csv.display(),
                line.line,
                line.clip,
                line.label
            );
        }
    }
    Ok(())
}

fn integer(dtype: Dtype, bytes: &[u8]) -> Result<i128, Fault> {
    let size = bytes.len();
    let mut wide = [0; 8];
    wide[..size].copy_from_slice(bytes);
    let unsigned = u64::from_le_bytes(wide);
    match dtype {
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => Ok(i128::from(unsigned)),
        Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => {
            let unused_bits = 64 - 8 * size;
            Ok(i128::from((unsigned << unused_bits) as i64 >> unused_bits))
        }
        _ => Err(Fault::Type {
            expected: "integers".to_owned(),
            actual: dtype,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::integer;
    use needledrop_bundle::npy::Dtype;

    #[test]
    fn integers_of_any_size() {
        for (dtype, bytes, expected) in [
            (Dtype::U8, &[255][..], 255),
            (Dtype::I8, &[255], -1),
            (Dtype::U16, &[1, 2], 513),
            (Dtype::I32, &[0xfe, 0xff, 0xff, 0xff], -2),
            (Dtype::I64, &[9, 0, 0, 0, 0, 0, 0, 0], 9),
            (Dtype::I64, &[0xff; 8], -1),
            (Dtype::U64, &[0xff; 8], i128::from(u64::MAX)),
        ] {
            assert_eq!(integer(dtype, bytes).unwrap(), expected, "{dtype}");
        }
        let refused = integer(Dtype::F32, &[0; 4]).expect_err("refused");
        assert_eq!(refused.to_string(), "holds '<f4', expected integers");
    }
}
