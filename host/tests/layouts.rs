//! Published data sets as they are published: FMA's audio tree and metadata, GTZAN's folders, lists and .au files.

use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The first two header rows of tracks.csv, all 53 columns.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("", &[""]),
    (
        "album",
        &[
            "comments",
            "date_created",
            "date_released",
            "engineer",
            "favorites",
            "id",
            "information",
            "listens",
            "producer",
            "tags",
            "title",
            "tracks",
            "type",
        ],
    ),
    (
        "artist",
        &[
            "active_year_begin",
            "active_year_end",
            "associated_labels",
            "bio",
            "comments",
            "date_created",
            "favorites",
            "id",
            "latitude",
            "location",
            "longitude",
            "members",
            "name",
            "related_projects",
            "tags",
            "website",
            "wikipedia_page",
        ],
    ),
    ("set", &["split", "subset"]),
    (
        "track",
        &[
            "bit_rate",
            "comments",
            "composer",
            "date_created",
            "date_recorded",
            "duration",
            "favorites",
            "genre_top",
            "genres",
            "genres_all",
            "information",
            "interest",
            "language_code",
            "license",
            "listens",
            "lyricist",
            "number",
            "publisher",
            "tags",
            "title",
        ],
    ),
];

const GENRES: &str = "genre_id,#tracks,parent,title,top_level\n\
    10,13845,0,Pop,10\n12,32923,0,Rock,12\n25,9261,12,Punk,12\n76,1000,10,Experimental Pop,10\n";

/// A row of tracks.csv.
#[derive(Clone, Copy)]
struct Track {
    id: u32,
    subset: &'static str,
    split: &'static str,
    genre_top: &'static str,
    genres: &'static str,
    artist: u32,
    album: i32,
}

impl Track {
    /// Every track by another artist, without an album.
    const fn new(id: u32, genre_top: &'static str, genres: &'static str) -> Self {
        Self {
            id,
            subset: "small",
            split: "training",
            genre_top,
            genres,
            artist: id,
            album: -1,
        }
    }

    fn row(&self) -> String {
        let mut row = self.id.to_string();
        for (table, names) in &COLUMNS[1..] {
            for name in *names {
                let value = match (*table, *name) {
                    ("album", "id") => self.album.to_string(),
                    ("artist", "id") => self.artist.to_string(),
                    ("artist", "bio") => "<p>lines\nand \"quotes\", too</p>".to_owned(),
                    ("set", "split") => self.split.to_owned(),
                    ("set", "subset") => self.subset.to_owned(),
                    ("track", "genre_top") => self.genre_top.to_owned(),
                    ("track", "genres" | "genres_all") => self.genres.to_owned(),
                    _ => String::new(),
                };
                write!(row, ",\"{}\"", value.replace('"', "\"\"")).unwrap();
            }
        }
        row + "\n"
    }
}

fn tracks_csv(tracks: &[Track]) -> String {
    let columns = || {
        COLUMNS
            .iter()
            .flat_map(|(table, names)| names.iter().map(move |name| (*table, *name)))
    };
    let line = |cells: Vec<&str>| cells.join(",") + "\n";
    assert_eq!(columns().count(), 53);
    let mut text = line(columns().map(|(table, _)| table).collect());
    text += &line(columns().map(|(_, name)| name).collect());
    text += &line(
        columns()
            .enumerate()
            .map(|(i, _)| if i == 0 { "track_id" } else { "" })
            .collect(),
    );
    tracks.iter().for_each(|track| text += &track.row());
    text
}

/// Half a tone and half noise, another one for every `voice`; what decides is the content, not the name.
fn write_wav(path: &Path, voice: u32, seconds: f32) {
    write_samples(path, (22_050.0 * seconds) as u32, |i| {
        let noise = i.wrapping_mul(voice.wrapping_mul(2_654_435_761) | 1) >> 20;
        (f64::from(i) * (0.02 + f64::from(voice % 97) * 1e-3)).sin() * 6_000.0 + f64::from(noise)
    });
}

