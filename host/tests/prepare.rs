//! `needledrop prepare`, run as a user runs it: good input, bad input, the same bytes whatever the threads.

use crate::outcome::{contents, stderr, summary};
use needledrop_data::fma518::{self, Fma518};
use needledrop_data::{Budget, Dataset, DatasetRecord, Kind, Split, Values};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the program.
fn needledrop<const N: usize>(arguments: [&str; N]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_needledrop"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The one error line of a run that must fail with exit code 2.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", stderr(output));
    assert!(output.stdout.is_empty());
    let text = stderr(output);
    assert!(!text.contains("panicked"), "{text}");
    let errors: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{text}");
    errors[0].to_owned()
}

/// Writes a mono 16-bit WAV that is different for every `voice`.
fn write_clip(path: &Path, voice: u32, seconds: f32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 22_050,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let mut state = voice.wrapping_mul(2_654_435_761) | 1;
    for i in 0..(22_050.0 * seconds) as u32 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let square = if (i * (voice % 40 + 4) / 2_000).is_multiple_of(2) {
            4_000
        } else {
            -4_000
        };
        writer
            .write_sample(square + (state >> 20) as i32 - 2_048)
            .unwrap();
    }
    writer.finalize().unwrap();
}

/// A folder per genre with `clips` clips of 0.5 s each.
fn write_music(data: &Path, genres: &[&str], clips: u32) {
    for (genre_index, genre) in genres.iter().enumerate() {
        for clip in 0..clips {
            write_clip(
                &data.join(genre).join(format!("{clip}.wav")),
                genre_index as u32 * 100 + clip,
                0.5,
            );
        }
    }
}

