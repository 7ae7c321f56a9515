//! The files to play, as the one kind of WAV that both boards take: mono, 16 bits, 44.1 kHz.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use needledrop_audio::AudioFile;
use needledrop_frontend::Resampler;

/// PulseAudio's sink and the guest's loop run at this rate: nothing after the conversion resamples again.
pub(crate) const RATE_HZ: u32 = 44_100;

/// A file that can be played.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    /// For people: the file with its folder, which is the genre as a rule.
    pub(crate) name: String,
    /// The converted file.
    pub(crate) wav: PathBuf,
    /// How long it plays.
    pub(crate) length: Duration,
}

/// Converts every file into `folder`, at most the first `seconds` of each.
///
/// # Errors
/// A file that can't be read as audio, or no room for its WAV.
pub(crate) fn convert_all(
    files: &[PathBuf],
    seconds: Option<f64>,
    folder: &Path,
) -> Result<Vec<Sound>> {
    files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let wav = folder.join(wav_name(index));
            let samples = convert(file, seconds, &wav)?;
            Ok(Sound {
                name: short_name(file),
                wav,
                length: Duration::from_secs_f64(samples as f64 / f64::from(RATE_HZ)),
            })
        })
        .collect()
}

/// Names that sort as the files were given, and that FAT can hold.
pub(crate) fn wav_name(index: usize) -> String {
    format!("{:04}.wav", index + 1)
}

/// `rock/a.ogg` of `/music/rock/a.ogg`.
fn short_name(file: &Path) -> String {
    let last = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let name = last(file).unwrap_or_default();
    match file.parent().and_then(last) {
        Some(folder) => format!("{folder}/{name}"),
        None => name,
    }
}

/// Samples written.
fn convert(file: &Path, seconds: Option<f64>, wav: &Path) -> Result<u64> {
    let mut audio = AudioFile::open(file)?;
    let rate_hz = audio.sample_rate_hz();
    let mut resampler = Resampler::new(rate_hz, RATE_HZ)
        .with_context(|| format!("{} has {rate_hz} Hz", file.display()))?;
    let most = seconds.map_or(u64::MAX, |seconds| (seconds * f64::from(RATE_HZ)) as u64);
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let failed = || format!("could not write {}", wav.display());
    let mut writer = hound::WavWriter::create(wav, spec).with_context(failed)?;
    let mut written = 0;
    let mut outcome = Ok(());
    let mut put = |pcm: &[i16]| {
        for &sample in pcm {
            if written < most && outcome.is_ok() {
                outcome = writer.write_sample(sample);
                written += 1;
            }
        }
        written < most && outcome.is_ok()
    };
    let mut wanted = true;
    while wanted && let Some(block) = audio.next_block()? {
        resampler.push(block, |pcm| wanted = put(pcm));
    }
    resampler.finish(|pcm| {
        put(pcm);
    });
    outcome.with_context(failed)?;
    writer.finalize().with_context(failed)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::{RATE_HZ, convert_all, short_name};
    use std::path::Path;

    fn tone(path: &Path, rate_hz: u32, channels: u16, seconds: u32) {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate_hz,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for index in 0..seconds * rate_hz * u32::from(channels) {
            writer.write_sample((index % 100) as i16 * 50).unwrap();
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn every_file_becomes_one_kind_of_wav_no_longer_than_asked() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a.wav"), folder.path().join("b.wav"));
        tone(&first, 22_050, 2, 3);
        tone(&second, 48_000, 1, 1);
        let sounds = convert_all(&[first, second], Some(2.0), folder.path()).unwrap();
        let lengths: Vec<f64> = sounds
            .iter()
            .map(|sound| sound.length.as_secs_f64())
            .collect();
        assert_eq!(lengths[0], 2.0);
        assert!((lengths[1] - 1.0).abs() < 0.01, "{}", lengths[1]);
        for (sound, seconds) in sounds.iter().zip(lengths) {
            let reader = hound::WavReader::open(&sound.wav).unwrap();
            let spec = reader.spec();
            assert_eq!(
                (spec.channels, spec.sample_rate, spec.bits_per_sample),
                (1, RATE_HZ, 16)
            );
            assert_eq!(
                f64::from(reader.duration()),
                (seconds * f64::from(RATE_HZ)).round()
            );
        }
    }

    #[test]
    fn a_file_that_is_no_audio_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "no music").unwrap();
        let error = convert_all(&[path], None, folder.path()).unwrap_err();
        assert!(format!("{error:#}").contains("notes.txt"), "{error:#}");
    }

    #[test]
    fn a_name_keeps_its_genre() {
        assert_eq!(short_name(Path::new("/music/rock/a.ogg")), "rock/a.ogg");
        assert_eq!(short_name(Path::new("a.ogg")), "a.ogg");
    }
}
