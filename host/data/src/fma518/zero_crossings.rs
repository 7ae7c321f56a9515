//! Zero crossings: samples go in, one share a frame comes out.

use super::frames::{FFT_LEN, HOP_SAMPLES, frames};

/// Share of a frame's samples whose sign differs from the one before; beyond both ends the outermost sample goes on.
/// Zero counts as positive.
pub(super) fn rates(samples: &[f64]) -> Vec<f64> {
    // crossings[i]: how many of the first i samples have another sign than the one before them.
    let mut crossings = Vec::with_capacity(samples.len() + 1);
    let mut count = 0_u32;
    crossings.push(count);
    for (i, sample) in samples.iter().enumerate() {
        count += u32::from(i > 0 && (*sample < 0.0) != (samples[i - 1] < 0.0));
        crossings.push(count);
    }
    (0..frames(samples.len(), HOP_SAMPLES))
        .map(|frame| {
            let centre = frame * HOP_SAMPLES;
            // The first sample of a frame has none before it.
            let first = (centre + 1).saturating_sub(FFT_LEN / 2).min(samples.len());
            let end = (centre + FFT_LEN / 2).min(samples.len());
            f64::from(crossings[end] - crossings[first]) / FFT_LEN as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_by_frame() {
        // One crossing every 16 samples: 127 or 128 in a frame of 2048, half of them in the first.
        let samples: Vec<f64> = (0..8192)
            .map(|i| if i / 16 % 2 == 0 { 0.0 } else { -0.5 })
            .collect();
        let rates = rates(&samples);
        assert_eq!(rates.len(), 17);
        assert_eq!(rates[0] * 2048.0, 63.0);
        assert_eq!(rates[8] * 2048.0, 127.0);
        assert_eq!(super::rates(&[0.0]), [0.0]);
    }
}
