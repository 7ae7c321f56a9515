//! Which clips an epoch sees, in which order; and the generators that everything random draws from.
//!
//! The order is a pure function of (seed, epoch): nothing about the order has to be kept in a checkpoint, and a resumed
//! run sees exactly what an unbroken one would have.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rare classes are drawn in proportion to the square root of their windows: halfway (in the log domain) between the
/// data's own proportions, which starve them, and equal shares, which repeat their few clips too often.
const BALANCE: f64 = 0.5;

/// A generator of its own for each use: `stream` tells the uses apart, so that none shifts another.
pub fn generator(seed: u64, stream: u32, epoch: usize, item: usize) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..12].copy_from_slice(&stream.to_le_bytes());
    key[12..20].copy_from_slice(&(epoch as u64).to_le_bytes());
    key[20..28].copy_from_slice(&(item as u64).to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// What [`generator`] is asked for.
pub mod stream {
    /// Initial weights.
    pub const WEIGHTS: u32 = 0;
    /// Order of an epoch.
    pub const ORDER: u32 = 1;
    /// Crop and augmentation of one window.
    pub const WINDOW: u32 = 2;
    /// Mixing and dropout of one batch.
    pub const BATCH: u32 = 3;
    /// Choice of the windows kept for calibration.
    pub const CALIBRATION: u32 = 4;
    /// Noise of pictures.
    pub const PICTURES: u32 = 8;
    /// Folds of cross-validation.
    pub const FOLDS: u32 = 16;
}

/// One clip as the order sees it.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// Index into the training clips.
    pub clip: usize,
    /// Its label.
    pub label: usize,
    /// Windows that evaluation cuts it into: how often it is drawn.
    pub windows: usize,
}

/// The clips of one epoch, one entry a window to draw, a whole number of batches.
///
/// As many windows as the clips hold, rounded up to whole batches; each class gets its share, its clips in turn.
pub fn epoch_order(
    clips: &[Draw],
    classes: usize,
    batch: usize,
    seed: u64,
    epoch: usize,
) -> Vec<usize> {
    let mut rng = generator(seed, stream::ORDER, epoch, 0);
    let mut by_class: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for draw in clips {
        by_class[draw.label].extend(std::iter::repeat_n(draw.clip, draw.windows.max(1)));
    }
    let total: usize = by_class.iter().map(Vec::len).sum();
    let total = total.div_ceil(batch) * batch;
    let quotas = shares(
        &by_class
            .iter()
            .map(|slots| (slots.len() as f64).powf(BALANCE))
            .collect::<Vec<_>>(),
        total,
    );
    let mut order = Vec::with_capacity(total);
    for (slots, quota) in by_class.iter_mut().zip(quotas) {
        let mut left = quota;
        while left > 0 {
            slots.shuffle(&mut rng);
            let take = left.min(slots.len());
            order.extend_from_slice(&slots[..take]);
            left -= take;
        }
    }
    order.shuffle(&mut rng);
    order
}

/// `total` cut in proportion to `weights`, by largest remainder; a weight of nought gets nothing.
fn shares(weights: &[f64], total: usize) -> Vec<usize> {
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights
        .iter()
        .map(|weight| weight / sum * total as f64)
        .collect();
    let mut shares: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len())
        .filter(|&class| weights[class] > 0.0)
        .collect();
    by_remainder.sort_by(|&a, &b| {
        (exact[b].fract())
            .total_cmp(&exact[a].fract())
            .then(a.cmp(&b))
    });
    let missing = total - shares.iter().sum::<usize>();
    for &class in by_remainder.iter().cycle().take(missing) {
        shares[class] += 1;
    }
    shares
}

/// Uniform in `low..high`.
pub fn uniform(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    // 24 bits fill an f32's significand exactly.
    low + (high - low) * ((rng.next_u32() >> 8) as f32 / (1 << 24) as f32)
}

/// Uniform in `0..end`; 0 when `end` is 0.
pub fn below(rng: &mut impl Rng, end: usize) -> usize {
    // 64 random bits against sizes of at most 2^32: the bias is below 2^-32.
    ((u128::from(rng.next_u64()) * end as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::{Draw, epoch_order, shares};

    fn clips(labels: &[usize]) -> Vec<Draw> {
        labels
            .iter()
            .enumerate()
            .map(|(clip, &label)| Draw {
                clip,
                label,
                windows: 4,
            })
            .collect()
    }

    #[test]
    fn whole_batches_and_a_pure_function_of_seed_and_epoch() {
        let clips = clips(&[0, 0, 0, 1, 1, 2]);
        let order = epoch_order(&clips, 3, 10, 7, 3);
        assert_eq!(order.len(), 30);
        assert_eq!(order, epoch_order(&clips, 3, 10, 7, 3));
        assert_ne!(order, epoch_order(&clips, 3, 10, 7, 4));
        assert_ne!(order, epoch_order(&clips, 3, 10, 8, 3));
    }

    #[test]
    fn rare_classes_get_more_than_their_share() {
        // 16 clips against one: by the square root 4 to 1, 68 windows in all.
        let mut labels = vec![0; 16];
        labels.push(1);
        let order = epoch_order(&clips(&labels), 2, 4, 1, 0);
        let rare = order.iter().filter(|&&clip| clip == 16).count();
        assert_eq!((order.len(), rare), (68, 14));
    }

    #[test]
    fn every_clip_is_seen_when_classes_are_equal() {
        let order = epoch_order(&clips(&[0, 0, 1, 1]), 2, 4, 1, 0);
        for clip in 0..4 {
            assert_eq!(order.iter().filter(|&&c| c == clip).count(), 4);
        }
    }

    #[test]
    fn shares_add_up_and_absent_classes_get_none() {
        assert_eq!(shares(&[1.0, 0.0, 2.0], 10), vec![3, 0, 7]);
        assert_eq!(shares(&[1.0, 1.0, 1.0], 10).iter().sum::<usize>(), 10);
    }
}
