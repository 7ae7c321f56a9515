//! Resampler: 16-bit PCM at one rate to another, an integer polyphase FIR between any two of a common ratio.
//!
//! The ratio output : input is reduced to L : M. Output m lies at input time m M / L; its phase (m M mod L) picks one
//! of L filters of `taps` coefficients, centred on that time, so that the group delay is zero and S inputs give
//! ceil(S L / M) outputs. Before the first sample and after the last there is silence.
//!
//! Coefficients are Q22, held as a signed upper part in Q14 and a signed lower part of 8 bits, so that products of
//! 16-bit numbers add up exactly in i32, which every SIMD unit does best (`products.rs`). Each phase sums to exactly 1:
//! a constant passes unchanged.
//!
//! The prototype passes to 0.9 of the lower Nyquist and stops from 1.0 of it: nothing aliases into the band.

use crate::error::ConfigError;
use crate::formats::{round_shift_i64, saturate_i16};
use crate::products;
use crate::ratio::{BLOCK_SAMPLES, Ratio};
use crate::storage::{Lent, Pool, Storage, StorageSize};
use crate::tables::resampler::{COEFFICIENT_BITS, phase_coefficient};

/// Output samples handed on at a time.
const OUTPUT_SAMPLES: usize = 128;
/// Bits of a coefficient's lower part.
const LOW_BITS: u32 = 8;

/// Integer polyphase resampler, memory owned.
///
/// See [`Polyphase`], which it is with [`crate::Owned`] storage.
#[cfg(feature = "alloc")]
pub type Resampler = Polyphase<crate::storage::Owned>;

/// Integer polyphase resampler, streaming; equal rates pass unchanged.
///
/// # Accuracy
/// Ripple at most 0.05 dB up to 0.9 of the lower Nyquist; aliases and images at most -90 dB; asserted by
/// `tests/resampler.rs`. Group delay zero.
///
/// # Units
/// [`Polyphase::latency_samples`] samples at the input rate must follow a moment before its output is complete.
///
/// ```
/// use needledrop_frontend::Resampler;
///
/// let mut resampler = Resampler::new(44_100, 22_050)?;
/// let mut out = Vec::new();
/// resampler.push(&[100; 1001], |pcm| out.extend_from_slice(pcm));
/// resampler.finish(|pcm| out.extend_from_slice(pcm));
/// assert_eq!(out.len(), 501);
/// assert_eq!(out[250], 100);
/// # Ok::<(), needledrop_frontend::ConfigError>(())
/// ```
pub struct Polyphase<S: Storage> {
    ratio: Ratio,
    /// Coefficients by phase, then by tap: upper parts in Q14, lower parts in Q22.
    high_q14: S::Of<i16>,
    low_q22: S::Of<i16>,
    /// Input samples from the earliest still needed; the next output's first tap is at `start`.
    history: S::Of<i16>,
    filled: usize,
    start: usize,
    phase: usize,
    input_samples: u64,
    output_samples: u64,
}

#[cfg(feature = "alloc")]
impl Polyphase<crate::storage::Owned> {
    /// From `input_hz` to `output_hz`, on the heap; nothing allocates afterwards.
    ///
    /// # Errors
    /// [`ConfigError::SampleRate`] outside 4 to 192 kHz; [`ConfigError::ResamplerRatio`] for a ratio that would need
    /// too large a filter.
    pub fn new(input_hz: u32, output_hz: u32) -> Result<Self, ConfigError> {
        let ratio = Ratio::new(input_hz, output_hz)?;
        Ok(Self::from_pool(ratio, &mut crate::storage::Owned))
    }
}

impl<'a> Polyphase<Lent<'a>> {
    /// From `input_hz` to `output_hz`, in lent memory, at least [`StorageSize::of_resampler`].
    ///
    /// # Errors
    /// As [`Resampler::new`], and [`ConfigError::Storage`] when the memory is too small.
    pub fn new_in(
        input_hz: u32,
        output_hz: u32,
        mut memory: Lent<'a>,
    ) -> Result<Self, ConfigError> {
        let ratio = Ratio::new(input_hz, output_hz)?;
        StorageSize::of_resampler(input_hz, output_hz)?.check(&memory)?;
        Ok(Self::from_pool(ratio, &mut memory))
    }
}

