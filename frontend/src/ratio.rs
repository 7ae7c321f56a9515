//! Ratio of two sample rates in Hz, and how many coefficients and samples a resampler between them holds.

use crate::check::check_rate;
use crate::error::ConfigError;
use crate::tables::resampler::HALF_CROSSINGS;

/// Most coefficients: two halves of 16 bits each, they are a MiB.
const MAX_COEFFICIENTS: u64 = 1 << 18;
/// Most taps of a phase: decimation by up to 16.
const MAX_TAPS: u64 = 2048;
/// Taps come in blocks of so many.
pub(crate) const TAP_BLOCK: usize = 32;
/// Input samples taken at a time.
pub(crate) const BLOCK_SAMPLES: usize = 256;

/// A ratio of two rates in lowest terms, and the filter length it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    pub(crate) up: usize,
    pub(crate) down: usize,
    /// Taps of a phase, a multiple of [`TAP_BLOCK`]; 0 when the rates are equal.
    pub(crate) taps: usize,
}

impl Ratio {
    pub(crate) const fn new(input_hz: u32, output_hz: u32) -> Result<Self, ConfigError> {
        if let Err(error) = check_rate(input_hz) {
            return Err(error);
        }
        if let Err(error) = check_rate(output_hz) {
            return Err(error);
        }
        let (mut a, mut b) = (input_hz, output_hz);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let (up, down) = ((output_hz / a) as u64, (input_hz / a) as u64);
        let taps = if up == down {
            0
        } else {
            let longest = if up > down { up } else { down };
            2 * (HALF_CROSSINGS * longest)
                .div_ceil(up)
                .next_multiple_of(TAP_BLOCK as u64 / 2)
        };
        if taps > MAX_TAPS || up * taps > MAX_COEFFICIENTS {
            return Err(ConfigError::ResamplerRatio {
                input_hz,
                output_hz,
            });
        }
        Ok(Self {
            up: up as usize,
            down: down as usize,
            taps: taps as usize,
        })
    }

    /// Coefficients of all phases.
    pub(crate) const fn coefficients(&self) -> usize {
        self.up * self.taps
    }

    /// Room for the samples that a filter covers and a block of new ones.
    pub(crate) const fn history_samples(&self) -> usize {
        match self.taps {
            0 => 0,
            taps => taps + BLOCK_SAMPLES,
        }
    }

    /// Two halves of every coefficient, and the history.
    pub(crate) const fn storage_i16s(&self) -> usize {
        2 * self.coefficients() + self.history_samples()
    }
}

#[cfg(test)]
mod tests {
    use super::Ratio;

    #[test]
    fn ratios_are_reduced() {
        let ratio = Ratio::new(48_000, 22_050).expect("a supported ratio");
        assert_eq!((ratio.up, ratio.down, ratio.taps), (147, 320, 288));
        let equal = Ratio::new(16_000, 16_000).expect("a supported ratio");
        assert_eq!((equal.taps, equal.storage_i16s()), (0, 0));
    }
}
