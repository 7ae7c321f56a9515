//! Mel-frequency cepstral coefficients: power spectra by frame go in, 20 series come out (mel energies, decibels,
//! cosine transform).

use super::decibel::power_to_db;
use super::frames::{BINS, Rows, bin_hz};
use needledrop_frontend::FrontendConfig;
use rustdct::{DctPlanner, TransformType2And3};
use std::sync::Arc;

/// Coefficients kept.
pub(super) const COEFFICIENTS: usize = 20;

/// One triangle of the mel scale: its first bin and the weights from there on.
struct Triangle {
    first: usize,
    weights: Vec<f64>,
}

/// The mel bank, and the mel energies of the clip so far.
pub(super) struct Cepstrum {
    triangles: Vec<Triangle>,
    transform: Arc<dyn TransformType2And3<f64>>,
    /// By band, then frame.
    mel: Rows,
}

impl Cepstrum {
    pub(super) fn new() -> Self {
        // librosa's defaults are this preset's: 128 bands from 0 to half the rate on Slaney's scale, with his norm.
        let config = FrontendConfig::SEED;
        let triangles = (0..config.mel_bands).map(|band| {
            let [low, middle, high] = [0, 1, 2].map(|i| config.mel_corner_hz(band + i));
            let weight = |bin: usize| {
                let hz = bin_hz(bin);
                let rising = (hz - low) / (middle - low);
                let falling = (high - hz) / (high - middle);
                rising.min(falling).max(0.0) * 2.0 / (high - low)
            };
            let first = (0..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or_default();
            Triangle {
                first,
                weights: (first..BINS)
                    .map(weight)
                    .take_while(|&weight| weight > 0.0)
                    .collect(),
            }
        });
        Self {
            triangles: triangles.collect(),
            transform: DctPlanner::new().plan_dct2(config.mel_bands),
            mel: Rows::new(),
        }
    }

    /// Forgets the clip before.
    pub(super) fn begin(&mut self) {
        self.mel = vec![Vec::new(); self.triangles.len()];
    }

    /// Adds a frame's power spectrum, [`BINS`] values.
    pub(super) fn push(&mut self, power: &[f64]) {
        for (triangle, mel) in self.triangles.iter().zip(&mut self.mel) {
            let bins = &power[triangle.first..];
            let products = triangle
                .weights
                .iter()
                .zip(bins)
                .map(|(weight, power)| weight * power);
            mel.push(products.sum());
        }
    }

    /// The coefficients by frame.
    pub(super) fn rows(&self) -> Rows {
        let mut db = self.mel.clone();
        power_to_db(&mut db);
        let bands = db.len();
        let mut rows = vec![Vec::new(); COEFFICIENTS];
        let mut scratch = vec![0.0; self.transform.get_scratch_len()];
        for frame in 0..db[0].len() {
            let mut values: Vec<f64> = db.iter().map(|band| band[frame]).collect();
            self.transform
                .process_dct2_with_scratch(&mut values, &mut scratch);
            for (k, (row, value)) in rows.iter_mut().zip(&values).enumerate() {
                // Orthonormal.
                let scale = if k == 0 { 1.0 } else { 2.0 } / bands as f64;
                row.push(value * scale.sqrt());
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_log_spectrum_has_only_the_first_coefficient() {
        let mut cepstrum = Cepstrum::new();
        cepstrum.begin();
        cepstrum.push(&vec![0.0; BINS]);
        let rows = cepstrum.rows();
        assert_eq!(rows.len(), COEFFICIENTS);
        assert!((rows[0][0] - -100.0 * 128.0_f64.sqrt()).abs() < 1e-9);
        assert!(rows[1..].iter().all(|row| row[0].abs() < 1e-9));
    }
}
