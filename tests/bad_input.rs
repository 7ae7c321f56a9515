//! Bad input ends in one sentence and exit code 2, or in a counted report: never in a panic, never in half an output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::model;
use crate::support::programs::{Finished, finish, program, run, text};
use tempfile::{TempDir, tempdir};

/// Asserts exit code 2, no panic, and a last line on stderr that holds all the words.
fn refused(finished: &Finished, words: &[&str]) {
    assert_no_panic(finished);
    let Finished {
        command,
        code,
        stdout,
        stderr,
    } = finished;
    assert_eq!(
        *code,
        Some(2),
        "{command}\nstdout:\n{stdout}\nstderr:\n{stderr}"
    );
    let sentence = stderr
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    for word in words {
        assert!(
            sentence.contains(word),
            "{command}: {word:?} is missing from the last line of\n{stderr}"
        );
    }
    assert!(
        !sentence.ends_with('.'),
        "house style has no full stop: {sentence}"
    );
}

fn assert_no_panic(finished: &Finished) {
    assert!(
        !finished.stderr.contains("panicked"),
        "{}:\n{}",
        finished.command,
        finished.stderr
    );
}

/// The names of what lies in a folder; none when there is no folder.
fn listing(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

fn prepare(data: &Path, out: &Path) -> Finished {
    run(
        "needledrop",
        [
            "prepare",
            "--data",
            text(data),
            "--out",
            text(out),
            "--preset",
            "compact",
        ],
    )
}

/// The records of a clip, as JSON Lines.
fn replayed(clip: &Path, model: &Path) -> String {
    let replay = ["replay", text(clip), "--format", "jsonl"];
    let arguments = [&replay[..], &["--model", text(model)]].concat();
    run("needledrop-device", arguments).succeeded()
}

/// A corpus of its own with few clips: `genres` styles, `clips` clips each.
fn small_corpus(genres: usize, clips: usize) -> TempDir {
    let folder = tempdir().expect("a folder");
    for genre in 0..genres {
        let genre_folder = folder.path().join(format!("genre-{genre}"));
        fs::create_dir(&genre_folder).expect("a folder");
        for clip in 0..clips {
            let pitch_hz = 110.0 * (1 + genre * 7 + clip) as f64;
            tone(
                &genre_folder.join(format!("{clip}.wav")),
                Shape::cd(),
                pitch_hz,
                4.0,
            );
        }
    }
    folder
}

/// How the samples of a WAV file lie.
#[derive(Clone, Copy)]
struct Shape {
    channels: u16,
    bits: u16,
    rate_hz: u32,
}

impl Shape {
    const fn cd() -> Self {
        Self {
            channels: 1,
            bits: 16,
            rate_hz: 44_100,
        }
    }
}

/// A tone with a little noise, so that no two clips have equal audio.
fn tone(path: &Path, shape: Shape, pitch_hz: f64, seconds: f64) {
    let spec = hound::WavSpec {
        channels: shape.channels,
        sample_rate: shape.rate_hz,
        bits_per_sample: shape.bits,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec).expect("a WAV file");
    let full_scale = f64::from(1_u32 << (shape.bits - 1));
    let mut noise = pitch_hz.to_bits();
    for sample in 0..(seconds * f64::from(shape.rate_hz)) as u64 {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let phase = std::f64::consts::TAU * pitch_hz * sample as f64 / f64::from(shape.rate_hz);
        let value = 0.3 * phase.sin() + 0.05 * ((noise >> 40) as f64 / f64::from(1 << 24) - 0.5);
        for _ in 0..shape.channels {
            wav.write_sample((value * full_scale) as i32)
                .expect("a sample");
        }
    }
    wav.finalize().expect("a finished WAV file");
}

#[test]
fn an_empty_folder_has_no_clips() {
    let folder = tempdir().expect("a folder");
    let out = folder.path().join("out");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    refused(&prepare(&empty, &out), &["empty"]);
    refused(&prepare(&folder.path().join("missing"), &out), &["missing"]);
    assert_eq!(listing(folder.path()), ["empty"], "nothing was left behind");
}

#[test]
fn one_genre_is_nothing_to_tell_apart() {
    let music = small_corpus(1, 6);
    let folder = tempdir().expect("a folder");
    let out = folder.path().join("data");
    refused(&prepare(music.path(), &out), &["genre-0"]);
    assert!(listing(folder.path()).is_empty(), "nothing was left behind");
}

#[test]
fn a_genre_with_one_clip_can_not_be_split() {
    let music = small_corpus(2, 6);
    let lonely = music.path().join("lonely");
    fs::create_dir(&lonely).expect("a folder");
    tone(&lonely.join("only.wav"), Shape::cd(), 900.0, 4.0);
    let folder = tempdir().expect("a folder");
    let finished = prepare(music.path(), &folder.path().join("data"));
    assert_no_panic(&finished);
    assert!(
        finished.stderr.contains("lonely"),
        "the genre is named:\n{}",
        finished.stderr
    );
    match finished.code {
        Some(0) => {}
        Some(2) => assert!(listing(folder.path()).is_empty(), "nothing was left behind"),
        code => panic!("exit code {code:?}:\n{}", finished.stderr),
    }
}

#[test]
fn bad_files_are_counted_and_named_and_stop_nothing() {
    let music = small_corpus(2, 6);
    let genre = music.path().join("genre-0");
    fs::write(
        genre.join("lyrics.mp3"),
        "these are words, not music\n".repeat(50),
    )
    .expect("a text file");
    fs::write(genre.join("nothing.wav"), b"").expect("an empty file");
    let header_only = genre.join("header.wav");
    tone(&header_only, Shape::cd(), 440.0, 0.0);
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("data");
    let finished = prepare(music.path(), &data);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_no_panic(&finished);
    for name in ["lyrics.mp3", "nothing.wav", "header.wav"] {
        assert!(
            finished.stderr.contains(name),
            "{name} is not named:\n{}",
            finished.stderr
        );
    }
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(data.join("dataset.json")).expect("dataset.json"))
            .expect("JSON");
    assert_eq!(record["problems"], 3, "{record}");
    let clips: u64 = record["counts"]
        .as_object()
        .expect("counts by split")
        .values()
        .map(|split| split["clips"].as_u64().expect("a count"))
        .sum();
    assert_eq!(clips, 12, "the good clips are all there");
}

