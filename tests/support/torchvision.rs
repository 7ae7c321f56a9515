//! A safetensors file with the names and shapes of torchvision's `mobilenet_v2` state dict and arbitrary values.

use super::weights_file;
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
    weights_file::write(path, seed, keys(), None, change);
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
