//! Which weights files are read, and what of a file that does not fit the refusal names.

use super::{Error, Padding, Weights};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use std::collections::HashMap;

/// A file of one tensor `w`, with such metadata.
fn file(dtype: Dtype, bytes: &[u8], padding: Option<&str>) -> tempfile::NamedTempFile {
    let shape = vec![2, bytes.len() * 8 / dtype.bitsize() / 2];
    let view = TensorView::new(dtype, shape, bytes).unwrap();
    let metadata = padding.map(|it| HashMap::from([("padding".to_owned(), it.to_owned())]));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), serialize([("w", view)], metadata).unwrap()).unwrap();
    file
}

fn f32s(values: [f32; 4]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

#[test]
fn every_floating_type_is_read() {
    let values = [0.5, -2.0, 3.0, 0.0];
    let f16: Vec<u8> = values
        .iter()
        .flat_map(|&v| half::f16::from_f32(v).to_le_bytes())
        .collect();
    let bf16: Vec<u8> = values
        .iter()
        .flat_map(|&v| half::bf16::from_f32(v).to_le_bytes())
        .collect();
    for (dtype, bytes) in [
        (Dtype::F32, f32s(values)),
        (Dtype::F16, f16),
        (Dtype::BF16, bf16),
    ] {
        let file = file(dtype, &bytes, None);
        let weights = Weights::read(file.path()).unwrap();
        assert_eq!(
            weights.tensors("give another").take("w", &[2, 2]).unwrap(),
            values
        );
    }
}

#[test]
fn the_option_overrules_the_file_which_overrules_the_default() {
    let with = |metadata: Option<&str>, option| {
        let file = file(Dtype::F32, &f32s([0.0; 4]), metadata);
        let pretrained = Weights::read(file.path()).unwrap().pretrained(option, 0);
        pretrained.map(|it| it.padding)
    };
    assert_eq!(with(None, None).unwrap(), Padding::Symmetric);
    assert_eq!(with(Some("same"), None).unwrap(), Padding::Same);
    let option = Some(Padding::Symmetric);
    assert_eq!(with(Some("same"), option).unwrap(), Padding::Symmetric);
    let error = with(Some("valid"), None).unwrap_err().to_string();
    assert!(error.contains("padding: valid"), "{error}");
    assert_eq!(with(Some("valid"), option).unwrap(), Padding::Symmetric);
}

#[test]
fn what_does_not_fit_is_named_with_both_shapes() {
    let floats = file(Dtype::F32, &f32s([0.0; 4]), None);
    let weights = Weights::read(floats.path()).unwrap();
    let refused = |key: &str, shape: &[usize]| {
        let error = weights
            .tensors("give another")
            .take(key, shape)
            .unwrap_err();
        error.to_string()
    };
    let shape = refused("w", &[4, 1]);
    assert!(
        shape.contains("w is [2, 2]") && shape.contains("[4, 1]"),
        "{shape}"
    );
    let missing = refused("v", &[3]);
    assert!(missing.contains("no tensor v [3]"), "{missing}");
    let unknown = weights
        .tensors("give another")
        .finish(&[])
        .unwrap_err()
        .to_string();
    assert!(unknown.contains("w [2, 2]"), "{unknown}");

    let integers = file(Dtype::I64, &[0; 32], None);
    let weights = Weights::read(integers.path()).unwrap();
    let error = weights
        .tensors("give another")
        .take("w", &[2, 2])
        .unwrap_err();
    assert!(matches!(error, Error::Type { .. }), "{error}");

    let broken = file(Dtype::F32, &f32s([0.0, f32::NAN, 0.0, 0.0]), None);
    let weights = Weights::read(broken.path()).unwrap();
    let error = weights
        .tensors("give another")
        .take("w", &[2, 2])
        .unwrap_err();
    assert!(matches!(error, Error::Value { .. }), "{error}");
}

#[test]
fn another_kind_of_file_is_refused() {
    let pickle = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pickle.path(), b"PK\x03\x04 a PyTorch archive").unwrap();
    let error = Weights::read(pickle.path()).unwrap_err().to_string();
    assert!(error.contains("save_file"), "{error}");
}
