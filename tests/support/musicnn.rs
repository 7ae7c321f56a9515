//! A safetensors file with the names and shapes of the published tagger's weights and arbitrary values.

use super::weights_file;
use std::path::Path;

/// Bands of the input, of each timbral kernel, frames of each temporal one: the file's.
const TIMBRAL_BANDS: [usize; 2] = [38, 67];
const TEMPORAL_FRAMES: [usize; 3] = [128, 64, 32];
/// Channels of a timbral, a temporal and a middle layer; values of the embedding.
const TIMBRAL: usize = 204;
const TEMPORAL: usize = 51;
const MIDDLE: usize = 64;
const EMBEDDING: usize = 200;
/// Tags of the header, which has more than genres.
const TAGS: &str = "rock,pop,dance,jazz,metal,funk,blues,Hip-Hop,country,70s,heavy metal,indie pop,alternative rock,indie rock,sad";

/// Writes the file; `change` may change names and shapes, or leave a tensor out.
pub(crate) fn write(
    path: &Path,
    seed: u64,
    change: impl Fn(String, Vec<usize>) -> Option<(String, Vec<usize>)>,
) {
    let header = [("tags".to_owned(), TAGS.to_owned())].into();
    weights_file::write(path, seed, keys(), Some(header), change);
}

/// All names with their shapes.
pub(crate) fn keys() -> Vec<(String, Vec<usize>)> {
    let mut keys = Vec::new();
    let norm = |name: &str, values: usize| {
        ["weight", "bias", "running_mean", "running_var"]
            .map(|part| (format!("{name}.{part}"), vec![values]))
    };
    keys.extend(norm("input_norm", 1));
    let timbral = TIMBRAL_BANDS.map(|bands| (format!("timbral_{bands}"), TIMBRAL, [7, bands]));
    let temporal =
        TEMPORAL_FRAMES.map(|frames| (format!("temporal_{frames}"), TEMPORAL, [frames, 1]));
    let front = 2 * TIMBRAL + 3 * TEMPORAL;
    let middle = [front, MIDDLE, MIDDLE].into_iter().enumerate();
    let middle = middle.map(|(layer, from)| (format!("mid_{}", layer + 1), MIDDLE, [7, from]));
    for (name, to, [height, width]) in timbral.into_iter().chain(temporal).chain(middle) {
        keys.push((format!("{name}.weight"), vec![to, 1, height, width]));
        keys.push((format!("{name}.bias"), vec![to]));
        keys.extend(norm(&format!("{name}.norm"), to));
    }
    let pooled = 2 * (front + 3 * MIDDLE);
    keys.extend(norm("pool_norm", pooled));
    keys.push(("dense.weight".to_owned(), vec![EMBEDDING, pooled]));
    keys.push(("dense.bias".to_owned(), vec![EMBEDDING]));
    keys.extend(norm("dense_norm", EMBEDDING));
    let tags = TAGS.split(',').count();
    keys.push(("tags.weight".to_owned(), vec![tags, EMBEDDING]));
    keys.push(("tags.bias".to_owned(), vec![tags]));
    keys
}
