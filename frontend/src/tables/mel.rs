//! Mel scales and triangles: band edges in Hz to a weight for each bin in Q32.
//!
//! # Source
//! M. Slaney, Auditory Toolbox, 1998; S. Young et al., The HTK Book; conventions as librosa 0.11 `filters.mel`.

use crate::config::{FrontendConfig, MelNorm, MelScale};

/// Below this frequency Slaney's scale is linear, Hz.
const SLANEY_BREAK_HZ: f64 = 1000.0;
/// Width of a mel on the linear part, Hz.
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;
/// The break on the scale, mels.
const SLANEY_BREAK_MELS: f64 = SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL;
/// Above the break, frequencies in this ratio ...
const SLANEY_RATIO: f64 = 6.4;
/// ... are so many mels apart.
const SLANEY_MELS_PER_RATIO: f64 = 27.0;
/// Mels of HTK's scale in a decade.
const HTK_MELS_PER_DECADE: f64 = 2595.0;
/// Where HTK's scale turns from linear to logarithmic, Hz.
const HTK_BREAK_HZ: f64 = 700.0;

fn to_mel(scale: MelScale, hz: f64) -> f64 {
    match scale {
        MelScale::Htk => HTK_MELS_PER_DECADE * libm::log10(1.0 + hz / HTK_BREAK_HZ),
        MelScale::Slaney if hz < SLANEY_BREAK_HZ => hz / SLANEY_HZ_PER_MEL,
        MelScale::Slaney => {
            SLANEY_BREAK_MELS
                + libm::log(hz / SLANEY_BREAK_HZ) * SLANEY_MELS_PER_RATIO / libm::log(SLANEY_RATIO)
        }
    }
}

fn to_hz(scale: MelScale, mel: f64) -> f64 {
    match scale {
        MelScale::Htk => HTK_BREAK_HZ * (libm::pow(10.0, mel / HTK_MELS_PER_DECADE) - 1.0),
        MelScale::Slaney if mel < SLANEY_BREAK_MELS => mel * SLANEY_HZ_PER_MEL,
        MelScale::Slaney => {
            let ratios =
                (mel - SLANEY_BREAK_MELS) * libm::log(SLANEY_RATIO) / SLANEY_MELS_PER_RATIO;
            SLANEY_BREAK_HZ * libm::exp(ratios)
        }
    }
}

impl FrontendConfig {
    /// Corner `i` of the mel bands: band b rises from corner b to b + 1 and falls to b + 2. Public for references in
    /// floating point.
    ///
    /// # Units
    /// Hz.
    #[must_use]
    pub fn mel_corner_hz(&self, i: usize) -> f64 {
        let low = to_mel(self.mel_scale, self.f_min_hz);
        let high = to_mel(self.mel_scale, self.f_max_hz);
        let mel = low + (high - low) * i as f64 / (self.mel_bands + 1) as f64;
        to_hz(self.mel_scale, mel)
    }
}

/// What a band's energy at peak weight 1 is multiplied by.
pub(crate) fn norm(config: &FrontendConfig, band: usize) -> f64 {
    match config.mel_norm {
        MelNorm::None => 1.0,
        MelNorm::Slaney => 2.0 / (config.mel_corner_hz(band + 2) - config.mel_corner_hz(band)),
    }
}

fn bin_hz(config: &FrontendConfig, bin: usize) -> f64 {
    f64::from(config.sample_rate_hz) * bin as f64 / config.n_fft as f64
}

/// The first bin at or above corner `i`; n_fft / 2 + 1 when there is none.
fn first_bin(config: &FrontendConfig, i: usize) -> usize {
    let corner = config.mel_corner_hz(i);
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
        let first = if bin_hz(config, first) > config.mel_corner_hz(band) {
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
        let (low, high) = (config.mel_corner_hz(i), config.mel_corner_hz(i + 1));
        let bins = usize::from(edges[i])..usize::from(edges[i + 1]);
        for (ramp_q32, bin) in ramp_q32[bins.clone()].iter_mut().zip(bins) {
            let place = (bin_hz(config, bin) - low) / (high - low);
            *ramp_q32 = super::to_fixed(place, 32).clamp(0, u32::MAX.into()) as u32;
        }
    }
}
