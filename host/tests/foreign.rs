//! Shards that TensorFlow wrote (tests/golden/foreign.py), and ours without their `dataset.json`.

use needledrop_data::{Budget, Clip, Dataset, Error, Kind, Losses, Split, Values};
use needledrop_frontend::{FrontendConfig, LogMel};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/foreign")
        .join(name)
}

/// A copy that a test may damage.
fn copy(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(golden(name)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

fn all(set: &Dataset, kind: Kind) -> Vec<(Split, Clip)> {
    Split::ALL
        .into_iter()
        .flat_map(|split| {
            let (clips, losses) = set.read_split_with_losses(kind, split).unwrap();
            assert!(losses.is_empty());
            // The same clips and values without room in memory.
            let (stored, _) = set.read_split_within(kind, split, &Budget::new(0)).unwrap();
            assert_eq!(clips.len(), stored.len());
            for (clip, stored) in clips.iter().zip(&stored) {
                assert!(matches!(stored.values, Values::Stored(_)));
                assert_eq!((&clip.id, clip.rows), (&stored.id, stored.rows));
                assert_eq!(clip.read().unwrap(), stored.read().unwrap());
            }
            clips.into_iter().map(move |clip| (split, clip))
        })
        .collect()
}

fn song(number: usize) -> Vec<i16> {
    (0..2304)
        .map(|i| (i * (number + 3) * 37 % 4001) as i16 - 2000)
        .collect()
}

fn matrix(number: usize, size: usize) -> Vec<i16> {
    (0..size)
        .map(|k| (k * (number + 5) * 91 % 20001) as i16 - 10000)
        .collect()
}

#[test]
fn the_articles_songs_are_raw_audio_and_log_mel() {
    let set = Dataset::open(&golden("articles")).unwrap();
    assert_eq!(set.record.labels, ["class 3", "class 7"]);
    assert_eq!(set.record.kinds, [Kind::LogMel, Kind::Pcm]);
    let seed = FrontendConfig::SEED.id().unwrap();
    assert_eq!(set.record.origin.to_string(), seed.to_string());
    assert!(set.record.split_rule.starts_with("64/16/20"));
    let pcm = all(&set, Kind::Pcm);
    let log_mel = all(&set, Kind::LogMel);
    assert_eq!((pcm.len(), log_mel.len()), (10, 10));
    for ((split, pcm), (also, log_mel)) in pcm.iter().zip(&log_mel) {
        assert_eq!((split, &pcm.id), (also, &log_mel.id));
        let (file, index) = pcm.id.split_once('#').unwrap();
        let number =
            index.parse::<usize>().unwrap() + if file.contains("00001-of") { 6 } else { 0 };
        assert_eq!(pcm.label, number % 2);
        assert_eq!(*pcm.read().unwrap(), song(number));
        let mut expected = Vec::new();
        LogMel::new(&FrontendConfig::SEED)
            .unwrap()
            .push(&song(number), |frame| expected.extend_from_slice(frame));
        assert_eq!((log_mel.rows, log_mel.bands), (1, 128));
        assert_eq!(*log_mel.read().unwrap(), expected);
    }
    for label in 0..2 {
        for split in Split::ALL {
            assert!(
                pcm.iter()
                    .any(|(s, clip)| (*s, clip.label) == (split, label))
            );
        }
    }
    // The same split each time.
    let again = Dataset::open(&golden("articles")).unwrap();
    assert_eq!(again.record, set.record);
}

#[test]
fn our_schema_written_by_tensorflow_is_read() {
    let set = Dataset::open(&golden("schema")).unwrap();
    assert_eq!(set.record.labels, ["blues", "waltz"]);
    assert_eq!(set.record.kinds, [Kind::LogMel]);
    assert_eq!(set.record.origin.to_string(), "external:32x24");
    let clips = all(&set, Kind::LogMel);
    assert_eq!(clips.len(), 16);
    for (split, clip) in clips {
        let number: usize = clip.id.strip_suffix(".mp3").unwrap().parse().unwrap();
        let said = [Split::Train, Split::Train, Split::Valid, Split::Test];
        assert_eq!(split, said[number / 2 % 4]);
        assert_eq!(clip.genre, ["waltz", "blues"][number % 2]);
        assert_eq!((clip.rows, clip.bands), (24, 32));
        assert_eq!(*clip.read().unwrap(), matrix(number, 24 * 32));
    }
}

#[test]
fn lists_of_floats_and_integers_are_values_and_labels_txt_names_classes() {
    let set = Dataset::open(&golden("lists")).unwrap();
    assert_eq!(set.record.labels, ["jazz", "blues", "no-music"]);
    let clips = all(&set, Kind::LogMel);
    assert_eq!(clips.len(), 9);
    for (at, (split, clip)) in clips.iter().enumerate() {
        assert_eq!(*split, Split::ALL[at / 3]);
        assert_eq!(clip.genre, ["jazz", "no-music", "blues"][at % 3]);
        assert_eq!(*clip.read().unwrap(), matrix(at, 32), "{}", clip.id);
    }
}

#[test]
fn splits_are_those_of_the_files_names_and_what_lacks_is_made() {
    let counts = |names: [&str; 2]| {
        let folder = copy("articles");
        for (was, name) in ["songs-00000-of-00002.tfrec", "songs-00001-of-00002.tfrec"]
            .iter()
            .zip(names)
        {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::rename(folder.path().join(was), path).unwrap();
        }
        Dataset::open(folder.path()).map(|set| {
            let clips =
                Split::ALL.map(|split| set.record.counts.get(&split).map_or(0, |c| c.clips));
            (clips, set.record.split_rule)
        })
    };
    let (clips, rule) = counts(["train/a.tfrec", "test/a.tfrec"]).unwrap();
    assert_eq!((clips[0] + clips[1], clips[2]), (6, 4));
    assert!(clips[1] >= 2 && rule.contains("20 % of train"), "{rule}");
    let (clips, rule) = counts(["train.tfrec", "valid.tfrec"]).unwrap();
    assert_eq!((clips, rule.as_str()), ([6, 4, 0], "official"));
    // For evaluation alone.
    let (clips, rule) = counts(["test-0.tfrec", "test-1.tfrec"]).unwrap();
    assert_eq!((clips, rule.as_str()), ([0, 0, 10], "official"));
    let (clips, rule) = counts(["train-0.tfrec", "train-1.tfrec"]).unwrap();
    assert!(clips.iter().all(|&clips| clips >= 2), "{clips:?}");
    assert!(rule.starts_with("64/16/20"), "{rule}");
    let error = counts(["train-0.tfrec", "1.tfrec"])
        .unwrap_err()
        .to_string();
    assert!(error.contains("clip 1.tfrec#0 is of no split"), "{error}");
}

#[test]
fn a_prepared_set_without_its_record_is_the_same_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let needledrop = || Command::new(env!("CARGO_BIN_EXE_needledrop"));
    let synth = [
        "synth",
        "--clips-per-genre",
        "5",
        "--seconds",
        "1",
        "--seed",
        "4",
    ];
    let made = needledrop()
        .args(synth)
        .arg("--out")
        .arg(path("music"))
        .output()
        .unwrap();
    assert!(made.status.success());
    let made = needledrop()
        .args(["prepare", "--kinds", "logmel,pcm", "--data"])
        .arg(path("music"))
        .arg("--out")
        .arg(path("set"))
        .output()
        .unwrap();
    assert!(made.status.success());
    let ours = Dataset::open(&path("set")).unwrap();
    fs::remove_file(path("set/dataset.json")).unwrap();
    let foreign = Dataset::open(&path("set")).unwrap();
    assert_eq!(foreign.record.labels, ours.record.labels);
    assert_eq!(foreign.record.origin, ours.record.origin);
    assert_eq!(foreign.record.preset, ours.record.preset);
    for kind in [Kind::LogMel, Kind::Pcm] {
        for split in Split::ALL {
            let (a, b) = (
                ours.read_split(kind, split).unwrap(),
                foreign.read_split(kind, split).unwrap(),
            );
            assert_eq!(a.len(), b.len());
            for (a, b) in a.iter().zip(&b) {
                assert_eq!((&a.id, a.label, a.rows), (&b.id, b.label, b.rows));
                assert_eq!(a.read().unwrap(), b.read().unwrap());
            }
        }
    }
}

#[test]
fn damaged_shards_of_others_are_counted_and_compressed_ones_refused() {
    let folder = copy("articles");
    let shard = folder.path().join("songs-00000-of-00002.tfrec");
    let whole = fs::read(&shard).unwrap();
    let mut bytes = whole.clone();
    bytes[100] ^= 1;
    fs::write(&shard, &bytes[..bytes.len() - 1]).unwrap();
    let set = Dataset::open(folder.path()).unwrap();
    let (_, losses) = set.read_split_with_losses(Kind::Pcm, Split::Train).unwrap();
    let expected = Losses {
        bad_crc: 1,
        truncated_shards: 1,
        lost_records: 0,
    };
    assert_eq!(losses, expected);
    assert_eq!(set.record.counts.values().map(|c| c.clips).sum::<u64>(), 8);

    // A shard that changes after it was opened.
    fs::write(&shard, &whole[..whole.len() / 2]).unwrap();
    let stored = set.read_split_within(Kind::Pcm, Split::Train, &Budget::new(0));
    assert!(stored.is_ok() || matches!(stored, Err(Error::Changed { .. })));

    for entry in fs::read_dir(folder.path()).unwrap() {
        fs::write(entry.unwrap().path(), [7; 100]).unwrap();
    }
    let error = Dataset::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("2 shards cut short"), "{error}");

    let error = Dataset::open(&golden("gzip")).unwrap_err().to_string();
    assert!(
        error.contains("songs.tfrec: it is compressed with gzip"),
        "{error}"
    );
    let empty = tempfile::tempdir().unwrap();
    let error = Dataset::open(empty.path()).unwrap_err().to_string();
    assert!(error.contains("neither dataset.json nor shards"), "{error}");
}

#[test]
fn compact_trains_on_shards_of_others_and_is_judged_by_them() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["articles", "schema"] {
        let run = folder.path().join(name);
        let needledrop = |arguments: &[&str]| {
            let output = Command::new(env!("CARGO_BIN_EXE_needledrop"))
                .args(arguments)
                .arg("--data")
                .arg(golden(name))
                .arg("--run")
                .arg(&run)
                .output()
                .unwrap();
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{name}: {words}");
            (output.stdout, words)
        };
        let train = [
            "train", "--model", "compact", "--epochs", "1", "--batch", "2", "--memory", "0",
        ];
        let (_, words) = needledrop(&train);
        assert!(words.contains("shards of others"), "{words}");
        let (report, _) = needledrop(&["evaluate", "--json"]);
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        assert!(report["clips"]["n"].as_u64().unwrap() > 0);
    }
}
