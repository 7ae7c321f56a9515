//! Multiply-adds of ONNX operators, from their shapes.
//!
//! Counted are the products that dominate any network: convolutions, matrix products and recurrent layers. Element-wise
//! work, normalisation, pooling and activations are not, as in the literature that our tables are compared with.

/// Multiply-adds of one operator, saturating, since shapes are the file's word; `inputs` in ONNX order (an absent
/// optional input is empty), `output` is its first.
///
/// # Source
/// Shapes as in the ONNX operator specification; `X [T, N, I]`, `W [D, gates * H, I]`, `R [D, gates * H, H]` for
/// recurrent layers.
pub(crate) fn multiply_adds(operator: &str, inputs: &[&[usize]], output: &[usize]) -> u64 {
    let input = |index: usize| inputs.get(index).copied().unwrap_or_default();
    match operator {
        // Each output value sums over the group's channels and the kernel.
        "Conv" => values(output).saturating_mul(per_channel(input(1))),
        // Each input value is spread over the group's output channels and the kernel.
        "ConvTranspose" => values(input(0)).saturating_mul(per_channel(input(1))),
        "MatMul" => values(output).saturating_mul(last(input(0))),
        // Either operand may be transposed: A has M * K values, whichever way round.
        "Gemm" => values(input(0)).saturating_mul(last(output)),
        "LSTM" | "GRU" | "RNN" => {
            let [steps, batch, ..] = input(0) else {
                return 0;
            };
            let weights = values(input(1)).saturating_add(values(input(2)));
            values(&[*steps, *batch]).saturating_mul(weights)
        }
        _ => 0,
    }
}

fn values(shape: &[usize]) -> u64 {
    if shape.is_empty() {
        0
    } else {
        let dims = shape.iter().map(|&dim| dim as u64);
        dims.fold(1, u64::saturating_mul)
    }
}

fn last(shape: &[usize]) -> u64 {
    shape.last().map_or(0, |&dim| dim as u64)
}

fn per_channel(weights: &[usize]) -> u64 {
    weights.get(1..).map_or(0, values)
}

#[cfg(test)]
mod tests {
    use super::multiply_adds;

    #[test]
    fn counts_by_hand() {
        // 3x3 convolution, 16 -> 32 channels, 10 x 20 outputs.
        assert_eq!(
            multiply_adds(
                "Conv",
                &[&[1, 16, 12, 22], &[32, 16, 3, 3]],
                &[1, 32, 10, 20]
            ),
            32 * 200 * 16 * 9
        );
        // The same, depthwise.
        assert_eq!(
            multiply_adds(
                "Conv",
                &[&[1, 32, 12, 22], &[32, 1, 3, 3]],
                &[1, 32, 10, 20]
            ),
            32 * 200 * 9
        );
        assert_eq!(
            multiply_adds("ConvTranspose", &[&[1, 4, 5], &[4, 2, 3]], &[1, 2, 7]),
            20 * 6
        );
        assert_eq!(
            multiply_adds("MatMul", &[&[1, 40, 128], &[128, 20]], &[1, 40, 20]),
            40 * 128 * 20
        );
        for shape in [[8, 100], [100, 8]] {
            assert_eq!(
                multiply_adds("Gemm", &[&shape, &[100, 10]], &[8, 10]),
                8 * 100 * 10
            );
        }
        // LSTM, 50 steps, 64 in, 96 hidden: four gates of (64 + 96) * 96 a step.
        assert_eq!(
            multiply_adds(
                "LSTM",
                &[&[50, 1, 64], &[1, 384, 64], &[1, 384, 96]],
                &[50, 1, 1, 96]
            ),
            50 * 4 * 96 * 160
        );
        // Bidirectional GRU.
        assert_eq!(
            multiply_adds(
                "GRU",
                &[&[7, 1, 5], &[2, 12, 5], &[2, 12, 4]],
                &[7, 2, 1, 4]
            ),
            7 * 2 * 12 * 9
        );
        assert_eq!(multiply_adds("Relu", &[&[1, 8]], &[1, 8]), 0);
        assert_eq!(multiply_adds("Conv", &[], &[]), 0);
    }
}
