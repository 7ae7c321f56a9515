//! From logits to probabilities, `[classes]`.

/// Softmax of logits in f64.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits
        .iter()
        .map(|&logit| f64::from(logit - top).exp())
        .collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::softmax;
    use needledrop_infer::argmax;

    #[test]
    fn softmax_survives_large_logits() {
        let probabilities = softmax(&[1000.0, 1000.0, 0.0]);
        assert!((probabilities[0] - 0.5).abs() < 1e-12 && probabilities[2] == 0.0);
        assert_eq!(argmax(&probabilities), 0);
    }
}
