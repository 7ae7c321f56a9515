//! The downmix rule: frames of samples in any format to mono 16-bit PCM.

use crate::Sample;

/// 1.5 * 2^23: adding it to a value below 2^22 in magnitude leaves the nearest integer (ties to even) in the mantissa.
/// Plain additions vectorise; `f32::round_ties_even` is a library call on targets without an instruction for it.
const ROUND_TO_INTEGER: f32 = 12_582_912.0;

/// A mean in 16-bit steps to PCM: nearest, ties to even, saturating; not-a-number is 0.
#[inline]
fn to_pcm(mean_steps: f32) -> i16 {
    let clamped = mean_steps.clamp(-32_768.0, 32_767.0);
    ((clamped + ROUND_TO_INTEGER) - ROUND_TO_INTEGER) as i16
}

/// Interleaved samples to mono PCM, frame by frame, without allocating: for capture callbacks.
///
/// A last, incomplete frame is left out.
///
/// # Panics
/// When `channels` is 0.
///
/// ```
/// let stereo = [100i16, 300, -4, -5];
/// assert_eq!(needledrop_audio::mono(&stereo, 2).collect::<Vec<_>>(), [200, -4]);
/// ```
pub fn mono<S: Sample>(
    interleaved: &[S],
    channels: usize,
) -> impl ExactSizeIterator<Item = i16> + '_ {
    assert!(channels > 0, "a frame has at least one channel");
    let divisor = channels as f32;
    interleaved.chunks_exact(channels).map(move |frame| {
        let sum: f32 = frame
            .iter()
            .fold(0.0, |sum, &sample| sum + sample.to_i16_steps());
        to_pcm(sum / divisor)
    })
}

/// The same rule for samples that lie plane by plane, as decoders give them.
#[derive(Default)]
pub(crate) struct PlanarMix {
    sums: Vec<f32>,
    planes: usize,
}

impl PlanarMix {
    pub(crate) fn begin(&mut self, frames: usize) {
        self.sums.clear();
        self.sums.resize(frames, 0.0);
        self.planes = 0;
    }

    pub(crate) fn add_plane<S: Sample>(&mut self, plane: impl Iterator<Item = S>) {
        for (sum, sample) in self.sums.iter_mut().zip(plane) {
            *sum += sample.to_i16_steps();
        }
        self.planes += 1;
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<i16>) {
        let divisor = self.planes.max(1) as f32;
        out.extend(self.sums.iter().map(|&sum| to_pcm(sum / divisor)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sixteen_bit_mono_passes_unchanged() {
        let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        assert_eq!(mono(&all, 1).collect::<Vec<_>>(), all);
    }

    #[test]
    fn ties_go_to_even_and_overloads_saturate() {
        let pairs = [
            1i16,
            2,
            2,
            3,
            -1,
            -2,
            -2,
            -3,
            i16::MAX,
            i16::MAX,
            i16::MIN,
            i16::MIN,
        ];
        assert_eq!(
            mono(&pairs, 2).collect::<Vec<_>>(),
            [2, 2, -2, -2, i16::MAX, i16::MIN]
        );
        let wild = [
            2.0f32,
            -2.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            1.0,
        ];
        assert_eq!(
            mono(&wild, 1).collect::<Vec<_>>(),
            [32_767, -32_768, 32_767, -32_768, 0, 32_767]
        );
    }

    #[test]
    fn an_incomplete_frame_is_left_out() {
        assert_eq!(mono(&[10i16, 20, 30], 2).collect::<Vec<_>>(), [15]);
    }

    proptest! {
        #[test]
        fn planes_and_interleaved_samples_give_the_same_bits(
            frames in prop::collection::vec(prop::array::uniform6(-1.5f32..1.5), 0..200),
        ) {
            let interleaved: Vec<f32> = frames.iter().flatten().copied().collect();
            let expected: Vec<i16> = mono(&interleaved, 6).collect();
            let mut mix = PlanarMix::default();
            mix.begin(frames.len());
            for channel in 0..6 {
                mix.add_plane(frames.iter().map(|frame| frame[channel]));
            }
            let mut actual = Vec::new();
            mix.finish(&mut actual);
            prop_assert_eq!(actual, expected);
        }

        #[test]
        fn rounding_is_the_nearest_integer(value in -40_000.0f32..40_000.0) {
            let expected = value.round_ties_even().clamp(-32_768.0, 32_767.0) as i16;
            prop_assert_eq!(to_pcm(value), expected);
        }
    }
}
