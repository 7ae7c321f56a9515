//! Weights of a file as tensors: those kinds that graphs of ours hold.
use onnx_protobuf::{
    TensorProto,
    tensor_proto::{DataLocation, DataType},
};
use tract_hir::internal::{Datum, Tensor, TractResult, bail, ensure};

/// Floats and whole numbers, as raw little-endian bytes or value by value.
pub(super) fn read(tensor: &TensorProto) -> TractResult<Tensor> {
    ensure!(
        tensor.data_location != DataLocation::EXTERNAL.into(),
        "its values lie in another file"
    );
    let shape = tensor.dims.iter().map(|&dim| usize::try_from(dim));
    let shape = shape.collect::<Result<Vec<_>, _>>()?;
    match tensor.data_type {
        it if it == DataType::FLOAT as i32 => {
            values(&shape, tensor, &tensor.float_data, f32::from_le_bytes)
        }
        it if it == DataType::INT64 as i32 => {
            values(&shape, tensor, &tensor.int64_data, i64::from_le_bytes)
        }
        other => bail!("its values are of ONNX type {other}; floats (1) and int64 (7) are known"),
    }
}

fn values<T: Datum + Copy, const BYTES: usize>(
    shape: &[usize],
    tensor: &TensorProto,
    listed: &[T],
    of_bytes: fn([u8; BYTES]) -> T,
) -> TractResult<Tensor> {
    // The shape is the file's word: nothing is allocated by it before the values are counted.
    let count = shape
        .iter()
        .try_fold(1_usize, |product, &dim| product.checked_mul(dim));
    if tensor.raw_data.is_empty() {
        ensure!(
            count == Some(listed.len()),
            "{} values for {shape:?}",
            listed.len()
        );
        return Tensor::from_shape(shape, listed);
    }
    let (raw, rest) = tensor.raw_data.as_chunks::<BYTES>();
    ensure!(
        count == Some(raw.len()) && rest.is_empty(),
        "{} bytes for {shape:?}",
        tensor.raw_data.len()
    );
    let values: Vec<T> = raw.iter().map(|&bytes| of_bytes(bytes)).collect();
    Tensor::from_shape(shape, &values)
}