fn write_samples(path: &Path, samples: u32, value: impl Fn(u32) -> f64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 22_050,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    (0..samples).for_each(|i| writer.write_sample(value(i) as i16).unwrap());
    writer.finalize().unwrap();
}

fn audio_path(tree: &Path, track: u32) -> std::path::PathBuf {
    tree.join(format!("{:03}/{track:06}.mp3", track / 1000))
}

/// A small FMA: twelve sound clips, and one of everything that can be wrong.
fn write_fma(data: &Path) {
    let (tree, metadata) = (data.join("fma_small"), data.join("fma_metadata"));
    let mut tracks = Vec::new();
    for i in 0..12u32 {
        let (top, genres) = [("Rock", "[25, 12]"), ("Pop", "[10]")][i as usize % 2];
        tracks.push(Track {
            split: ["training", "validation", "test"][i as usize / 2 % 3],
            // A compilation: its tracks are in all splits.
            album: if i < 3 * 2 { 7 } else { -1 },
            ..Track::new(2 + i * 500, top, genres)
        });
        write_wav(&audio_path(&tree, 2 + i * 500), i, 3.0);
    }
    // Known to be bad.
    for id in [98_565, 98_567, 99_134, 108_925, 72_059] {
        tracks.push(Track::new(id, "Rock", "[12]"));
    }
    write_wav(&audio_path(&tree, 98_565), 50, 1.6);
    // Called bad, but whole here: what the audio says counts.
    write_wav(&audio_path(&tree, 98_567), 51, 3.0);
    fs::create_dir_all(tree.join("099")).unwrap();
    fs::write(audio_path(&tree, 99_134), "no music at all\n".repeat(99)).unwrap();
    fs::create_dir_all(tree.join("108")).unwrap();
    fs::write(audio_path(&tree, 108_925), "").unwrap();
    write_samples(&audio_path(&tree, 72_059), 66_150, |_| 0.0);
    // Rows without audio, without one genre, with an unknown one, of a larger subset, that can't be read.
    tracks.push(Track::new(200, "Rock", "[12]"));
    for (id, top, genres) in [
        (300, "", "[25, 76]"),
        (301, "", "[]"),
        (302, "", "[25]"),
        (303, "Blorp", "[12]"),
        (304, "", "[9999]"),
        (305, "Rock", "[12, 9999]"),
    ] {
        tracks.push(Track::new(id, top, genres));
        write_wav(&audio_path(&tree, id), id, 3.0);
    }
    tracks.push(Track {
        subset: "medium",
        ..Track::new(400, "Rock", "[12]")
    });
    write_wav(&audio_path(&tree, 400), 400, 3.0);
    tracks.push(Track {
        split: "fold 3",
        ..Track::new(401, "Rock", "[12]")
    });
    // Audio without a row.
    write_wav(&audio_path(&tree, 500), 500, 3.0);
    write_wav(&tree.join("000/cover.mp3"), 501, 3.0);
    fs::create_dir(&metadata).unwrap();
    fs::write(metadata.join("tracks.csv"), tracks_csv(&tracks)).unwrap();
    fs::write(metadata.join("genres.csv"), GENRES).unwrap();
    fs::write(
        metadata.join("features.csv"),
        "feature,chroma_cens,chroma_cens,zcr\nstatistics,kurtosis,kurtosis,std\nnumber,01,02,01\ntrack_id,,,\n\
         2,7.1806526184e+00,5.2303090096e+00,2.8e-01\n502,1.8,7.6e-01,\n",
    )
    .unwrap();
    fs::write(
        metadata.join("echonest.csv"),
        ",echonest,echonest\n,audio_features,ranks\n,acousticness,artist_discovery_rank\ntrack_id,,\n2,0.4166752327,\n",
    )
    .unwrap();
}

fn needledrop(arguments: &[&str], path: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_needledrop"))
        .args(arguments)
        .arg(path)
        .args(more)
        .output()
        .unwrap()
}

