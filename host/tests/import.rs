//! `needledrop data import-npy`: what goes in, what is stored, and what is refused.

use crate::outcome::contents;
use needledrop_bundle::{Matrix, Origin};
use needledrop_data::npy;
use needledrop_data::{Dataset, Kind, Split};
use needledrop_frontend::FrontendConfig;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BANDS: usize = 4;
const FRAMES: usize = 5;

/// A folder with x.npy, label.npy and clips.csv.
struct Setting {
    folder: tempfile::TempDir,
}

impl Setting {
    /// Matrices of `x`, one clip for each of `splits`, whose genres alternate.
    fn new(x: &[u8], splits: &[&str]) -> Self {
        let setting = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        setting.write("x.npy", x);
        let labels: Vec<i64> = (0..splits.len()).map(|row| 7 - (row as i64 % 2)).collect();
        setting.write("label.npy", &npy::bytes(&[splits.len()], &labels));
        let lines = splits.iter().enumerate().map(|(row, split)| {
            let genre = ["jazz", "blues"][row % 2];
            format!("{row},clip {row},{genre},{},{split}\n", labels[row])
        });
        let table = format!("row,clip,genre,label,split\n{}", lines.collect::<String>());
        setting.write("clips.csv", table.as_bytes());
        setting
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(name, text.replace(from, to).as_bytes());
    }

    fn import(&self, out: &str, options: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_needledrop"));
        command.args(["data", "import-npy"]);
        for (option, file) in [
            ("--x", "x.npy"),
            ("--y", "label.npy"),
            ("--clips", "clips.csv"),
            ("--out", out),
        ] {
            command.arg(option).arg(self.path(file));
        }
        command.args(options).output().unwrap()
    }

