//! Matrices as .npy files, for Python and `tools/export`.

use npyz::{AutoSerialize, WriterBuilder};

/// The file's bytes, C order, little-endian.
///
/// # Panics
/// When shape and values disagree.
pub fn bytes<T: AutoSerialize + Copy>(shape: &[usize], values: &[T]) -> Vec<u8> {
    assert_eq!(
        shape.iter().product::<usize>(),
        values.len(),
        "shape and values agree"
    );
    let shape: Vec<u64> = shape.iter().map(|&size| size as u64).collect();
    let mut out = Vec::new();
    #[expect(clippy::expect_used, reason = "writing to a Vec does not fail")]
    {
        let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
        let mut writer = options
            .writer(&mut out)
            .begin_nd()
            .expect("a Vec takes the header");
        writer
            .extend(values.iter().copied())
            .expect("a Vec takes the values");
        writer.finish().expect("as many values as the shape says");
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_reads_back() {
        let bytes = super::bytes(&[2, 3], &[1_i16, 2, 3, 4, 5, -6]);
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(file.shape(), [2, 3]);
        assert_eq!(file.into_vec::<i16>().unwrap(), [1, 2, 3, 4, 5, -6]);
    }
}
