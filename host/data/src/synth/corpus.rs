//! The corpus on disk: options go in; a folder a label, WAV files and a manifest with artists come out.

use super::coefficients::SAMPLE_RATE_HZ;
use super::dice::Dice;
use super::repertoire::{STYLES, labels};
use super::{compose, noises};
use crate::csv_file;
use crate::prepare::MANIFEST;
use crate::progress::Progress;
use crate::staged_dir::StagedDir;
use anyhow::{Context, ensure};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Tunes of one artist; `prepare` keeps them in one split.
const TUNES_PER_ARTIST: u32 = 2;

/// What to make.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder to make.
    pub out: PathBuf,
    /// Clips of each label.
    pub clips_per_genre: u32,
    /// Length of a clip.
    pub seconds: f64,
    /// Another seed, another corpus.
    pub seed: u64,
}

/// One clip to be made.
struct Clip {
    label: &'static str,
    artist: u32,
    tune: u32,
}

impl Clip {
    /// Who plays; the name is unique in the corpus.
    fn artist(&self) -> String {
        format!("{} artist{:02}", self.label, self.artist)
    }

    /// Path within the corpus.
    fn path(&self) -> String {
        format!("{}/artist{:02}_t{}.wav", self.label, self.artist, self.tune)
    }

    fn samples(&self, seed: u64, length_samples: usize) -> Vec<i16> {
        let mut artist = Dice::new(seed, &self.artist());
        let mut dice = Dice::new(seed, &self.path());
        match STYLES.iter().find(|style| style.name == self.label) {
            Some(style) => compose::tune(style, &mut artist, &mut dice, length_samples),
            None => noises::clip(self.artist as usize, &mut artist, &mut dice, length_samples),
        }
    }
}

/// Makes the corpus; gives the number of clips.
///
/// A clip depends on the seed, its label, its number and the length alone: a larger corpus begins with the smaller one.
///
/// # Errors
/// A length out of range, an output folder in use, the disk's; nothing is left behind then.
pub fn write(options: &Options) -> anyhow::Result<usize> {
    ensure!(
        (0.1..=600.0).contains(&options.seconds),
        "--seconds {}: must be between 0.1 and 600",
        options.seconds
    );
    let length_samples = (options.seconds * f64::from(SAMPLE_RATE_HZ)) as usize;
    let clips: Vec<Clip> = labels()
        .flat_map(|label| (0..options.clips_per_genre).map(move |number| (label, number)))
        .map(|(label, number)| Clip {
            label,
            artist: number / TUNES_PER_ARTIST,
            tune: number % TUNES_PER_ARTIST,
        })
        .collect();
    let staged = StagedDir::begin(&options.out)?;
    for label in labels() {
        let folder = staged.path().join(label);
        std::fs::create_dir(&folder)
            .with_context(|| format!("{}: cannot make the folder", folder.display()))?;
    }
    let progress = Progress::new("synth", "clips", clips.len() as u64);
    clips.par_iter().with_max_len(1).try_for_each(|clip| {
        write_wav(
            &staged.path().join(clip.path()),
            &clip.samples(options.seed, length_samples),
        )?;
        progress.advance(1);
        anyhow::Ok(())
    })?;
    write_manifest(staged.path(), &clips)?;
    staged.commit()?;
    progress.finish();
    Ok(clips.len())
}

fn write_wav(path: &Path, samples: &[i16]) -> anyhow::Result<()> {
    let failed = || format!("{}: cannot write", path.display());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).with_context(failed)?;
    for &sample in samples {
        writer.write_sample(sample).with_context(failed)?;
    }
    writer.finalize().with_context(failed)
}

fn write_manifest(folder: &Path, clips: &[Clip]) -> anyhow::Result<()> {
    let rows = clips
        .iter()
        .map(|clip| [clip.path(), clip.label.to_owned(), clip.artist()]);
    csv_file::write(&folder.join(MANIFEST), ["path", "genre", "artist"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn digest(seed: u64) -> String {
        let mut digest = Sha256::new();
        for label in labels() {
            for artist in 0..3 {
                let samples = Clip {
                    label,
                    artist,
                    tune: 0,
                }
                .samples(seed, 22_050);
                for sample in samples {
                    digest.update(sample.to_le_bytes());
                }
            }
        }
        crate::digest::to_hex(&digest.finalize())
    }

    /// A pin: our own bits. It changes when the sounds are changed on purpose, and must not depend on the platform.
    #[test]
    fn the_corpus_has_the_same_bits_everywhere() {
        assert_eq!(
            digest(1),
            "c4186a8fcf8c25e62c3f675f898a966a1cf4eaa6e3980864c301390c2c72c47f"
        );
        assert_ne!(digest(1), digest(2));
    }

    #[test]
    fn no_clip_is_silent_or_stuck_at_full_scale() {
        for label in labels() {
            for artist in 0..12 {
                let samples = Clip {
                    label,
                    artist,
                    tune: 1,
                }
                .samples(7, 3 * 22_050);
                let peak = samples
                    .iter()
                    .map(|sample| sample.unsigned_abs())
                    .max()
                    .unwrap_or(0);
                assert!(
                    (2_000..32_768).contains(&peak),
                    "{label} {artist}: peak {peak}"
                );
                let clipped = samples
                    .iter()
                    .filter(|sample| sample.unsigned_abs() >= 32_767)
                    .count();
                assert!(clipped < 10, "{label} {artist}: {clipped} at full scale");
            }
        }
    }

    /// Mean of every band over a clip, without the clip's level and spread.
    fn mean_spectrum(label: &'static str, number: u32) -> Vec<f64> {
        let clip = Clip {
            label,
            artist: number,
            tune: 0,
        };
        let config = needledrop_frontend::FrontendConfig::SEED;
        let mut frontend = needledrop_frontend::LogMel::new(&config).unwrap();
        let (mut sums, mut frames) = (vec![0.0; config.mel_bands], 0.0);
        frontend.push(&clip.samples(1, 4 * 22_050), |frame| {
            frames += 1.0;
            for (sum, &value) in sums.iter_mut().zip(frame) {
                *sum += f64::from(value);
            }
        });
        let mean = sums.iter().sum::<f64>() / sums.len() as f64;
        let spread = sums
            .iter()
            .map(|sum| (sum - mean).powi(2))
            .sum::<f64>()
            .sqrt();
        sums.iter().map(|sum| (sum - mean) / spread).collect()
    }

    #[test]
    fn an_averaged_spectrum_does_not_give_the_style_away() {
        let centre = |label| -> Vec<f64> {
            let spectra: Vec<Vec<f64>> =
                (0..10).map(|number| mean_spectrum(label, number)).collect();
            (0..spectra[0].len())
                .map(|band| spectra.iter().map(|s| s[band]).sum::<f64>() / 10.0)
                .collect()
        };
        let centres: Vec<(&str, Vec<f64>)> = labels().map(|label| (label, centre(label))).collect();
        let distance =
            |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let mut right = 0;
        for label in labels() {
            for number in 10..16 {
                let spectrum = mean_spectrum(label, number);
                let nearest = centres.iter().min_by(|(_, a), (_, b)| {
                    distance(a, &spectrum).total_cmp(&distance(b, &spectrum))
                });
                right += usize::from(nearest.is_some_and(|(nearest, _)| *nearest == label));
            }
        }
        println!("nearest mean spectrum: {right} of 54 right");
        assert!(right < 36, "{right} of 54 right");
    }
}
