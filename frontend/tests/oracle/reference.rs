//! Float64 reference of the log-mel, written straight from the definitions and sharing no code with the crate.

use std::f64::consts::PI;

use needledrop_frontend::{FrontendConfig, MelNorm, MelScale};

/// Window, direct-form FFT and triangles in f64.
pub(crate) struct Reference {
    config: FrontendConfig,
    window: Vec<f64>,
    weights: Vec<Vec<f64>>,
    norms: Vec<f64>,
}

fn hz_to_mel(scale: MelScale, hz: f64) -> f64 {
    match scale {
        MelScale::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
        MelScale::Slaney if hz >= 1000.0 => 15.0 + (hz / 1000.0).ln() / (6.4f64.ln() / 27.0),
        MelScale::Slaney => hz * 3.0 / 200.0,
    }
}

fn mel_to_hz(scale: MelScale, mel: f64) -> f64 {
    match scale {
        MelScale::Htk => 700.0 * (10f64.powf(mel / 2595.0) - 1.0),
        MelScale::Slaney if mel >= 15.0 => 1000.0 * ((mel - 15.0) * (6.4f64.ln() / 27.0)).exp(),
        MelScale::Slaney => mel * 200.0 / 3.0,
    }
}

impl Reference {
    pub(crate) fn new(config: &FrontendConfig) -> Self {
        let n = config.n_fft;
        let window = (0..n)
            .map(|i| 0.5 - 0.5 * (2.0 * PI * i as f64 / n as f64).cos())
            .collect();
        let (low, high) = (
            hz_to_mel(config.mel_scale, config.f_min_hz),
            hz_to_mel(config.mel_scale, config.f_max_hz),
        );
        let corners: Vec<f64> = (0..config.mel_bands + 2)
            .map(|i| {
                let mel = low + (high - low) * i as f64 / (config.mel_bands + 1) as f64;
                mel_to_hz(config.mel_scale, mel)
            })
            .collect();
        let norms: Vec<f64> = corners
            .windows(3)
            .map(|c| match config.mel_norm {
                MelNorm::Slaney => 2.0 / (c[2] - c[0]),
                MelNorm::None => 1.0,
            })
            .collect();
        let weights = corners
            .windows(3)
            .zip(&norms)
            .map(|(c, norm)| {
                (0..=n / 2)
                    .map(|k| {
                        let hz = f64::from(config.sample_rate_hz) * k as f64 / n as f64;
                        let up = (hz - c[0]) / (c[1] - c[0]);
                        let down = (c[2] - hz) / (c[2] - c[1]);
                        norm * up.min(down).max(0.0)
                    })
                    .collect()
            })
            .collect();
        Self {
            config: *config,
            window,
            weights,
            norms,
        }
    }

    /// Norm of each band: what its triangle of peak 1 is multiplied by.
    pub(crate) fn norms(&self) -> Vec<f64> {
        self.norms.clone()
    }

    /// Energies of the bands for a power spectrum, with triangles of peak 1.
    pub(crate) fn unnormalised_mel(&self, power: &[f64]) -> Vec<f64> {
        let rows = self.weights.iter().zip(&self.norms);
        rows.map(|(row, norm)| row.iter().zip(power).map(|(w, p)| w * p).sum::<f64>() / norm)
            .collect()
    }

    /// Frames of band levels, dB, floored at -100.
    pub(crate) fn log_mel(&self, pcm: &[i16]) -> Vec<Vec<f64>> {
        let n = self.config.n_fft;
        (0..self.config.frames(pcm.len()))
            .map(|k| {
                let start = k * self.config.hop_samples;
                let mut re: Vec<f64> = pcm[start..start + n]
                    .iter()
                    .zip(&self.window)
                    .map(|(&x, w)| f64::from(x) / 32768.0 * w)
                    .collect();
                let mut im = vec![0.0; n];
                fft(&mut re, &mut im);
                self.weights
                    .iter()
                    .map(|row| {
                        let energy: f64 = row
                            .iter()
                            .enumerate()
                            .map(|(bin, w)| w * (re[bin] * re[bin] + im[bin] * im[bin]))
                            .sum();
                        10.0 * energy.max(1e-10).log10()
                    })
                    .collect()
            })
            .collect()
    }
}

/// Textbook radix-2 recursion; every twiddle is computed afresh.
pub(crate) fn fft(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
    if n == 1 {
        return;
    }
    let half = |x: &[f64], odd: usize| x.iter().skip(odd).step_by(2).copied().collect::<Vec<_>>();
    let (mut even_re, mut even_im) = (half(re, 0), half(im, 0));
    let (mut odd_re, mut odd_im) = (half(re, 1), half(im, 1));
    fft(&mut even_re, &mut even_im);
    fft(&mut odd_re, &mut odd_im);
    for k in 0..n / 2 {
        let (s, c) = (-2.0 * PI * k as f64 / n as f64).sin_cos();
        let (tr, ti) = (odd_re[k] * c - odd_im[k] * s, odd_re[k] * s + odd_im[k] * c);
        (re[k], im[k]) = (even_re[k] + tr, even_im[k] + ti);
        (re[k + n / 2], im[k + n / 2]) = (even_re[k] - tr, even_im[k] - ti);
    }
}
