//! A safetensors file of arbitrary values, by names and shapes.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use std::collections::HashMap;
use std::path::Path;

/// Writes the file with such a header; `change` may change names and shapes, or leave a tensor out.
pub(crate) fn write(
    path: &Path,
    seed: u64,
    keys: Vec<(String, Vec<usize>)>,
    header: Option<HashMap<String, String>>,
    change: impl Fn(String, Vec<usize>) -> Option<(String, Vec<usize>)>,
) {
    let mut dice = Dice(seed);
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = keys
        .into_iter()
        .filter_map(|(key, shape)| change(key, shape))
        .map(|(key, shape)| {
            let bytes = dice.values(&key, &shape);
            (key, shape, bytes)
        })
        .collect();
    let views = tensors.iter().map(|(key, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("sizes that agree");
        (key, view)
    });
    let file = serialize(views, header).expect("a file");
    std::fs::write(path, file).expect("a folder to write to");
}

/// Knuth's MMIX generator.
struct Dice(u64);

impl Dice {
    /// From -1 to 1.
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Weights that keep the size of what passes, norms that are not the identity.
    fn values(&mut self, key: &str, shape: &[usize]) -> Vec<u8> {
        let fan_in: usize = shape[1..].iter().product();
        let (middle, spread) = match shape.len() {
            1 if key.ends_with("bias") || key.ends_with("mean") => (0.0, 0.2),
            1 => (1.0, 0.5),
            _ => (0.0, (6.0 / fan_in as f32).sqrt()),
        };
        let count = shape.iter().product();
        // A tagger's norms turn some channels round.
        let turned = key.contains("norm") && key.ends_with("weight");
        let values = std::iter::repeat_with(|| {
            let value = middle + spread * self.next();
            if turned && self.next() < 0.0 {
                -value
            } else {
                value
            }
        });
        values.take(count).flat_map(f32::to_le_bytes).collect()
    }
}