fn inspect(data: &Path, more: &[&str]) -> Value {
    let output = needledrop(&["data", "inspect", "--json"], data, more);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Kind and reason of each problem by subject.
fn problem<'a>(report: &'a Value, subject: &str) -> (&'a str, &'a str) {
    let problems = report["problems"].as_array().unwrap();
    let found = problems
        .iter()
        .find(|problem| problem["subject"].as_str().unwrap().contains(subject));
    let found = found.unwrap_or_else(|| unreachable!("{subject} is not in {problems:#?}"));
    (
        found["kind"].as_str().unwrap(),
        found["reason"].as_str().unwrap(),
    )
}

#[test]
fn fma_is_read_as_published_and_its_faults_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("fma");
    write_fma(&data);
    let report = inspect(&data, &[]);
    assert_eq!(report["layout"], "fma");
    for (subject, kind, reason) in [
        ("098/098565", "too-short", "(known: shorter than 2 s)"),
        ("099/099134", "bad-file", "(known: does not decode)"),
        ("108/108925", "bad-file", "(known: does not decode)"),
        ("000/000200", "missing-file", "it is not there"),
        ("000/000300", "no-genre", "Pop, Rock"),
        ("000/000301", "no-genre", "it has no genre"),
        ("000/000303", "unknown-genre", "Blorp"),
        ("000/000304", "unknown-genre", "9999"),
        ("000/000305", "odd-row", "9999"),
        ("tracks.csv line", "bad-row", "unknown split fold 3"),
        ("000/000500", "not-listed", "no row"),
        ("000/cover", "not-listed", "no track number"),
    ] {
        let found = problem(&report, subject);
        assert_eq!(found.0, kind, "{subject}");
        assert!(found.1.contains(reason), "{subject}: {}", found.1);
    }
    let problems = report["problems"].to_string();
    assert!(
        !problems.contains("098567"),
        "whole, whatever it is known for"
    );
    assert!(!problems.contains("000302"), "Rock through the tree");
    assert!(!problems.contains("000400"), "outside the subset");
    let remarks = report["remarks"].to_string();
    for words in [
        "subset small",
        "1 audio files are of tracks outside",
        "1 tracks have no genre_top",
    ] {
        assert!(remarks.contains(words), "{words}: {remarks}");
    }
    // Six tracks of one compilation are in three splits.
    assert_eq!(report["leaks"]["groups"], 1);
    assert_eq!(report["leaks"]["clips"], 6);
    assert_eq!(
        report["leaks"]["listed"][0]["splits"],
        json!({"train": 2, "valid": 2, "test": 2})
    );
    let tables: Vec<_> = report["tables"].as_array().unwrap().iter().collect();
    assert_eq!(
        [
            &tables[0]["file"],
            &tables[0]["rows"],
            &tables[0]["columns"]
        ],
        [&json!("features.csv"), &json!(2), &json!(3)]
    );
    assert_eq!(
        [
            &tables[1]["file"],
            &tables[1]["rows"],
            &tables[1]["columns"]
        ],
        [&json!("echonest.csv"), &json!(1), &json!(2)]
    );
    assert_eq!(
        report["genres"]["Pop"],
        json!({"train": 2, "valid": 2, "test": 2})
    );
}

#[test]
fn fma_is_prepared_with_its_official_split_or_another() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("fma");
    write_fma(&data);
    let report = inspect(&data, &[]);
    let prepare = |out: &str, more: &[&str]| {
        let out = folder.path().join(out);
        let arguments = [
            "prepare",
            "--json",
            "--data",
            data.to_str().unwrap(),
            "--out",
        ];
        let output = needledrop(&arguments, &out, more);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let official = prepare("official", &["--layout", "fma"]);
    assert_eq!(
        official["clips"], report["clips"],
        "inspect sees what prepare sees"
    );
    assert_eq!(official["problem_counts"], report["problem_counts"]);
    assert_eq!(official["dataset"]["split_rule"], "official");
    assert_eq!(official["dataset"]["leaking_groups"], 1);
    let grouped = prepare("grouped", &["--split", "64/16/20"]);
    assert_eq!(grouped["dataset"]["leaking_groups"], 0);
    let prepared = inspect(&folder.path().join("official"), &[]);
    assert_eq!(prepared["layout"], "prepared");
    for same in [
        "clips",
        "genres",
        "leaks",
        "lengths",
        "rates_hz",
        "problem_counts",
    ] {
        assert_eq!(prepared[same], report[same], "{same}");
    }
    let all = prepare("all", &["--labels", "all"]);
    assert_eq!(all["dataset"]["labels"], json!(["Pop", "Punk", "Rock"]));
    let rock = inspect(
        &data,
        &["--quick", "--subset", "medium", "--genres", "Rock"],
    );
    assert_eq!(rock["genres"].as_object().unwrap().len(), 1);
    assert_eq!(rock["duplicates"], Value::Null);
    assert_eq!(problem(&rock, "000/000502").0, "unknown-genre");
}

