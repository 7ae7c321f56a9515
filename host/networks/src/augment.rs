//! Changes to a training window, `[frames, bands]`, that leave its genre what it is: of sound in dB, masks behind
//! normalisation.
//!
//! Gain needs none: normalisation removes it. What a microphone and a room add besides is a frequency response and a
//! noise floor, and both are simulated here; masking (SpecAugment) and a shift by a band or two make the network look
//! at the whole picture.

use super::order::{below, uniform};
use needledrop_bundle::{Origin, Window};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// How strongly training windows are changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Augment {
    /// Frames of a training window as a share of the window's, where the windows are whole clips and the network takes
    /// windows of any length: imported matrices. Windows of our frontend are crops of their clips already.
    pub crop_share: f32,
    /// Frequency response of a microphone and a room: the largest gain at each of its nodes.
    pub response_db: f32,
    /// Chance of a noise floor.
    pub floor_chance: f32,
    /// Bands that a window is shifted by at most, up or down.
    pub shift_bands: usize,
    /// Time masks and band masks a window.
    pub masks: usize,
    /// Longest mask, as a share of the axis.
    pub mask_share: f32,
    /// Share of batches that are mixed.
    pub mix_chance: f32,
    /// Probability mass spread over all classes.
    pub label_smoothing: f32,
}

impl Augment {
    /// Nothing is changed.
    pub const NONE: Self = Self {
        crop_share: 1.0,
        response_db: 0.0,
        floor_chance: 0.0,
        shift_bands: 0,
        masks: 0,
        mask_share: 0.0,
        mix_chance: 0.0,
        label_smoothing: 0.0,
    };

    /// What `--preset best` trains `compact` with; docs/results.md has the measurements.
    pub const BEST: Self = Self {
        crop_share: 0.5,
        response_db: 4.0,
        floor_chance: 0.3,
        shift_bands: 1,
        masks: 1,
        mask_share: 0.15,
        mix_chance: 0.5,
        label_smoothing: 0.05,
    };

    /// What suits features of this origin: external ones come from no microphone, and their unit may be no dB; a matrix
    /// is one window, so that only a crop shows a network less than all of it.
    pub fn for_origin(self, origin: &Origin) -> Self {
        match origin {
            Origin::Frontend(_) if origin.imported().is_some() => self,
            Origin::Frontend(_) => Self {
                crop_share: 1.0,
                ..self
            },
            Origin::External(_) => Self {
                response_db: 0.0,
                floor_chance: 0.0,
                ..self
            },
        }
    }

    /// Response, noise floor and shift of one window in dB.
    pub fn sound(&self, db: &mut [f32], window: Window, rng: &mut impl Rng) {
        if self.shift_bands > 0 {
            let shift = below(rng, 2 * self.shift_bands + 1) as isize - self.shift_bands as isize;
            shift_rows(db, window.bands, shift);
        }
        if self.response_db > 0.0 {
            let response = random_response(window.bands, self.response_db, rng);
            for row in db.chunks_exact_mut(window.bands) {
                for (value, gain) in row.iter_mut().zip(&response) {
                    *value += gain;
                }
            }
        }
        if self.floor_chance > 0.0 && uniform(rng, 0.0, 1.0) < self.floor_chance {
            add_floor(db, window.bands, rng);
        }
    }

    /// Masks of one normalised window: a masked value becomes the mean, 0.
    pub fn mask(&self, values: &mut [f32], window: Window, rng: &mut impl Rng) {
        for _ in 0..self.masks {
            let (first, len) = self.mask_range(window.frames, rng);
            values[first * window.bands..(first + len) * window.bands].fill(0.0);
            let (first, len) = self.mask_range(window.bands, rng);
            for row in values.chunks_exact_mut(window.bands) {
                row[first..first + len].fill(0.0);
            }
        }
    }

    fn mask_range(&self, size: usize, rng: &mut impl Rng) -> (usize, usize) {
        let longest = (size as f32 * self.mask_share) as usize;
        let len = below(rng, longest + 1);
        (below(rng, size - len + 1), len)
    }
}

/// Moves every row by `shift` bands; the edge band fills what opens.
fn shift_rows(db: &mut [f32], bands: usize, shift: isize) {
    let by = shift.unsigned_abs().min(bands - 1);
    for row in db.chunks_exact_mut(bands) {
        if shift > 0 {
            row.copy_within(..bands - by, by);
            let edge = row[by];
            row[..by].fill(edge);
        } else if shift < 0 {
            row.copy_within(by.., 0);
            let edge = row[bands - by - 1];
            row[bands - by..].fill(edge);
        }
    }
}