#[test]
fn surround_sound_at_96_khz_and_24_bits_is_music_like_any_other() {
    let folder = tempdir().expect("a folder");
    let clip = folder.path().join("surround.wav");
    tone(
        &clip,
        Shape {
            channels: 6,
            bits: 24,
            rate_hz: 96_000,
        },
        440.0,
        5.0,
    );
    let chain = model::chain();
    let records = replayed(&clip, &chain.model());
    assert!(records.contains(r#""type":"tag""#), "{records}");
    assert!(
        records.contains("96000"),
        "the clock is the file's own:\n{records}"
    );
    run(
        "needledrop",
        ["predict", "--model", text(&chain.model()), text(&clip)],
    )
    .succeeded();
}

#[test]
fn a_clip_of_a_fifth_of_a_second_is_answered_and_flagged_short() {
    let folder = tempdir().expect("a folder");
    let clip = folder.path().join("short.wav");
    tone(&clip, Shape::cd(), 440.0, 0.2);
    let chain = model::chain();
    let records = replayed(&clip, &chain.model());
    let tag = records
        .lines()
        .find(|line| line.contains(r#""type":"tag""#))
        .expect("a tag record");
    let tag: serde_json::Value = serde_json::from_str(tag).expect("JSON");
    assert_eq!(tag["short"], true, "{tag}");
    assert_eq!(tag["last"], true, "{tag}");
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let chain = model::chain();
    let music = chain.music();
    let (data, training) = (chain.data(), chain.run());
    let folder = tempdir().expect("a folder");
    let clip_here = folder.path().join("clip.wav");
    tone(&clip_here, Shape::cd(), 440.0, 20.0);
    let library = finish(&mut Command::new(model::repository("tools/onnxruntime"))).succeeded();
    let cases: [(&str, Vec<&str>); 5] = [
        (
            "needledrop",
            vec![
                "synth",
                "--out",
                "DISK/music",
                "--clips-per-genre",
                "2",
                "--seconds",
                "4",
            ],
        ),
        (
            "needledrop",
            vec![
                "prepare",
                "--data",
                text(&music),
                "--out",
                "DISK/data",
                "--preset",
                "compact",
            ],
        ),
        (
            "needledrop",
            vec!["features", text(&clip_here), "--out", "DISK/x.npy"],
        ),
        (
            "needledrop",
            vec![
                "train",
                "--data",
                text(&data),
                "--model",
                "compact",
                "--run",
                "DISK/run",
                "--epochs",
                "1",
                "--seed",
                "1",
            ],
        ),
        (
            "export",
            vec![
                text(&training),
                "--name",
                "small",
                "--models",
                "DISK/models",
            ],
        ),
    ];
    for (name, arguments) in cases {
        let Some((finished, left)) = on_a_full_disk(name, &arguments, library.trim_end()) else {
            eprintln!(
                "SKIPPED: no small disk can be mounted here (it takes root or user namespaces)"
            );
            return;
        };
        refused(&finished, &["pace"]);
        assert!(
            left.is_empty(),
            "{}: left behind {left:?}",
            finished.command
        );
    }
}

/// Runs a program in a mount namespace of its own where `DISK` is a disk of 64 KiB.
/// Gives what it said and the finished outputs it left there; none when no such disk can be had.
fn on_a_full_disk(
    name: &str,
    arguments: &[&str],
    library: &str,
) -> Option<(Finished, Vec<String>)> {
    let folder = tempdir().expect("a folder");
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).expect("a folder");
    let listing = folder.path().join("listing");
    let script = "mount -t tmpfs -o size=64k tmpfs \"$1\" || exit 77; disk=$1; listing=$2; shift 2; \
                  \"$@\"; code=$?; find \"$disk\" -mindepth 1 -type f > \"$listing\"; exit $code";
    let mut command = Command::new("unshare");
    command
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
        ])
        .args([&disk, &listing])
        .arg(program(name))
        .args(arguments.iter().map(|it| it.replace("DISK", text(&disk))))
        .env("ORT_DYLIB_PATH", library)
        .stdin(Stdio::null());
    let finished = finish(&mut command);
    if finished.code == Some(77) || finished.stderr.starts_with("unshare:") {
        return None;
    }
    let left = fs::read_to_string(&listing).expect("the listing was written");
    Some((finished, left.lines().map(str::to_owned).collect()))
}

#[test]
fn a_missing_model_is_named() {
    let folder = tempdir().expect("a folder");
    let clip = folder.path().join("clip.wav");
    tone(&clip, Shape::cd(), 440.0, 1.0);
    let clip = text(&clip);
    let cases: [(&str, &[&str]); 5] = [
        (
            "needledrop-device",
            &["replay", clip, "--model", "no-such.onnx"],
        ),
        (
            "needledrop-device",
            &[
                "run",
                "--input",
                clip,
                "--serial",
                "-",
                "--model",
                "no-such.onnx",
            ],
        ),
        ("needledrop-device", &["bench", "--model", "no-such.onnx"]),
        (
            "needledrop-device",
            &["selftest", "--model", "no-such.onnx"],
        ),
        ("needledrop", &["predict", "--model", "no-such.onnx", clip]),
    ];
    for (name, arguments) in cases {
        refused(&run(name, arguments), &["no-such.onnx"]);
    }
}

#[test]
fn a_model_without_our_metadata_is_refused_with_the_next_step() {
    let chain = model::chain();
    let folder = tempdir().expect("a folder");
    let clip = folder.path().join("clip.wav");
    tone(&clip, Shape::cd(), 440.0, 4.0);
    // What training leaves: the graph alone.
    let bare = chain.run().join("model.onnx");
    refused(
        &run(
            "needledrop-device",
            ["replay", text(&clip), "--model", text(&bare)],
        ),
        &["tools/export"],
    );
    let garbage = folder.path().join("garbage.onnx");
    fs::write(&garbage, [0xff; 5_000]).expect("a file");
    refused(
        &run(
            "needledrop-device",
            ["replay", text(&clip), "--model", text(&garbage)],
        ),
        &["garbage.onnx"],
    );
}

#[test]
fn a_flipped_byte_in_a_model_is_noticed_wherever_it_is() {
    let chain = model::chain();
    let folder = tempdir().expect("a folder");
    let clip = folder.path().join("clip.wav");
    tone(&clip, Shape::cd(), 440.0, 4.0);
    let sound = fs::read(chain.model()).expect("the model");
    let flipped: PathBuf = folder.path().join("flipped.onnx");
    for place in [
        sound.len() / 7,
        sound.len() / 2,
        sound.len() - 200,
        sound.len() - 1,
    ] {
        let mut bytes = sound.clone();
        bytes[place] ^= 0x01;
        fs::write(&flipped, &bytes).expect("a file");
        refused(
            &run(
                "needledrop-device",
                ["replay", text(&clip), "--model", text(&flipped)],
            ),
            &["flipped.onnx"],
        );
        refused(
            &run(
                "needledrop",
                ["predict", "--model", text(&flipped), text(&clip)],
            ),
            &["flipped.onnx"],
        );
    }
    fs::write(&flipped, &sound[..sound.len() / 2]).expect("a file");
    refused(
        &run(
            "needledrop-device",
            ["replay", text(&clip), "--model", text(&flipped)],
        ),
        &["flipped.onnx"],
    );
}

#[test]
fn a_serial_port_that_is_not_there_is_named_and_waited_for() {
    let chain = model::chain();
    let folder = tempdir().expect("a folder");
    let clip = folder.path().join("clip.wav");
    tone(&clip, Shape::cd(), 440.0, 4.0);
    let arguments = [
        "run",
        "--input",
        text(&clip),
        "--serial",
        "/dev/no-such-port",
        "--model",
        text(&chain.model()),
    ]
    .map(str::to_owned);
    // The board hears on: its port may yet come.
    let heard = run("needledrop-device", arguments);
    assert_eq!(heard.code, Some(0), "{}", heard.stderr);
    let named = "serial port /dev/no-such-port can't be opened";
    assert_eq!(heard.stderr.matches(named).count(), 1, "{}", heard.stderr);
    refused(
        &run("monitor", ["--plain", "/dev/no-such-port"]),
        &["/dev/no-such-port"],
    );
}

#[test]
fn a_damaged_recording_of_records_ends_with_exit_code_1() {
    let chain = model::chain();
    let folder = tempdir().expect("a folder");
    let clip = folder.path().join("clip.wav");
    tone(&clip, Shape::cd(), 440.0, 12.0);
    let records = run(
        "needledrop-device",
        ["replay", text(&clip), "--model", text(&chain.model())],
    )
    .succeeded();
    let path = folder.path().join("records");
    fs::write(&path, &records).expect("a file");
    let shown = run("monitor", ["--plain", text(&path)]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert_eq!(
        shown.stdout.lines().count(),
        records.lines().count(),
        "one line a record"
    );

    let damaged = records
        .replacen(",12", ",21", 1)
        .replacen("NDTAG,1,", "NDTAG,9,", 1);
    assert_ne!(damaged, records);
    fs::write(&path, damaged).expect("a file");
    let shown = run("monitor", ["--plain", text(&path)]);
    assert_eq!(shown.code, Some(1), "{}", shown.stderr);
    assert!(shown.stderr.contains("CRC failures"), "{}", shown.stderr);

    let without_one: String = records
        .split_inclusive('\n')
        .enumerate()
        .filter(|(n, _)| *n != 2)
        .map(|(_, line)| line)
        .collect();
    fs::write(&path, without_one).expect("a file");
    let shown = run("monitor", ["--json", text(&path)]);
    assert_eq!(shown.code, Some(1), "{}", shown.stderr);
    assert!(shown.stdout.contains(r#""lost":1"#), "{}", shown.stdout);

    fs::write(&path, [0_u8, 255, b'$', b'\n', b'{', b'\n'].repeat(500)).expect("a file");
    let shown = run("monitor", ["--plain", text(&path)]);
    assert_no_panic(&shown);
    assert_eq!(shown.code, Some(1), "{}", shown.stderr);
}