#[test]
fn metadata_may_lie_beside_the_audio_and_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("fma");
    write_fma(&data);
    let beside = inspect(&data.join("fma_small"), &["--quick"]);
    let inside = inspect(&data, &["--quick"]);
    assert_eq!(beside["layout"], "fma");
    assert_eq!(beside["genres"], inside["genres"]);
    // The tree by another name, and without the folder of the subset.
    fs::rename(data.join("fma_small"), data.join("clips")).unwrap();
    fs::remove_file(data.join("clips/000/cover.mp3")).unwrap();
    let renamed = inspect(&data.join("clips"), &["--quick", "--subset", "small"]);
    assert_eq!(
        (&renamed["layout"], &renamed["genres"]),
        (&json!("fma"), &inside["genres"])
    );
    fs::rename(data.join("clips"), data.join("fma_small")).unwrap();
    // Two trees: which one is not guessed.
    write_wav(&audio_path(&data.join("fma_large"), 2), 1, 3.0);
    let refusal = |more: &[&str]| {
        let output = needledrop(&["data", "inspect"], &data, more);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refusal(&[]).contains("say which with --subset"));
    let chosen = inspect(&data, &["--quick", "--subset", "small"]);
    assert_eq!(chosen["genres"], inside["genres"]);
    fs::remove_dir_all(data.join("fma_large")).unwrap();
    fs::write(
        data.join("fma_metadata/tracks.csv"),
        "track,genre\n2,Rock\n",
    )
    .unwrap();
    assert!(refusal(&["--layout", "fma"]).contains("tracks.csv"));
    fs::remove_dir_all(data.join("fma_metadata")).unwrap();
    assert!(refusal(&["--layout", "fma"]).contains("fma_metadata.zip"));
}

