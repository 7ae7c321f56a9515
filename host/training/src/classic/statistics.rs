//! Window statistics: what every classic model hears of a window.
//!
//! Channels are the bands of the normalised window and its first cepstra, the orthonormal DCT-II of each frame. Each
//! channel gives five numbers over time. `graph` writes the same as a graph; a test holds the two together.

use needledrop_bundle::Window;
use needledrop_networks::cepstra::dct;

/// Cepstra, if there are as many bands.
pub const CEPSTRA: usize = 20;
/// Numbers a channel gives, in this order: mean, deviation, mean absolute difference of successive frames, minimum,
/// maximum.
pub const PER_CHANNEL: usize = 5;

/// Cepstra of a window with so many bands.
pub(crate) fn cepstra(bands: usize) -> usize {
    CEPSTRA.min(bands)
}

/// Statistics of a window: statistic by statistic, in each the bands and then the cepstra.
pub fn count(bands: usize) -> usize {
    PER_CHANNEL * (bands + cepstra(bands))
}

/// Computes statistics; holds the DCT and one window's channels.
#[derive(Clone, Debug)]
pub(crate) struct Statistics {
    window: Window,
    dct: Vec<f32>,
    channels: Vec<f64>,
}

impl Statistics {
    pub(crate) fn new(window: Window) -> Self {
        let channels = window.bands + cepstra(window.bands);
        Self {
            window,
            dct: dct(window.bands, cepstra(window.bands)),
            channels: vec![0.0; window.frames * channels],
        }
    }

    /// Of a normalised window.
    ///
    /// # Shape
    /// `x` `[frames, bands]`; `out` [`count`] values.
    pub(crate) fn process(&mut self, x: &[f32], out: &mut [f32]) {
        let (bands, frames) = (self.window.bands, self.window.frames);
        let cepstra = cepstra(bands);
        let width = bands + cepstra;
        for (row, channels) in x
            .chunks_exact(bands)
            .zip(self.channels.chunks_exact_mut(width))
        {
            let (of_bands, of_cepstra) = channels.split_at_mut(bands);
            of_cepstra.fill(0.0);
            for ((&value, channel), weights) in
                row.iter().zip(of_bands).zip(self.dct.chunks_exact(cepstra))
            {
                *channel = f64::from(value);
                for (sum, &weight) in of_cepstra.iter_mut().zip(weights) {
                    *sum += f64::from(value) * f64::from(weight);
                }
            }
        }
        for channel in 0..width {
            let over_time = || {
                self.channels[channel..]
                    .iter()
                    .step_by(width)
                    .copied()
                    .take(frames)
            };
            let n = frames as f64;
            let mean = over_time().sum::<f64>() / n;
            let variance = over_time().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
            let differences = over_time().zip(over_time().skip(1));
            let change = differences.map(|(a, b)| (b - a).abs()).sum::<f64>() / (n - 1.0).max(1.0);
            let least = over_time().fold(f64::INFINITY, f64::min);
            let most = over_time().fold(f64::NEG_INFINITY, f64::max);
            let five = [mean, variance.sqrt(), change, least, most];
            for (index, value) in five.into_iter().enumerate() {
                out[index * width + channel] = value as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Statistics, count};
    use needledrop_bundle::Window;

    /// One band that is a ramp, one that alternates.
    #[test]
    fn statistics_by_hand() {
        let window = Window {
            frames: 4,
            hop: 2,
            bands: 2,
        };
        let x = [-3.0, -5.0, -1.0, 5.0, 1.0, -5.0, 3.0, 5.0];
        let mut out = vec![0.0; count(2)];
        Statistics::new(window).process(&x, &mut out);
        // Channels: two bands, then two cepstra ((a + b) / sqrt 2, (a - b) / sqrt 2).
        let of = |statistic: usize, channel: usize| f64::from(out[statistic * 4 + channel]);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-5, "{a} {b}");
        near(of(0, 0), 0.0);
        near(of(1, 0), 5.0_f64.sqrt());
        near(of(2, 0), 2.0);
        near(of(3, 0), -3.0);
        near(of(4, 0), 3.0);
        near(of(1, 1), 5.0);
        near(of(2, 1), 10.0);
        // The sum is -8, 4, -4, 8; its changes 12, 8, 12.
        near(of(2, 2), 32.0 / 3.0 / 2.0_f64.sqrt());
        near(of(3, 2), -8.0 / 2.0_f64.sqrt());
    }
}