struct Folder {
    _root: tempfile::TempDir,
    root: PathBuf,
    data: PathBuf,
    out: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().to_owned();
        let (data, out) = (path.join("music"), path.join("set"));
        fs::create_dir(&data).unwrap();
        Self {
            _root: root,
            root: path,
            data,
            out,
        }
    }

    fn prepare(&self, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_needledrop"))
            .args(["prepare", "--json", "--data"])
            .arg(&self.data)
            .arg("--out")
            .arg(&self.out)
            .args(more)
            .output()
            .unwrap()
    }

    /// Names in the folder that holds data and output.
    fn names(&self) -> BTreeSet<String> {
        fs::read_dir(&self.root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// Nothing but the data is there: no output, no temporary folder.
    fn assert_nothing_left(&self) {
        assert_eq!(self.names(), BTreeSet::from(["music".to_owned()]));
    }
}

#[test]
fn clips_come_back_as_the_frontend_made_them() {
    let folder = Folder::new();
    write_music(&folder.data, &["waltz", "blues", "no-music"], 10);
    let summary = summary(&folder.prepare(&["--kinds", "logmel,pcm", "--shards", "3"]));
    assert_eq!(summary["clips"], 30);
    assert_eq!(
        summary["dataset"]["labels"],
        serde_json::json!(["blues", "waltz", "no-music"])
    );
    let set = Dataset::open(&folder.out).unwrap();
    let mut clips = 0;
    for split in Split::ALL {
        let (log_mel, losses) = set.read_split_with_losses(Kind::LogMel, split).unwrap();
        assert!(losses.is_empty());
        let pcm = set.read_split(Kind::Pcm, split).unwrap();
        assert_eq!(log_mel.len(), pcm.len());
        assert_eq!(log_mel.len() as u64, set.record.counts[&split].clips);
        for (log_mel, pcm) in log_mel.iter().zip(&pcm) {
            assert_eq!((&log_mel.id, log_mel.label), (&pcm.id, pcm.label));
            assert!(log_mel.id.starts_with(&log_mel.genre), "{}", log_mel.id);
            // The stored PCM is the file's own, and the stored features are what the frontend makes of it.
            let mut wav = hound::WavReader::open(folder.data.join(&pcm.id)).unwrap();
            assert!(
                wav.samples::<i16>()
                    .map(Result::unwrap)
                    .eq(pcm.read().unwrap().iter().copied())
            );
            let mut frontend =
                needledrop_frontend::LogMel::new(&set.record.origin.frontend().unwrap().config)
                    .unwrap();
            let mut expected = Vec::new();
            frontend.push(&pcm.read().unwrap(), |frame| {
                expected.extend_from_slice(frame)
            });
            assert_eq!(log_mel.read().unwrap(), expected);
            assert_eq!((log_mel.rows * 128, log_mel.bands), (expected.len(), 128));
        }
        // Nothing in memory, and as much as half a clip of room for the rest: the same clips, the same values.
        for room in [
            0,
            log_mel.first().map_or(0, |clip| clip.rows as u64 * 128 * 3),
        ] {
            let (stored, losses) = set
                .read_split_within(Kind::LogMel, split, &Budget::new(room))
                .unwrap();
            assert!(losses.is_empty());
            assert!(
                stored
                    .iter()
                    .any(|clip| matches!(clip.values, Values::Stored(_)))
            );
            for (clip, stored) in log_mel.iter().zip(&stored) {
                assert_eq!((&clip.id, clip.rows), (&stored.id, stored.rows));
                assert_eq!(clip.read().unwrap(), stored.read().unwrap());
                assert_eq!(
                    clip.read_rows(3..clip.rows - 2).unwrap(),
                    stored.read_rows(3..clip.rows - 2).unwrap()
                );
            }
        }
        clips += log_mel.len();
    }
    assert_eq!(clips, 30);
}

#[test]
fn feature_vectors_are_of_the_audio_whatever_the_frontend() {
    let folder = Folder::new();
    write_music(&folder.data, &["blues", "waltz"], 4);
    summary(&folder.prepare(&["--kinds", "fma518", "--preset", "compact"]));
    let set = Dataset::open(&folder.out).unwrap();
    assert_eq!(set.record.kinds, [Kind::Fma518]);
    let mut features = Fma518::new();
    let mut clips = 0;
    for split in Split::ALL {
        let (vectors, losses) = set.read_vectors(split).unwrap();
        assert!(losses.is_empty());
        for vector in &vectors {
            let mut wav = hound::WavReader::open(folder.data.join(&vector.id)).unwrap();
            let pcm: Vec<i16> = wav.samples().map(Result::unwrap).collect();
            assert_eq!(
                *vector.read().unwrap(),
                features.compute(&pcm),
                "{}",
                vector.id
            );
            assert_eq!((vector.rows, vector.bands), (1, fma518::VALUES));
        }
        clips += vectors.len();
    }
    assert_eq!(clips, 8);
    // Frames are what it has none of, and a vector is no frame.
    let missing = set.read_split(Kind::LogMel, Split::Train).unwrap_err();
    assert!(missing.to_string().contains("--kinds logmel"), "{missing}");
    let no_frames = set.read_split(Kind::Fma518, Split::Train).unwrap_err();
    assert!(no_frames.to_string().contains("2072 bytes"), "{no_frames}");
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let one = Folder::new();
    write_music(&one.data, &["a", "b", "c"], 9);
    fs::write(one.data.join("a/zz.mp3"), "no music").unwrap();
    summary(&one.prepare(&["--jobs", "1"]));
    let first = contents(&one.out);
    fs::remove_dir_all(&one.out).unwrap();
    summary(&one.prepare(&["--jobs", "4"]));
    assert_eq!(first, contents(&one.out));
    assert!(first.len() > 10);
    assert!(
        first
            .keys()
            .filter(|name| name.contains(".tfrec"))
            .all(|name| name.starts_with("logmel-"))
    );
}

#[test]
fn artists_and_duplicates_stay_in_one_split() {
    let folder = Folder::new();
    let mut manifest = "path,genre,artist\n".to_owned();
    for clip in 0..40u32 {
        let genre = ["blues", "waltz"][clip as usize % 2];
        let name = format!("{clip:02}.wav");
        // The last ten are copies of the first ten, by other artists.
        write_clip(&folder.data.join(&name), clip % 30, 0.4);
        manifest.push_str(&format!("{name},{genre},artist {}\n", clip / 4));
    }
    fs::write(folder.data.join("manifest.csv"), manifest).unwrap();
    let summary = summary(&folder.prepare(&[]));
    assert_eq!(summary["layout"], "csv");
    assert_eq!(summary["duplicates"], 10);
    assert_eq!(summary["dataset"]["leaking_groups"], 0);
    let mut split_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut clips = csv::Reader::from_path(folder.out.join("clips.csv")).unwrap();
    let header = clips.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|other| other == name).unwrap();
    for row in clips.records() {
        let row = row.unwrap();
        let number: u32 = row[column("clip")]
            .trim_end_matches(".wav")
            .parse()
            .unwrap();
        for key in [
            format!("artist {}", number / 4),
            row[column("pcm_sha256")].to_owned(),
        ] {
            split_of
                .entry(key)
                .or_default()
                .insert(row[column("split")].to_owned());
        }
    }
    assert!(
        split_of.values().all(|splits| splits.len() == 1),
        "{split_of:?}"
    );
    assert_eq!(
        split_of.values().flatten().collect::<BTreeSet<_>>().len(),
        3
    );
}