    /// The refusal's last line; nothing may be left behind.
    fn refused(&self, options: &[&str]) -> String {
        let output = self.import("out", options);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        let left: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name.to_string_lossy().contains("out"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        stderr
            .trim_end()
            .lines()
            .last()
            .unwrap_or_default()
            .to_owned()
    }
}

fn ok(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `clips` matrices whose value says where it stands.
fn ramp(clips: usize) -> Vec<u8> {
    (0..clips * BANDS * FRAMES)
        .map(|value| value as u8)
        .collect()
}

fn u8_file(clips: usize) -> Vec<u8> {
    npy::bytes(&[clips, BANDS, FRAMES], &ramp(clips))
}

const SPLITS: [&str; 6] = ["train", "train", "valid", "valid", "train", "valid"];

#[test]
fn values_labels_and_splits_are_stored_as_given() {
    let setting = Setting::new(&u8_file(6), &SPLITS);
    for (out, options, picture) in [("plain", &[][..], false), ("turned", &["--picture"], true)] {
        ok(&setting.import(out, options));
        let set = Dataset::open(&setting.path(out)).unwrap();
        assert_eq!(set.record.origin.to_string(), "external:4x5");
        assert_eq!(
            set.record.origin,
            Origin::External(Matrix::new(BANDS, FRAMES).unwrap())
        );
        assert_eq!(set.record.preset, None);
        assert_eq!(set.record.labels, ["blues", "jazz"]);
        let counts: Vec<_> = set
            .record
            .counts
            .iter()
            .map(|(split, counts)| (*split, counts.clips))
            .collect();
        assert_eq!(counts, [(Split::Train, 3), (Split::Valid, 3)]);
        for split in Split::ALL {
            let clips = set.read_split(Kind::LogMel, split).unwrap();
            assert_eq!(clips.len(), if split == Split::Test { 0 } else { 3 });
            for clip in clips {
                let row: usize = clip.id.strip_prefix("clip ").unwrap().parse().unwrap();
                assert_eq!(SPLITS[row], split.name());
                assert_eq!(clip.genre, ["jazz", "blues"][row % 2]);
                assert_eq!((clip.rows, clip.bands), (FRAMES, BANDS));
                let values = clip.read().unwrap();
                for frame in 0..FRAMES {
                    for band in 0..BANDS {
                        let line = if picture { BANDS - 1 - band } else { band };
                        let value = (row * BANDS + line) * FRAMES + frame;
                        let expected = ((value as f64 * 0.5 - 64.0) * 256.0) as i16;
                        assert_eq!(values[frame * BANDS + band], expected);
                    }
                }
            }
        }
    }
}

#[test]
fn an_import_is_the_same_bytes_every_time_and_its_identity_is_its_size() {
    let setting = Setting::new(&u8_file(6), &SPLITS);
    ok(&setting.import("once", &[]));
    ok(&setting.import("twice", &[]));
    let (once, twice) = (
        contents(&setting.path("once")),
        contents(&setting.path("twice")),
    );
    assert_eq!(once, twice);
    let names: Vec<&str> = once.keys().map(String::as_str).collect();
    assert_eq!(
        names[..3],
        [
            "clips.csv",
            "dataset.json",
            "logmel-train-00000-of-00003-1.tfrecord"
        ]
    );
    assert_eq!(names.len(), 9, "{names:?}");

    // Other values give other digests and the same identity.
    let digests = |out: &str| {
        let record = Dataset::open(&setting.path(out)).unwrap().record;
        (
            record.origin.to_string(),
            record.data_sha256,
            record.split_sha256,
        )
    };
    ok(&setting.import("louder", &["--offset", "-60"]));
    let (before, after) = (digests("once"), digests("louder"));
    assert_eq!((&before.0, &before.2), (&after.0, &after.2));
    assert_ne!(before.1, after.1);
}

#[test]
fn values_out_of_range_are_counted_and_listed() {
    let setting = Setting::new(&u8_file(6), &SPLITS);
    let said = ok(&setting.import("out", &["--scale", "2", "--offset", "0"]));
    // 2 v dB passes 127.996 dB from 64 on: 56 of the 120 values.
    assert!(said.contains("56 values saturated"), "{said}");
    let problems = fs::read_to_string(setting.path("out/problems.csv")).unwrap();
    assert!(
        problems.contains("saturated,clip 5,20 of 20 values"),
        "{problems}"
    );
    assert!(!problems.contains("clip 0"), "{problems}");
    let set = Dataset::open(&setting.path("out")).unwrap();
    let loudest = set.read_split(Kind::LogMel, Split::Valid).unwrap();
    assert_eq!(loudest[2].read().unwrap()[0], i16::MAX);
}

#[test]
fn an_assumed_frontend_is_ours_when_the_bands_match() {
    let bands = FrontendConfig::MFCC.mel_bands;
    let x = npy::bytes(&[6, bands, FRAMES], &vec![0.5_f32; 6 * bands * FRAMES]);
    let setting = Setting::new(&x, &SPLITS);
    ok(&setting.import("assumed", &["--assume-frontend", "mfcc"]));
    let record = Dataset::open(&setting.path("assumed")).unwrap().record;
    assert_eq!(
        record.origin.to_string(),
        FrontendConfig::MFCC.id().unwrap().to_string()
    );
    assert_eq!(record.origin.imported(), Matrix::new(bands, FRAMES));
    assert_eq!(record.preset.as_deref(), Some("mfcc"));
    // (4 * 512 + 1024) / 22050 s for each of 3 clips.
    let seconds = record.counts[&Split::Train].seconds;
    assert!(
        (seconds - 3.0 * 3072.0 / 22_050.0).abs() < 1e-9,
        "{seconds}"
    );

    let refused = setting.refused(&["--assume-frontend", "seed"]);
    assert!(
        refused.contains("has 40 bands, the frontend of --assume-frontend makes 128"),
        "{refused}"
    );
    let unknown = setting.import("out", &["--assume-frontend", "quick"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn rows_in_no_line_are_left_out_and_said() {
    let setting = Setting::new(&u8_file(6), &SPLITS);
    setting.replace("clips.csv", "3,clip 3,blues,6,valid\n", "");
    let said = ok(&setting.import("out", &[]));
    assert!(said.contains("1 of its rows"), "{said}");
    let record = Dataset::open(&setting.path("out")).unwrap().record;
    assert_eq!(record.counts[&Split::Valid].clips, 2);
}

#[test]
fn clips_that_are_in_two_splits_are_counted() {
    let setting = Setting::new(&u8_file(6), &SPLITS);
    setting.replace("clips.csv", "clip 2", "clip 0");
    let said = ok(&setting.import("out", &[]));
    assert!(said.contains("in more than one split"), "{said}");
    let record = Dataset::open(&setting.path("out")).unwrap().record;
    assert_eq!(record.leaking_groups, 1);
    let ids: Vec<String> = set_ids(&setting.path("out"), Split::Train);
    assert_eq!(ids, ["clip 0#0", "clip 1", "clip 4"]);
}

fn set_ids(set: &Path, split: Split) -> Vec<String> {
    let set = Dataset::open(set).unwrap();
    let clips = set.read_split(Kind::LogMel, split).unwrap();
    clips.into_iter().map(|clip| clip.id).collect()
}

#[test]
fn inspect_reads_an_import() {
    let setting = Setting::new(&u8_file(6), &SPLITS);
    ok(&setting.import("out", &[]));
    let output = Command::new(env!("CARGO_BIN_EXE_needledrop"))
        .args(["data", "inspect", "--json"])
        .arg(setting.path("out"))
        .output()
        .unwrap();
    ok(&output);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["clips"], 6);
    assert_eq!(report["lengths"], serde_json::Value::Null);
}

#[test]
fn what_does_not_fit_is_named() {
    let setting = Setting::new(&u8_file(6), &SPLITS);
    let says = |words: &[&str]| {
        let found = setting.refused(&[]);
        for word in words {
            assert!(found.contains(word), "{word}: {found}");
        }
    };
    let with = |name: &str, bytes: &[u8], words: &[&str]| {
        let good = fs::read(setting.path(name)).unwrap();
        setting.write(name, bytes);
        says(words);
        setting.write(name, &good);
    };
    let mut values = vec![1.0_f32; 6 * BANDS * FRAMES];
    values[2 * BANDS * FRAMES + FRAMES + 3] = f32::NAN;
    let x = npy::bytes(&[6, BANDS, FRAMES], &values);
    with("x.npy", &x, &["clip 2 (row 2)", "NaN in band 1, frame 3"]);
    values[2 * BANDS * FRAMES + FRAMES + 3] = f32::NEG_INFINITY;
    let x = npy::bytes(&[6, BANDS, FRAMES], &values);
    with("x.npy", &x, &["-inf in band 1, frame 3"]);

    let x = u8_file(6);
    with(
        "x.npy",
        &x[..x.len() - 1],
        &["x.npy", "more than the file holds"],
    );
    let header = |from: &str, to: &str| {
        let (head, values) = x.split_at(x.len() - 6 * BANDS * FRAMES);
        let head = String::from_utf8_lossy(&head[10..]).replacen(from, to, 1);
        let length = (head.len() as u16).to_le_bytes();
        [&x[..8], &length, head.as_bytes(), values].concat()
    };
    for (from, to, words) in [
        ("False", "True", "column by column"),
        ("|u1", ">f4", "big-endian"),
        ("|u1", "|O", "Python objects"),
        ("|u1", "<i8", "more than the file holds"),
        (
            "(6, 4, 5",
            "(99999999999, 99999999999, 5",
            "more than the file holds",
        ),
        ("(6, 4, 5", "(6, 20", "expected [clips, bands, frames]"),
        ("(6, 4, 5", "(0, 4, 5", "less than the file holds"),
        ("(6, 4, 5", "(5, 4, 6", "row 5 is not in the matrices"),
    ] {
        with("x.npy", &header(from, to), &[words]);
    }
    let empty = npy::bytes::<u8>(&[6, 0, 5], &[]);
    with("x.npy", &empty, &["0 bands of 5 frames"]);
    let wide = npy::bytes(&[6, BANDS, FRAMES], &vec![1_i64; 6 * BANDS * FRAMES]);
    with("x.npy", &wide, &["hold '<i8', expected '|u1'"]);

    let labels = |labels: &[i64]| npy::bytes(&[labels.len()], labels);
    with(
        "label.npy",
        &labels(&[7, 6, 7, 6, 7]),
        &["label.npy", "has shape [5], expected [6]"],
    );
    with(
        "label.npy",
        &labels(&[7, 6, 7, 5, 7, 6]),
        &["label 5 for row 3", "line 5 (clip clip 3) has 6"],
    );
    let floats = npy::bytes(&[6], &[7.0_f32; 6]);
    with("label.npy", &floats, &["holds '<f4', expected integers"]);

    with(
        "clips.csv",
        b"row,clip\n",
        &["clips.csv", "no column genre"],
    );
    fs::remove_file(setting.path("clips.csv")).unwrap();
    says(&["clips.csv", "No such file"]);
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let setting = Setting::new(&u8_file(6), &SPLITS);
    fs::create_dir(setting.path("used")).unwrap();
    fs::write(setting.path("used/mine"), "mine").unwrap();
    let output = setting.import("used", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty"));
    assert_eq!(contents(&setting.path("used")).len(), 1);
}
