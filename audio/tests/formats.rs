//! Files of every format become the PCM they should, and damaged ones a sentence.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it made it"
)]

use needledrop_audio::{AudioFile, DecodeReport, Error};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Half a second of two tones at `rate_hz`, different in each channel, at a quarter of full scale.
fn tones(rate_hz: u32, channels: u16) -> Vec<f32> {
    (0..rate_hz / 2)
        .flat_map(|i| {
            (0..channels).map(move |channel| {
                let pitch_hz = 220.0 * f32::from(channel + 1);
                0.25 * (std::f32::consts::TAU * pitch_hz * i as f32 / rate_hz as f32).sin()
            })
        })
        .collect()
}

fn write_wav(path: &Path, spec: hound::WavSpec, samples: &[f32]) {
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let scale = (1u32 << (spec.bits_per_sample - 1)) as f32;
    for &sample in samples {
        match spec.sample_format {
            hound::SampleFormat::Int => writer
                .write_sample((sample * scale).round() as i32)
                .unwrap(),
            hound::SampleFormat::Float => writer.write_sample(sample).unwrap(),
        }
    }
    writer.finalize().unwrap();
}

fn spec(sample_rate: u32, channels: u16, bits_per_sample: u16) -> hound::WavSpec {
    let sample_format = if bits_per_sample == 32 {
        hound::SampleFormat::Float
    } else {
        hound::SampleFormat::Int
    };
    hound::WavSpec {
        channels,
        sample_rate,
        bits_per_sample,
        sample_format,
    }
}

fn decode(path: &Path) -> Result<(u32, Vec<i16>, DecodeReport), Error> {
    let mut file = AudioFile::open(path)?;
    let mut pcm = Vec::new();
    while let Some(block) = file.next_block()? {
        pcm.extend_from_slice(block);
    }
    Ok((file.sample_rate_hz(), pcm, file.report()))
}

/// The rule, written out for floats.
fn expected_mono(samples: &[f32], channels: u16) -> Vec<i16> {
    samples
        .chunks_exact(usize::from(channels))
        .map(|frame| {
            (frame.iter().sum::<f32>() / f32::from(channels) * 32_768.0).round_ties_even() as i16
        })
        .collect()
}

#[test]
fn sixteen_bit_mono_wav_passes_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let samples: Vec<i16> = (0..30_000i32)
        .map(|i| (i * 7919 % 65_536 - 32_768) as i16)
        .collect();
    let mut writer = hound::WavWriter::create(&path, spec(22_050, 1, 16)).unwrap();
    samples
        .iter()
        .for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
    let (rate_hz, pcm, report) = decode(&path).unwrap();
    assert_eq!((rate_hz, pcm), (22_050, samples));
    assert_eq!(
        (
            report.channels,
            report.samples,
            report.damaged_packets,
            report.truncated
        ),
        (1, 30_000, 0, false)
    );
}

#[test]
fn every_wav_depth_and_channel_count_follows_the_rule() {
    let folder = tempfile::tempdir().unwrap();
    for (rate_hz, channels, bits, tolerance) in [
        (8_000, 1, 8, 257),
        (44_100, 2, 16, 1),
        (96_000, 6, 24, 1),
        (48_000, 2, 32, 0),
    ] {
        let path = folder.path().join(format!("{channels}-{bits}.wav"));
        let samples = tones(rate_hz, channels);
        write_wav(&path, spec(rate_hz, channels, bits), &samples);
        let (rate, pcm, report) = decode(&path).unwrap();
        let expected = expected_mono(&samples, channels);
        assert_eq!(
            (rate, pcm.len(), report.channels),
            (rate_hz, expected.len(), usize::from(channels))
        );
        let worst = pcm
            .iter()
            .zip(&expected)
            .map(|(a, b)| a.abs_diff(*b))
            .max()
            .unwrap();
        assert!(
            worst <= tolerance,
            "{channels} channels, {bits} bits: {worst} steps off"
        );
    }
}

/// A Sun .au file; `encoding` 2 to 5 are 8 to 32 bits big-endian, 6 is `f32`, 1 and 27 are the companded ones.
fn au(encoding: u32, rate_hz: u32, channels: u32, promised_bytes: u32, data: &[u8]) -> Vec<u8> {
    // A comment stands between the header and the audio, as the format has it.
    let words = [28, promised_bytes, encoding, rate_hz, channels];
    let header = words.iter().flat_map(|word| word.to_be_bytes());
    let mut bytes = b".snd".to_vec();
    bytes.extend(header);
    bytes.extend(b"GTZ\0");
    bytes.extend(data);
    bytes
}

