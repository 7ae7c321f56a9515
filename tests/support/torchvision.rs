//! A safetensors file with the names and shapes of torchvision's `mobilenet_v2` state dict and arbitrary values.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use std::path::Path;

/// Expansion, channels out, blocks.
const BLOCKS: [(usize, usize, usize); 7] = [
    (1, 16, 1),
    (6, 24, 2),
    (6, 32, 3),
    (6, 64, 4),
    (6, 96, 3),
    (6, 160, 3),
    (6, 320, 1),
];

/// Writes the file; `change` may change names and shapes, or leave a tensor out.
pub(crate) fn write(
    path: &Path,
    seed: u64,
    change: impl Fn(String, Vec<usize>) -> Option<(String, Vec<usize>)>,
) {
    let mut dice = Dice(seed);
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = keys()
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
    let file = serialize(views, None).expect("a file");
    std::fs::write(path, file).expect("a folder to write to");
}

/// All 262 names with their shapes.
pub(crate) fn keys() -> Vec<(String, Vec<usize>)> {
    let mut keys = Vec::new();
    let mut layer = |convolution: String, norm: String, shape: [usize; 4]| {
        keys.push((format!("{convolution}.weight"), shape.to_vec()));
        for part in ["weight", "bias", "running_mean", "running_var"] {
            keys.push((format!("{norm}.{part}"), vec![shape[0]]));
        }
    };
    let inside = |prefix: &str| (format!("{prefix}.0"), format!("{prefix}.1"));
    let (convolution, norm) = inside("features.0");
    layer(convolution, norm, [32, 3, 3, 3]);
    let (mut from, mut stage) = (32, 1);
    for (expansion, to, repeats) in BLOCKS {
        for _ in 0..repeats {
            let (hidden, mut part) = (expansion * from, 0);
            if expansion > 1 {
                let (convolution, norm) = inside(&format!("features.{stage}.conv.0"));
                layer(convolution, norm, [hidden, from, 1, 1]);
                part = 1;
            }
            let (convolution, norm) = inside(&format!("features.{stage}.conv.{part}"));
            layer(convolution, norm, [hidden, 1, 3, 3]);
            let project = |part: usize| format!("features.{stage}.conv.{part}");
            layer(project(part + 1), project(part + 2), [to, hidden, 1, 1]);
            (from, stage) = (to, stage + 1);
        }
    }
    let (convolution, norm) = inside("features.18");
    layer(convolution, norm, [1280, from, 1, 1]);
    keys.push(("classifier.1.weight".to_owned(), vec![1000, 1280]));
    keys.push(("classifier.1.bias".to_owned(), vec![1000]));
    keys
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
        let values = std::iter::repeat_with(|| middle + spread * self.next());
        values.take(count).flat_map(f32::to_le_bytes).collect()
    }
}