/// GTZAN's own format: Sun .au, 16 bits, big-endian, 22 050 Hz, mono.
fn write_au(path: &Path, voice: u32, seconds: f32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (22_050.0 * seconds) as u32;
    let mut bytes = b".snd".to_vec();
    for word in [24, samples * 2, 3, 22_050, 1] {
        bytes.extend(word.to_be_bytes());
    }
    for i in 0..samples {
        let value = (f64::from(i) * f64::from(voice + 10) * 1e-3).sin() * 9_000.0;
        bytes.extend((value as i16).to_be_bytes());
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn gtzan_is_read_as_published_with_the_fault_filtered_lists() {
    let folder = tempfile::tempdir().unwrap();
    for flat in [false, true] {
        let data = folder.path().join(if flat { "flat" } else { "genres" });
        for (genre_index, genre) in ["blues", "jazz"].into_iter().enumerate() {
            for i in 0..4 {
                let name = format!("{genre}.{i:05}.au");
                let path = if flat {
                    data.join(name)
                } else {
                    data.join(genre).join(name)
                };
                write_au(&path, genre_index as u32 * 10 + i, 3.0);
            }
        }
        let corrupt = if flat {
            "jazz.00054.au"
        } else {
            "jazz/jazz.00054.au"
        };
        fs::write(data.join(corrupt), "RIFF of nothing").unwrap();
        let lists = folder.path().join("lists");
        fs::create_dir_all(&lists).unwrap();
        fs::write(
            lists.join("train_filtered.txt"),
            "blues/blues.00000.wav\nblues/blues.00001.wav\njazz/jazz.00000.wav\njazz/jazz.00054.wav\n",
        )
        .unwrap();
        fs::write(
            lists.join("valid_filtered.txt"),
            "blues/blues.00002.wav\njazz/jazz.00002.wav\njazz/jazz.00099.wav\n",
        )
        .unwrap();
        fs::write(
            lists.join("artist_index.txt"),
            "## by ear\nblues.00000.wav ::: John Lee Hooker ::: Boom\nblues.00002.wav ::: John Lee Hooker :::\n",
        )
        .unwrap();
        let report = inspect(&data, &["--split-lists", lists.to_str().unwrap()]);
        assert_eq!(report["layout"], "gtzan");
        assert_eq!(
            report["leaks"]["listed"][0]["group"],
            "artist:john lee hooker"
        );
        assert_eq!(report["genres"]["blues"], json!({"train": 2, "valid": 1}));
        assert_eq!(report["rates_hz"], json!({"22050": 5}));
        assert_eq!(
            report["problem_counts"],
            json!({"bad-file": 1, "leak": 1, "missing-file": 1, "not-listed": 3})
        );
        assert_eq!(problem(&report, "jazz.00099").0, "missing-file");
        assert!(
            problem(&report, "jazz.00054")
                .1
                .contains("(known: does not decode)")
        );
    }
}

#[test]
fn data_sets_of_every_kind_are_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("music");
    for clip in 0..10 {
        let genre = ["blues", "jazz"][clip as usize % 2];
        write_wav(&data.join(genre).join(format!("{clip}.wav")), clip, 3.0);
    }
    let set = folder.path().join("set");
    let arguments = [
        "prepare",
        "--data",
        data.to_str().unwrap(),
        "--kinds",
        "logmel,pcm,fma518",
        "--out",
    ];
    let output = needledrop(&arguments, &set, &[]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let whole = inspect(&set, &[]);
    assert_eq!(
        (&whole["layout"], &whole["clips"]),
        (&json!("prepared"), &json!(10))
    );
    assert_eq!(
        whole["losses"],
        json!({"bad_crc": 0, "truncated_shards": 0, "lost_records": 0})
    );
    let damaged = |kind: &str| {
        let shards = fs::read_dir(&set)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut shards = shards.filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(kind)
        });
        let shard = shards.next().unwrap();
        let mut bytes = fs::read(&shard).unwrap();
        let last = bytes.len() - 9;
        bytes[last] ^= 1;
        fs::write(&shard, bytes).unwrap();
        inspect(&set, &[])["losses"]["bad_crc"].clone()
    };
    assert_eq!(damaged("logmel"), 1);
    assert_eq!(damaged("fma518"), 2);
    // Without its record it is as good as anybody's.
    for entry in fs::read_dir(&set)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("logmel") {
            fs::remove_file(entry).unwrap();
        }
    }
    let shards = inspect(&set, &[]);
    assert_eq!(
        (&shards["layout"], &shards["clips"]),
        (&json!("shards"), &json!(9))
    );
    assert_eq!(shards["losses"]["bad_crc"], 1);
}

#[test]
fn nothing_usable_is_an_error_and_problems_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("music");
    fs::create_dir_all(data.join("blues")).unwrap();
    fs::write(data.join("blues/a.mp3"), "words").unwrap();
    let output = needledrop(&["data", "inspect"], &data, &[]);
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        words.contains("none of the clips can be used: 1 bad-file"),
        "{words}"
    );
    assert!(words.contains("blues/a.mp3"), "{words}");
    write_wav(&data.join("blues/b.wav"), 1, 3.0);
    write_wav(&data.join("jazz/same.wav"), 1, 3.0);
    let output = needledrop(&["data", "inspect"], &data, &[]);
    assert_eq!(output.status.code(), Some(0));
    let table = String::from_utf8(output.stdout).unwrap();
    for words in ["1 bad-file", "blues/b.wav = jazz/same.wav", "2 at 22050 Hz"] {
        assert!(table.contains(words), "{words}: {table}");
    }
}
