//! Level of the sound in integers: cells of PCM in, RMS in 0.1 dBFS, clipped samples and exact zeros out.
use crate::limits::MAX_WINDOW_CELLS;
use heapless::HistoryBuf;

/// Squares of some samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Energy {
    /// At most 2^30 a sample: 2^34 samples fit, two days at 96 kHz; the longest span summed is a window or 10 s.
    sum_squares: u64,
    samples: u64,
}

impl Energy {
    /// Energy of some PCM.
    pub fn of(pcm: &[i16]) -> Self {
        let square = |&sample: &i16| u64::from(sample.unsigned_abs()).pow(2);
        Self {
            sum_squares: pcm.iter().map(square).sum(),
            samples: pcm.len() as u64,
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            sum_squares: self.sum_squares.saturating_add(other.sum_squares),
            samples: self.samples.saturating_add(other.samples),
        }
    }

    /// RMS level.
    ///
    /// # Units
    /// 0.1 dB re a full-scale square wave (32 768); rounded half up. `None` for digital silence and for no samples.
    ///
    /// # Accuracy
    /// The logarithm is `libm`'s, so that the rounding is the same on every target.
    ///
    /// ```
    /// use needledrop_device::level::Energy;
    /// assert_eq!(Energy::of(&[-32768; 8]).dbfs_x10(), Some(0));
    /// assert_eq!(Energy::of(&[3277, -3277]).dbfs_x10(), Some(-200));
    /// assert_eq!(Energy::of(&[0; 8]).dbfs_x10(), None);
    /// ```
    pub fn dbfs_x10(self) -> Option<i16> {
        if self.sum_squares == 0 {
            return None;
        }
        const FULL_SCALE_SQUARE: f64 = 32_768.0 * 32_768.0;
        let mean_square = self.sum_squares as f64 / self.samples as f64;
        let level_x10 = 100.0 * libm::log10(mean_square / FULL_SCALE_SQUARE);
        Some(libm::floor(level_x10 + 0.5) as i16)
    }
}

/// Follows the sound cell by cell.
#[derive(Default)]
pub struct Meter {
    cells: HistoryBuf<Energy, MAX_WINDOW_CELLS>,
    since_status: Energy,
    clipped_samples: u64,
    zero_run_samples: u64,
}

impl Meter {
    /// Takes one cell.
    pub fn process(&mut self, cell: &[i16]) {
        let energy = Energy::of(cell);
        self.cells.write(energy);
        self.since_status = self.since_status.plus(energy);
        let clipped = |sample: &&i16| matches!(**sample, i16::MIN | i16::MAX);
        self.clipped_samples += cell.iter().filter(clipped).count() as u64;
        self.zero_run_samples = match cell.iter().rposition(|&sample| sample != 0) {
            Some(last) => (cell.len() - 1 - last) as u64,
            None => self.zero_run_samples + cell.len() as u64,
        };
    }

    /// Energy of the newest `cells` cells, or of all there are.
    pub fn recent(&self, cells: usize) -> Energy {
        let (older, newer) = self.cells.as_slices();
        let newest = newer.iter().rev().chain(older.iter().rev()).take(cells);
        newest.fold(Energy::default(), |sum, &cell| sum.plus(cell))
    }

    /// Energy since the last call.
    pub fn take_since_status(&mut self) -> Energy {
        core::mem::take(&mut self.since_status)
    }

    /// Samples at full scale since the program started.
    pub fn clipped_samples(&self) -> u64 {
        self.clipped_samples
    }

    /// Exact zeros at the end of what came so far.
    pub fn zero_run_samples(&self) -> u64 {
        self.zero_run_samples
    }

    /// Forgets the sound, keeps the count of clipped samples.
    pub fn reset(&mut self) {
        self.cells.clear();
        self.since_status = Energy::default();
        self.zero_run_samples = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::{Energy, Meter};

    #[test]
    fn levels_follow_the_definition() {
        // A full-scale sine is 3.01 dB below a full-scale square wave.
        let sine: Vec<i16> = (0..48_000)
            .map(|n| (32_767.0 * (f64::from(n) * 0.01 * std::f64::consts::TAU).sin()) as i16)
            .collect();
        assert_eq!(Energy::of(&sine).dbfs_x10(), Some(-30));
        // One step of the converter.
        assert_eq!(Energy::of(&[1, -1]).dbfs_x10(), Some(-903));
        assert_eq!(Energy::of(&[]).dbfs_x10(), None);
    }

    #[test]
    fn the_newest_cells_are_counted_across_the_wrap() {
        let mut meter = Meter::default();
        for value in 0..7_000_i16 {
            meter.process(&[value]);
        }
        assert_eq!(meter.recent(2), Energy::of(&[6_998, 6_999]));
        assert_eq!(meter.recent(0), Energy::default());
    }

    #[test]
    fn zeros_are_counted_across_cells_and_clipping_at_both_ends() {
        let mut meter = Meter::default();
        meter.process(&[0, 5, 0, 0]);
        assert_eq!(meter.zero_run_samples(), 2);
        meter.process(&[0, 0]);
        assert_eq!(meter.zero_run_samples(), 4);
        meter.process(&[i16::MAX, i16::MIN, -32_767, 1]);
        assert_eq!((meter.zero_run_samples(), meter.clipped_samples()), (0, 2));
    }
}