impl<S: Storage> Polyphase<S> {
    pub(crate) fn from_pool(ratio: Ratio, pool: &mut impl Pool<Storage = S>) -> Self {
        let Ratio { up, down, taps } = ratio;
        let mut high_q14 = pool.i16s(ratio.coefficients());
        let mut low_q22 = pool.i16s(ratio.coefficients());
        let rows = high_q14
            .chunks_exact_mut(taps.max(1))
            .zip(low_q22.chunks_exact_mut(taps.max(1)));
        for (phase, (high_q14, low_q22)) in rows.enumerate() {
            // What rounding takes from the sum goes to the tap nearest the centre, where it is least.
            let nearest = taps / 2 - 1 + usize::from(2 * phase > up);
            let mut missing_q22 = 1 << COEFFICIENT_BITS;
            for tap in 0..taps {
                let q22 = phase_coefficient(phase, tap, taps, up, down);
                missing_q22 -= q22;
                (high_q14[tap], low_q22[tap]) = halves(q22);
            }
            let (high, low) = (high_q14[nearest], low_q22[nearest]);
            let nearest_q22 = (i32::from(high) << LOW_BITS) + i32::from(low);
            (high_q14[nearest], low_q22[nearest]) = halves(nearest_q22 + missing_q22);
        }
        let mut this = Self {
            ratio,
            high_q14,
            low_q22,
            history: pool.i16s(ratio.history_samples()),
            filled: 0,
            start: 0,
            phase: 0,
            input_samples: 0,
            output_samples: 0,
        };
        this.reset();
        this
    }

    /// Input samples that must follow a moment before its output is complete; 0 at equal rates.
    #[must_use]
    pub fn latency_samples(&self) -> usize {
        self.ratio.taps / 2
    }

    /// Takes any amount of PCM; `on_pcm` gets the output in pieces of any size, which together are the same however
    /// the input is cut.
    pub fn push(&mut self, pcm: &[i16], mut on_pcm: impl FnMut(&[i16])) {
        if self.ratio.taps == 0 {
            if !pcm.is_empty() {
                on_pcm(pcm);
            }
            return;
        }
        self.input_samples += pcm.len() as u64;
        self.feed(pcm, u64::MAX, &mut on_pcm);
    }

    /// End of signal: gives the tail, so that S input samples have given ceil(S * output / input), then forgets the
    /// signal.
    pub fn finish(&mut self, mut on_pcm: impl FnMut(&[i16])) {
        if self.ratio.taps != 0 {
            let (up, down) = (self.ratio.up as u64, self.ratio.down as u64);
            let owed = (self.input_samples * up).div_ceil(down);
            while self.output_samples < owed {
                self.feed(&[0; BLOCK_SAMPLES], owed, &mut on_pcm);
            }
        }
        self.reset();
    }

    /// Forgets the signal, keeps the coefficients.
    pub fn reset(&mut self) {
        // The first output is centred on the first sample: half a filter of silence comes before it.
        self.filled = (self.ratio.taps / 2).saturating_sub(1);
        self.history[..self.filled].fill(0);
        (self.start, self.phase) = (0, 0);
        (self.input_samples, self.output_samples) = (0, 0);
    }

    /// Takes `pcm` block by block and gives outputs until `limit` have been given in all.
    fn feed(&mut self, mut pcm: &[i16], limit: u64, on_pcm: &mut impl FnMut(&[i16])) {
        while !pcm.is_empty() {
            let (taken, rest) = pcm.split_at(pcm.len().min(self.history.len() - self.filled));
            pcm = rest;
            self.history[self.filled..self.filled + taken.len()].copy_from_slice(taken);
            self.filled += taken.len();
            self.drain(limit, on_pcm);
            // Fewer than `taps` samples are still needed, so a block's room is free again.
            let done = self.start.min(self.filled);
            self.history.copy_within(done..self.filled, 0);
            self.filled -= done;
            self.start -= done;
        }
    }