#[test]
fn official_splits_and_lists_are_kept() {
    let folder = Folder::new();
    for (i, name) in [
        "blues.00000",
        "blues.00001",
        "jazz.00000",
        "jazz.00001",
        "jazz.00002",
    ]
    .iter()
    .enumerate()
    {
        write_clip(&folder.data.join(format!("{name}.wav")), i as u32, 0.4);
    }
    let lists = folder.root.join("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(
        lists.join("train_filtered.txt"),
        "blues/blues.00001.wav\njazz/jazz.00002.wav\n",
    )
    .unwrap();
    fs::write(
        lists.join("test_filtered.txt"),
        "blues/blues.00000.wav\njazz/jazz.00001.wav\n",
    )
    .unwrap();
    let summary = summary(&folder.prepare(&["--split-lists", lists.to_str().unwrap()]));
    assert_eq!(summary["layout"], "gtzan");
    assert_eq!(summary["dataset"]["split_rule"], "official");
    assert_eq!(summary["problem_counts"]["not-listed"], 1);
    let set = Dataset::open(&folder.out).unwrap();
    let ids = |split| {
        set.read_split(Kind::LogMel, split)
            .unwrap()
            .into_iter()
            .map(|clip| clip.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(Split::Train), ["blues.00001.wav", "jazz.00002.wav"]);
    assert_eq!(ids(Split::Test), ["blues.00000.wav", "jazz.00001.wav"]);
    assert!(ids(Split::Valid).is_empty());
}

#[test]
fn bad_files_are_named_counted_and_left_out() {
    let folder = Folder::new();
    write_music(&folder.data, &["blues", "waltz"], 6);
    let blues = folder.data.join("blues");
    fs::write(
        blues.join("text.mp3"),
        "these are words, not music\n".repeat(50),
    )
    .unwrap();
    fs::write(blues.join("zero.wav"), b"").unwrap();
    write_clip(&blues.join("blink.wav"), 7, 0.05);
    write_clip(&blues.join("short.wav"), 8, 0.2);
    fs::write(folder.data.join("stray.wav"), b"").unwrap();
    fs::write(blues.join("cover.jpg"), b"not audio, not tried").unwrap();
    // 96 kHz, 24 bits, 5.1 channels.
    let spec = hound::WavSpec {
        channels: 6,
        sample_rate: 96_000,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(blues.join("surround.wav"), spec).unwrap();
    (0..6 * 48_000).for_each(|i: i32| writer.write_sample((i * 7_919 % 100_000) - 50_000).unwrap());
    writer.finalize().unwrap();
    let output = folder.prepare(&[]);
    let summary = summary(&output);
    assert_eq!(summary["clips"], 14);
    assert_eq!(
        summary["problem_counts"],
        serde_json::json!({"bad-file": 2, "no-genre": 1, "too-short": 1})
    );
    let text = stderr(&output);
    for (name, reason) in [
        ("blues/text.mp3", "not a readable audio file"),
        ("blues/zero.wav", "contains no audio"),
        ("blues/blink.wav", "less than one frame"),
        ("stray.wav", "no genre's folder"),
    ] {
        assert!(
            text.lines()
                .any(|line| line.contains(name) && line.contains(reason)),
            "{name}: {text}"
        );
    }
    let problems = fs::read_to_string(folder.out.join("problems.csv")).unwrap();
    assert_eq!(problems.lines().count(), 1 + 4, "{problems}");
    let set = Dataset::open(&folder.out).unwrap();
    let clips: Vec<_> = Split::ALL
        .into_iter()
        .flat_map(|split| set.read_split(Kind::LogMel, split).unwrap())
        .collect();
    let rows = |id: &str| clips.iter().find(|clip| clip.id == id).unwrap().rows;
    assert_eq!(rows("blues/short.wav"), 1 + (4_410 - 2_048) / 512);
    assert_eq!(rows("blues/surround.wav"), 1 + (11_025 - 2_048) / 512);
}

#[test]
fn input_that_cannot_be_a_data_set_is_refused_in_one_sentence() {
    let folder = Folder::new();
    assert!(refusal(&folder.prepare(&[])).contains("no audio found"));
    folder.assert_nothing_left();
    write_music(&folder.data, &["blues"], 3);
    assert!(refusal(&folder.prepare(&[])).contains("all clips are of one genre, blues"));
    folder.assert_nothing_left();
    // Another genre, but not one sound file of it.
    fs::create_dir(folder.data.join("waltz")).unwrap();
    fs::write(folder.data.join("waltz/a.mp3"), "words").unwrap();
    assert!(refusal(&folder.prepare(&[])).contains("all clips are of one genre, blues"));
    folder.assert_nothing_left();
    for (arguments, sentence) in [
        (&["--layout", "fma"][..], "has no fma_metadata/tracks.csv"),
        (&["--subset", "small"], "are for FMA"),
        (
            &["--genres", "blues,jazz"],
            "--genres jazz: no clip is of it; there are blues, waltz",
        ),
        (&["--part", "3/2"], "parts count from 1"),
        (&["--kinds", "colours"], "unknown kind colours"),
        (
            &["--preset", "huge"],
            "known are seed, mfcc, compact and tagger",
        ),
        (&["--split", "50/50"], "64/16/20"),
        (&["--split", "official"], "names no splits"),
        (&["--layout", "csv"], "manifest.csv"),
        (&["--layout", "gtzan"], "blues.00012.wav"),
    ] {
        let refusal = refusal(&folder.prepare(arguments));
        assert!(refusal.contains(sentence), "{arguments:?}: {refusal}");
        folder.assert_nothing_left();
    }
}

#[test]
fn a_genre_with_one_clip_goes_to_train_and_is_reported() {
    let folder = Folder::new();
    write_music(&folder.data, &["blues", "waltz"], 10);
    write_clip(&folder.data.join("zouk/only.wav"), 999, 0.5);
    let output = folder.prepare(&[]);
    let summary = summary(&output);
    assert_eq!(summary["problem_counts"]["few-groups"], 1);
    assert_eq!(summary["dataset"]["counts"]["train"]["by_label"]["zouk"], 1);
    assert!(
        stderr(&output).contains("zouk: 1 clips in 1 groups leave none for valid and test"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_output_folder_in_use_is_not_touched() {
    let folder = Folder::new();
    write_music(&folder.data, &["blues", "waltz"], 4);
    fs::create_dir(&folder.out).unwrap();
    fs::write(folder.out.join("thesis.txt"), "years of work").unwrap();
    assert!(refusal(&folder.prepare(&[])).contains("is not empty"));
    assert_eq!(
        fs::read_to_string(folder.out.join("thesis.txt")).unwrap(),
        "years of work"
    );
    fs::remove_file(folder.out.join("thesis.txt")).unwrap();
    summary(&folder.prepare(&[]));
    let before = contents(&folder.out);
    assert!(refusal(&folder.prepare(&[])).contains("already holds a data set"));
    summary(&folder.prepare(&["--resume"]));
    assert_eq!(before, contents(&folder.out));
}

/// A full disk, as a limit on the size of files: writing fails in the middle of a shard.
#[cfg(unix)]
#[test]
fn a_failed_write_leaves_nothing() {
    let folder = Folder::new();
    for clip in 0..4 {
        for genre in ["blues", "waltz"] {
            write_clip(
                &folder.data.join(genre).join(format!("{clip}.wav")),
                clip,
                8.0,
            );
        }
    }
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" prepare --data \"$1\" --out \"$2\"";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_needledrop")])
        .arg(&folder.data)
        .arg(&folder.out)
        .output()
        .unwrap();
    assert!(
        refusal(&output).contains("cannot write"),
        "{}",
        stderr(&output)
    );
    folder.assert_nothing_left();
}

#[cfg(unix)]
#[test]
fn a_killed_run_is_resumed_with_the_same_result() {
    let folder = Folder::new();
    write_music(&folder.data, &["blues", "waltz"], 40);
    summary(&folder.prepare(&["--jobs", "1"]));
    let whole = contents(&folder.out);
    fs::remove_dir_all(&folder.out).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_needledrop"))
        .args(["prepare", "--jobs", "1", "--data"])
        .arg(&folder.data)
        .arg("--out")
        .arg(&folder.out)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let spool = folder.root.join(".set.partial/spool");
    let finished = || {
        fs::read_dir(&spool).map_or(0, |entries| {
            entries
                .filter(|entry| {
                    entry
                        .as_ref()
                        .is_ok_and(|entry| entry.path().extension().is_some_and(|e| e == "json"))
                })
                .count()
        })
    };
    while finished() < 5 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    let killed = !child.wait().unwrap().success();
    let summary = summary(&folder.prepare(&["--resume"]));
    if killed {
        assert!(summary["reused_chunks"].as_u64().unwrap() >= 5, "{summary}");
    }
    assert_eq!(contents(&folder.out), whole);
    assert_eq!(
        folder.names(),
        BTreeSet::from(["music".to_owned(), "set".to_owned()])
    );
}

#[test]
fn damaged_shards_cost_their_records_only() {
    let folder = Folder::new();
    write_music(&folder.data, &["blues", "waltz"], 10);
    summary(&folder.prepare(&["--shards", "1"]));
    let set = Dataset::open(&folder.out).unwrap();
    let train = &set
        .record
        .shards
        .iter()
        .find(|shard| shard.split == Split::Train)
        .unwrap()
        .file;
    let path = folder.out.join(train);
    let whole = fs::read(&path).unwrap();
    let all = set.read_split(Kind::LogMel, Split::Train).unwrap().len();

    let mut flipped = whole.clone();
    flipped[2_000] ^= 0x10;
    fs::write(&path, &flipped).unwrap();
    let (clips, losses) = set
        .read_split_with_losses(Kind::LogMel, Split::Train)
        .unwrap();
    assert_eq!(
        (clips.len(), losses.bad_crc, losses.truncated_shards),
        (all - 1, 1, 0)
    );

    fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let (clips, losses) = set
        .read_split_with_losses(Kind::LogMel, Split::Train)
        .unwrap();
    assert_eq!(
        (clips.len(), losses.bad_crc, losses.truncated_shards),
        (all - 1, 0, 1)
    );

    // A data set of another frontend is refused by both ids.
    let record_path = folder.out.join(DatasetRecord::FILE);
    let text = fs::read_to_string(&record_path).unwrap();
    let id = set.record.origin.to_string();
    fs::write(&record_path, text.replace(&id, "0123456789abcdef")).unwrap();
    let error = Dataset::open(&folder.out).unwrap_err().to_string();
    assert!(
        error.contains(&id) && error.contains("0123456789abcdef"),
        "{error}"
    );
}

#[test]
fn features_are_the_frontends_own_values() {
    let folder = Folder::new();
    let wav = folder.data.join("a.wav");
    write_clip(&wav, 3, 0.5);
    let npy = folder.root.join("a.npy");
    let output = needledrop([
        "features",
        wav.to_str().unwrap(),
        "--out",
        npy.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let bytes = fs::read(&npy).unwrap();
    let array = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(array.shape(), [1 + (11_025 - 2_048) / 512, 128]);
    let values: Vec<f32> = array.into_vec().unwrap();
    let mut wav = hound::WavReader::open(&wav).unwrap();
    let pcm: Vec<i16> = wav.samples::<i16>().map(Result::unwrap).collect();
    let config = needledrop_frontend::FrontendConfig::preset("seed").unwrap();
    let mut expected = Vec::new();
    needledrop_frontend::LogMel::new(&config)
        .unwrap()
        .push(&pcm, |frame| {
            expected.extend(frame.iter().map(|&step| f32::from(step) / 256.0))
        });
    assert_eq!(values, expected);

    let missing = needledrop(["features", "gone.wav", "--out", npy.to_str().unwrap()]);
    assert!(refusal(&missing).contains("gone.wav"));
}

#[test]
fn the_corpus_is_the_same_each_time_and_can_be_prepared() {
    let folder = Folder::new();
    let corpora = ["one", "two"].map(|name| folder.root.join(name));
    for corpus in &corpora {
        let output = needledrop([
            "synth",
            "--out",
            corpus.to_str().unwrap(),
            "--clips-per-genre",
            "6",
            "--seconds",
            "1",
            "--seed",
            "3",
        ]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    for genre in needledrop_data::synth::labels() {
        let [one, two] = [0, 1].map(|i| contents(&corpora[i].join(genre)));
        assert_eq!(one.len(), 6);
        assert_eq!(one, two);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_needledrop"))
        .args(["prepare", "--json", "--data"])
        .arg(&corpora[0])
        .arg("--out")
        .arg(&folder.out)
        .output()
        .unwrap();
    let summary = summary(&output);
    assert_eq!(
        (&summary["clips"], &summary["problems"]),
        (&serde_json::json!(54), &serde_json::json!([]))
    );
    let refused = needledrop(["synth", "--out", corpora[0].to_str().unwrap()]);
    assert!(refusal(&refused).contains("is not empty"));
}