#[test]
fn sun_au_follows_the_rule_at_every_depth() {
    let folder = tempfile::tempdir().unwrap();
    let samples: Vec<i16> = (0..30_000i32)
        .map(|i| (i * 7919 % 65_536 - 32_768) as i16)
        .collect();
    let bytes = |sample: &dyn Fn(i16) -> Vec<u8>| samples.iter().flat_map(|&s| sample(s)).collect();
    let wide = |s: i16, bits: usize| (i32::from(s) << 16).to_be_bytes()[..bits / 8].to_vec();
    let cases: [(u32, Vec<u8>); 4] = [
        (3, bytes(&|s| s.to_be_bytes().to_vec())),
        (4, bytes(&|s| wide(s, 24))),
        (5, bytes(&|s| wide(s, 32))),
        (
            6,
            bytes(&|s| (f32::from(s) / 32_768.0).to_be_bytes().to_vec()),
        ),
    ];
    for (encoding, data) in cases {
        // The extension does not decide.
        let path = folder.path().join(format!("{encoding}.wav"));
        for promised in [data.len() as u32, u32::MAX] {
            std::fs::write(&path, au(encoding, 22_050, 1, promised, &data)).unwrap();
            let (rate_hz, pcm, report) = decode(&path).unwrap();
            assert_eq!((rate_hz, &pcm), (22_050, &samples), "encoding {encoding}");
            assert!(!report.truncated && report.damaged_packets == 0);
        }
        std::fs::write(&path, au(encoding, 22_050, 2, data.len() as u32, &data)).unwrap();
        let (_, pcm, report) = decode(&path).unwrap();
        let expected: Vec<i16> = needledrop_audio::mono(&samples, 2).collect();
        assert_eq!((pcm, report.channels), (expected, 2), "encoding {encoding}");
    }
}

#[test]
fn a_cut_au_says_so_and_nonsense_in_its_header_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.au");
    let data = vec![1u8; 200_000];
    std::fs::write(&path, au(3, 22_050, 1, 400_001, &data)).unwrap();
    let (_, pcm, report) = decode(&path).unwrap();
    assert_eq!(pcm.len(), 100_000);
    assert!(report.truncated);
    for (header, reason) in [
        ((23, 22_050, 1), "encoding 23"),
        ((3, 0, 1), "0 Hz"),
        ((3, 22_050, 0), "0 channels"),
        ((3, 22_050, u32::MAX), "4294967295 channels"),
    ] {
        let (encoding, rate_hz, channels) = header;
        std::fs::write(&path, au(encoding, rate_hz, channels, 9, &data)).unwrap();
        let sentence = decode(&path).unwrap_err().to_string();
        assert!(sentence.contains(reason), "{sentence}");
    }
    std::fs::write(&path, au(3, 22_050, 1, 0, b"")).unwrap();
    assert!(matches!(decode(&path), Err(Error::Empty { .. })));
}

/// `true` and a line on stderr when ffmpeg is missing.
fn ffmpeg_is_missing() -> bool {
    let missing = Command::new("ffmpeg").arg("-version").output().is_err();
    if missing {
        eprintln!("skipped: ffmpeg is not installed");
    }
    missing
}

/// `None` when this ffmpeg lacks the encoder.
fn encoded(wav: &Path, name: &str, options: &[&str]) -> Option<PathBuf> {
    let path = wav.with_file_name(name);
    let run = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(wav)
        .args(options)
        .arg(&path)
        .output()
        .unwrap();
    if !run.status.success() {
        eprintln!("skipped {name}: {}", String::from_utf8_lossy(&run.stderr));
    }
    run.status.success().then_some(path)
}

/// Correlation at the delay of up to 3,000 samples where it is greatest.
fn likeness(reference: &[i16], decoded: &[i16]) -> f64 {
    (0..3_000)
        .filter_map(|delay| {
            let decoded = decoded.get(delay..)?;
            let (mut dot, mut a, mut b) = (0.0f64, 0.0f64, 0.0f64);
            for (&x, &y) in reference.iter().zip(decoded) {
                dot += f64::from(x) * f64::from(y);
                a += f64::from(x) * f64::from(x);
                b += f64::from(y) * f64::from(y);
            }
            Some(dot / (a * b).sqrt())
        })
        .fold(0.0, f64::max)
}

#[test]
fn compressed_formats_decode_to_the_same_sound() {
    if ffmpeg_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("a.wav");
    let samples = tones(44_100, 2);
    write_wav(&wav, spec(44_100, 2, 16), &samples);
    let expected = expected_mono(&samples, 2);
    for (name, options, least) in [
        ("a.flac", &["-c:a", "flac"][..], 0.999_99),
        ("alac.m4a", &["-c:a", "alac"], 0.999_99),
        ("a.mp3", &["-c:a", "libmp3lame", "-b:a", "192k"], 0.98),
        ("aac.m4a", &["-c:a", "aac", "-b:a", "192k"], 0.98),
        ("a.ogg", &["-c:a", "libvorbis", "-q:a", "6"], 0.98),
        ("a.aiff", &["-c:a", "pcm_s16be"], 0.999_99),
        ("a.au", &["-c:a", "pcm_s16be"], 0.999_99),
        ("companded.au", &["-c:a", "pcm_mulaw"], 0.99),
    ] {
        let Some(path) = encoded(&wav, name, options) else {
            continue;
        };
        let (rate_hz, pcm, report) = decode(&path).unwrap();
        assert_eq!(
            (
                rate_hz,
                report.channels,
                report.damaged_packets,
                report.truncated
            ),
            (44_100, 2, 0, false),
            "{name}"
        );
        assert!(
            pcm.len().abs_diff(expected.len()) < 4_000,
            "{name}: {} samples",
            pcm.len()
        );
        let likeness = likeness(&expected, &pcm);
        assert!(likeness > least, "{name}: likeness {likeness}");
    }
}