    fn drain(&mut self, limit: u64, on_pcm: &mut impl FnMut(&[i16])) {
        let Ratio { up, down, taps } = self.ratio;
        // From one output to the next: whole input samples, and phases.
        let (samples, phases) = (down / up, down % up);
        let mut block = [0; OUTPUT_SAMPLES];
        let mut count = 0;
        while self.start + taps <= self.filled && self.output_samples < limit {
            let row = self.phase * taps;
            block[count] = filter(
                &self.history[self.start..self.start + taps],
                &self.high_q14[row..row + taps],
                &self.low_q22[row..row + taps],
            );
            self.output_samples += 1;
            self.start += samples;
            self.phase += phases;
            if self.phase >= up {
                self.phase -= up;
                self.start += 1;
            }
            count += 1;
            if count == block.len() {
                on_pcm(&block);
                count = 0;
            }
        }
        if count > 0 {
            on_pcm(&block[..count]);
        }
    }
}

impl<S: Storage> core::fmt::Debug for Polyphase<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Polyphase")
            .field("ratio", &self.ratio)
            .finish_non_exhaustive()
    }
}

/// A coefficient as upper part and signed lower part.
fn halves(q22: i32) -> (i16, i16) {
    let high = (q22 + (1 << (LOW_BITS - 1))) >> LOW_BITS;
    (high as i16, (q22 - (high << LOW_BITS)) as i16)
}

/// One output: rounded, saturated.
fn filter(samples: &[i16], high_q14: &[i16], low_q22: &[i16]) -> i16 {
    let (high, low) = products::sums(samples, high_q14, low_q22);
    saturate_i16(round_shift_i64((high << LOW_BITS) + low, COEFFICIENT_BITS))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::{COEFFICIENT_BITS, LOW_BITS, Polyphase};
    use crate::ratio::Ratio;

    #[test]
    fn sums_of_products_fit_and_each_phase_sums_to_one() {
        for (input_hz, output_hz) in [
            (8_000, 22_050),
            (44_100, 22_050),
            (48_000, 22_050),
            (96_000, 22_050),
            (192_000, 16_000),
            (11_025, 16_000),
            (192_000, 12_000),
        ] {
            let ratio = Ratio::new(input_hz, output_hz).expect("a supported ratio");
            let resampler = Polyphase::from_pool(ratio, &mut crate::storage::Owned);
            let highs = resampler.high_q14.chunks_exact(ratio.taps);
            let lows = resampler.low_q22.chunks_exact(ratio.taps);
            for (high, low) in highs.zip(lows) {
                let magnitude: i64 = high.iter().map(|&h| i64::from(h).abs()).sum();
                assert!(magnitude << 15 < 1 << 31, "{magnitude} in Q14");
                assert!(low.iter().all(|&l| (-128..=127).contains(&l)));
                // The running sums of `products.rs`: neighbours by twos, or every fourth.
                for quarter in 0..4 {
                    let part = |of: fn(usize) -> usize| -> i64 {
                        let of_quarter = (0..ratio.taps).filter(|&tap| of(tap) == quarter);
                        of_quarter.map(|tap| i64::from(low[tap]).abs()).sum()
                    };
                    let most = part(|tap| tap % 8 / 2).max(part(|tap| tap % 4));
                    assert!(most << 15 < 1 << 31, "{most} in Q22");
                }
                let pairs = high.iter().zip(low);
                let sum: i64 = pairs
                    .map(|(&h, &l)| (i64::from(h) << LOW_BITS) + i64::from(l))
                    .sum();
                assert_eq!(sum, 1 << COEFFICIENT_BITS);
            }
        }
    }
}