/// A gain a band: straight lines between five nodes of at most `most_db` either way.
fn random_response(bands: usize, most_db: f32, rng: &mut impl Rng) -> Vec<f32> {
    const NODES: usize = 5;
    let nodes: [f32; NODES] = std::array::from_fn(|_| uniform(rng, -most_db, most_db));
    (0..bands)
        .map(|band| {
            let at = band as f32 / (bands.max(2) - 1) as f32 * (NODES - 1) as f32;
            let low = (at as usize).min(NODES - 2);
            let share = at - low as f32;
            nodes[low] * (1.0 - share) + nodes[low + 1] * share
        })
        .collect()
}

/// Noise that lies 15 to 50 dB below the window's loudest value, up to 12 dB weaker or stronger at the top band.
fn add_floor(db: &mut [f32], bands: usize, rng: &mut impl Rng) {
    let peak = db.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let level = peak - uniform(rng, 15.0, 50.0);
    let tilt = uniform(rng, -12.0, 12.0) / bands as f32;
    for row in db.chunks_exact_mut(bands) {
        for (band, value) in row.iter_mut().enumerate() {
            // The power of noise in a band scatters by some dB from frame to frame.
            let noise = level + tilt * band as f32 + uniform(rng, -3.0, 3.0);
            *value = value.max(noise);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Augment, shift_rows};
    use crate::order::generator;
    use needledrop_bundle::{Matrix, Origin, Window};
    use needledrop_frontend::FrontendConfig;

    const WINDOW: Window = Window {
        frames: 16,
        hop: 8,
        bands: 8,
    };

    #[test]
    fn a_shift_repeats_the_edge() {
        let mut row = [1.0, 2.0, 3.0, 4.0];
        shift_rows(&mut row, 4, 1);
        assert_eq!(row, [1.0, 1.0, 2.0, 3.0]);
        shift_rows(&mut row, 4, -2);
        assert_eq!(row, [2.0, 3.0, 3.0, 3.0]);
    }

    #[test]
    fn nothing_changes_without_augmentation() {
        let before: Vec<f32> = (0..128).map(|v| v as f32).collect();
        let mut values = before.clone();
        let mut rng = generator(1, 2, 3, 4);
        Augment::NONE.sound(&mut values, WINDOW, &mut rng);
        Augment::NONE.mask(&mut values, WINDOW, &mut rng);
        assert_eq!(values, before);
    }

    #[test]
    fn the_response_is_one_gain_a_band_within_its_bound() {
        let augment = Augment {
            response_db: 3.0,
            ..Augment::NONE
        };
        let mut values = vec![0.0; 128];
        augment.sound(&mut values, WINDOW, &mut generator(1, 2, 3, 4));
        assert!(values.iter().all(|v| v.abs() <= 3.0) && values.iter().any(|v| v.abs() > 0.1));
        assert!(values.chunks(8).all(|row| row == &values[..8]));
    }

    #[test]
    fn features_without_a_microphone_get_neither_its_response_nor_its_noise() {
        let ours = Origin::of(FrontendConfig::SEED).unwrap();
        let whole = Augment {
            crop_share: 1.0,
            ..Augment::BEST
        };
        assert_eq!(Augment::BEST.for_origin(&ours), whole);
        let matrix = Matrix {
            bands: 8,
            frames: 16,
        };
        let external = Augment {
            shift_bands: 0,
            ..Augment::BEST.for_origin(&Origin::External(matrix))
        };
        let mut values: Vec<f32> = (0..128).map(|v| v as f32).collect();
        let before = values.clone();
        for item in 0..50 {
            external.sound(&mut values, WINDOW, &mut generator(1, 2, 3, item));
        }
        assert_eq!(values, before);
        assert!(external.masks > 0 && external.crop_share < 1.0);
    }

    #[test]
    fn masks_stay_within_the_window_and_their_share() {
        let augment = Augment {
            masks: 1,
            mask_share: 0.25,
            ..Augment::NONE
        };
        for item in 0..200 {
            let mut values = vec![1.0; 128];
            augment.mask(&mut values, WINDOW, &mut generator(1, 2, 0, item));
            let hidden = values.iter().filter(|v| **v == 0.0).count();
            assert!(hidden <= 4 * 8 + 2 * 16, "{hidden} of 128 hidden");
        }
    }
}
