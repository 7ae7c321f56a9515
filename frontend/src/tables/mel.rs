//! Mel scales and triangles.
//!
//! # Source
//! M. Slaney, Auditory Toolbox, 1998; S. Young et al., The HTK Book; conventions as librosa 0.11 `filters.mel`.

use crate::config::{FrontendConfig, MelNorm, MelScale};

/// Below this frequency Slaney's scale is linear, Hz.
const SLANEY_BREAK_HZ: f64 = 1000.0;
/// Width of a mel on the linear part, Hz.
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;
/// Mels from the break to 6.4 times its frequency.
const SLANEY_MELS_PER_6_4: f64 = 27.0;

fn to_mel(scale: MelScale, hz: f64) -> f64 {
    match scale {
        MelScale::Htk => 2595.0 * libm::log10(1.0 + hz / 700.0),
        MelScale::Slaney if hz < SLANEY_BREAK_HZ => hz / SLANEY_HZ_PER_MEL,
        MelScale::Slaney => {
            SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL
                + libm::log(hz / SLANEY_BREAK_HZ) * SLANEY_MELS_PER_6_4 / libm::log(6.4)
        }
    }
}

fn to_hz(scale: MelScale, mel: f64) -> f64 {
    let break_mel = SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL;
    match scale {
        MelScale::Htk => 700.0 * (libm::pow(10.0, mel / 2595.0) - 1.0),
        MelScale::Slaney if mel < break_mel => mel * SLANEY_HZ_PER_MEL,
        MelScale::Slaney => {
            SLANEY_BREAK_HZ * libm::exp((mel - break_mel) * libm::log(6.4) / SLANEY_MELS_PER_6_4)
        }
    }
}

/// Corner `i` of the triangles, Hz: band b rises from corner b to b + 1 and falls to b + 2.
pub(crate) fn corner_hz(config: &FrontendConfig, i: usize) -> f64 {
    let low = to_mel(config.mel_scale, config.f_min_hz);
    let high = to_mel(config.mel_scale, config.f_max_hz);
    let mel = low + (high - low) * i as f64 / (config.mel_bands + 1) as f64;
    to_hz(config.mel_scale, mel)
}

/// What a band's energy at peak weight 1 is multiplied by.
pub(crate) fn norm(config: &FrontendConfig, band: usize) -> f64 {
    match config.mel_norm {
        MelNorm::None => 1.0,
        MelNorm::Slaney => 2.0 / (corner_hz(config, band + 2) - corner_hz(config, band)),
    }
}

fn bin_hz(config: &FrontendConfig, bin: usize) -> f64 {
    f64::from(config.sample_rate_hz) * bin as f64 / config.n_fft as f64
}

/// The first bin at or above corner `i`; n_fft / 2 + 1 when there is none.
fn first_bin(config: &FrontendConfig, i: usize) -> usize {
    let corner = corner_hz(config, i);
    let estimate = corner * config.n_fft as f64 / f64::from(config.sample_rate_hz);
    // The estimate's rounding may be off by one bin; the comparison of frequencies decides.
    let mut bin = (libm::floor(estimate) as usize).saturating_sub(1);
    while bin <= config.n_fft / 2 && bin_hz(config, bin) < corner {
        bin += 1;
    }
    bin
}

/// The lowest band under whose triangle no bin lies, if any.
pub(crate) fn first_empty_band(config: &FrontendConfig) -> Option<usize> {
    (0..config.mel_bands).find(|&band| {
        let (first, end) = (first_bin(config, band), first_bin(config, band + 2));
        // A bin exactly on the lower corner has weight 0.
        let first = if bin_hz(config, first) > corner_hz(config, band) {
            first
        } else {
            first + 1
        };
        first >= end
    })
}

/// Bin ranges between corners, and for each bin its place between them in Q32 (0 at the lower, 1 at the upper).
pub(crate) fn fill_ramp_q32(config: &FrontendConfig, ramp_q32: &mut [u32], edges: &mut [u16]) {
    for (i, edge) in edges[..config.mel_bands + 2].iter_mut().enumerate() {
        *edge = first_bin(config, i) as u16;
    }
    for i in 0..=config.mel_bands {
        let (low, high) = (corner_hz(config, i), corner_hz(config, i + 1));
        let bins = usize::from(edges[i])..usize::from(edges[i + 1]);
        for (ramp_q32, bin) in ramp_q32[bins.clone()].iter_mut().zip(bins) {
            let place = (bin_hz(config, bin) - low) / (high - low);
            *ramp_q32 = super::to_fixed(place, 32).clamp(0, u32::MAX.into()) as u32;
        }
    }
}
