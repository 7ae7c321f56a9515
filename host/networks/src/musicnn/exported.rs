//! An exported model of this network as weights to start from: what the graph holds, back under the published names.
//!
//! A norm is folded into one scale and one shift there, and a channel whose scale is negative has its kernel negated.

use super::network::TEMPORAL_FRAMES;
use super::weights::THEIR_EPSILON;
use crate::pretrained::{Floats, Weights};
use std::collections::BTreeMap;

/// The published names of an exported model's tensors; none of any other file, nor of one whose shapes disagree.
pub(super) fn published(weights: &Weights) -> Option<BTreeMap<String, Floats>> {
    // None is empty: kernels are divided by their sizes.
    let tensor = |name: &str| weights.floats(name).filter(|it| !it.values.is_empty());
    let mut out = BTreeMap::new();
    let norm = |name: String, scale: Vec<f32>, shift: Vec<f32>| {
        let channels = scale.len();
        let rows = [
            ("weight", scale),
            ("bias", shift),
            ("running_mean", vec![0.0; channels]),
            ("running_var", vec![1.0 - THEIR_EPSILON; channels]),
        ];
        rows.map(|(part, row)| (format!("{name}.{part}"), Floats::new(vec![channels], row)))
    };
    let scalar = |name: &str| tensor(name).and_then(|it| it.values.first().copied());
    let per_decade = scalar("compressed.scale")? * std::f32::consts::LN_10;
    out.extend(norm(
        "input_norm".to_owned(),
        vec![per_decade],
        vec![scalar("compressed.shift")?],
    ));
    let temporal = TEMPORAL_FRAMES.map(|frames| format!("temporal_{frames}"));
    for index in 0..2 + temporal.len() {
        let part = |part: &str| tensor(&format!("front{index}.{part}"));
        let weight = part("weight")?;
        let bias = part("bias")?.values;
        let signs = part("sign").map_or(vec![1.0; bias.len()], |it| it.values);
        if weight.shape.first() != Some(&bias.len()) || signs.len() != bias.len() {
            return None;
        }
        let name = match index.checked_sub(2) {
            None => format!("timbral_{}", weight.shape.last()?),
            Some(at) => temporal[at].clone(),
        };
        let taps = weight.values.len() / bias.len();
        let kernels = weight.values.chunks_exact(taps).zip(&signs);
        let kernels = kernels.flat_map(|(kernel, sign)| kernel.iter().map(move |v| v * sign));
        let biases: Vec<f32> = bias.iter().zip(&signs).map(|(v, sign)| v * sign).collect();
        out.insert(
            format!("{name}.weight"),
            Floats::new(weight.shape, kernels.collect()),
        );
        out.insert(
            format!("{name}.bias"),
            Floats::new(vec![biases.len()], biases),
        );
        let [scale, shift] = [part("scale")?.values, part("shift")?.values];
        out.extend(norm(format!("{name}.norm"), scale, shift));
    }
    for index in 0.. {
        let part = |part: &str| tensor(&format!("middle{index}.{part}"));
        let Some(weight) = part("weight") else { break };
        let name = format!("mid_{}", index + 1);
        let &[to, from, frames, 1] = &weight.shape[..] else {
            return None;
        };
        // [to, from, frames, 1] to [to, 1, frames, from].
        let kernels = weight.values.chunks_exact(from * frames);
        let kernels = kernels.flat_map(|kernel| {
            (0..frames * from).map(move |at| kernel[at % from * frames + at / from])
        });
        let kernels = Floats::new(vec![to, 1, frames, from], kernels.collect());
        out.insert(format!("{name}.weight"), kernels);
        out.insert(format!("{name}.bias"), part("bias")?);
        let scale = part("norm.scale")?.values;
        out.extend(norm(
            format!("{name}.norm"),
            scale,
            part("norm.shift")?.values,
        ));
    }
    for (ours, theirs) in [("pool_norm", "pool_norm"), ("embedding.norm", "dense_norm")] {
        let part = |part: &str| tensor(&format!("{ours}.{part}"));
        let scale = part("scale")?.values;
        out.extend(norm(theirs.to_owned(), scale, part("shift")?.values));
    }
    let dense = tensor("embedding.weight")?;
    let &[from, to] = &dense.shape[..] else {
        return None;
    };
    let turned = (0..from * to).map(|at| dense.values[at % from * to + at / from]);
    out.insert(
        "dense.weight".to_owned(),
        Floats::new(vec![to, from], turned.collect()),
    );
    out.insert("dense.bias".to_owned(), tensor("embedding.bias")?);
    Some(out)
}