#[test]
fn a_cut_file_gives_what_it_holds_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("a.wav");
    let samples: Vec<f32> = tones(44_100, 2).repeat(8);
    write_wav(&wav, spec(44_100, 2, 16), &samples);
    let mut paths = vec![wav.clone()];
    if !ffmpeg_is_missing() {
        paths.extend(encoded(&wav, "a.flac", &["-c:a", "flac"]));
        paths.extend(encoded(
            &wav,
            "a.mp3",
            &["-c:a", "libmp3lame", "-b:a", "192k"],
        ));
        paths.extend(encoded(&wav, "a.ogg", &["-c:a", "libvorbis"]));
    }
    for path in paths {
        let whole = decode(&path).unwrap().1;
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let (_, pcm, report) = decode(&path).unwrap();
        assert!(
            (whole.len() / 4..whole.len()).contains(&pcm.len()),
            "{}: {} samples",
            path.display(),
            pcm.len()
        );
        // A cut Ogg or MP3 without a length in its header can't be told from a short one.
        let extension = path.extension().unwrap();
        assert!(report.truncated || extension == "ogg", "{}", path.display());
    }
}

#[test]
fn files_without_audio_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(
        path("notes.mp3"),
        "Track one: the needle drops.\n".repeat(200),
    )
    .unwrap();
    std::fs::write(path("nothing.wav"), b"").unwrap();
    hound::WavWriter::create(path("header.wav"), spec(44_100, 1, 16))
        .unwrap()
        .finalize()
        .unwrap();
    std::fs::create_dir(path("folder.flac")).unwrap();
    for (name, reason) in [
        ("notes.mp3", "not a readable audio file"),
        ("nothing.wav", "contains no audio"),
        ("header.wav", "contains no audio"),
        ("folder.flac", "cannot read"),
        ("missing.ogg", "cannot read"),
    ] {
        let sentence = decode(&path(name)).unwrap_err().to_string();
        assert!(
            sentence.contains(name) && sentence.contains(reason),
            "{sentence}"
        );
    }
}

/// Reads bytes to the end, whatever they are; bounds the number of blocks in case a decoder never ends.
fn read_any(name: &str, bytes: Vec<u8>) {
    let most_blocks = 10 * bytes.len() + 1_000;
    if let Ok(mut file) = AudioFile::from_bytes(Path::new(name), bytes) {
        for _ in 0..most_blocks {
            match file.next_block() {
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
        panic!("{name}: no end after {most_blocks} blocks");
    }
}

const MAGICS: [&[u8]; 9] = [
    b"RIFF\x24\x01\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00\x44\xac\x00\x00\x10\xb1\x02\x00\x04\x00\x10\x00data\x00\x01\x00\x00",
    b"fLaC\x00\x00\x00\x22\x10\x00\x10\x00",
    b"OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00",
    b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00",
    b"\xff\xfb\x90\x64\x00",
    b"ID3\x04\x00\x00\x00\x00\x00\x0a",
    b"FORM\x00\x00\x01\x00AIFFCOMM\x00\x00\x00\x12",
    b"\xff\xf1\x50\x80\x02\x1f\xfc",
    b".snd\0\0\0\x18\0\0\x04\0\0\0\0\x03\0\0\x56\x22\0\0\0\x01",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_end_without_panic(magic in 0usize..10, tail in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let mut bytes = MAGICS.get(magic).copied().unwrap_or_default().to_vec();
        bytes.extend(tail);
        read_any("any.mp3", bytes);
    }

    #[test]
    fn an_au_with_flipped_bytes_ends_without_panic(flips in prop::collection::vec((0usize..228, any::<u8>()), 1..8)) {
        let mut bytes = au(3, 22_050, 2, 200, &[7; 200]);
        for (position, value) in flips {
            bytes[position] = value;
        }
        read_any("flipped.au", bytes);
    }

    #[test]
    fn a_wav_with_flipped_bytes_ends_without_panic(flips in prop::collection::vec((0usize..200, any::<u8>()), 1..8)) {
        let mut bytes = Vec::new();
        let mut writer = hound::WavWriter::new(std::io::Cursor::new(&mut bytes), spec(8_000, 2, 16)).unwrap();
        (0..200i16).for_each(|sample| writer.write_sample(sample).unwrap());
        writer.finalize().unwrap();
        for (position, value) in flips {
            bytes[position] = value;
        }
        read_any("flipped.wav", bytes);
    }
}
