//! Imported matrices from end to end: import -> train -> evaluate -> export -> what a board says of the model.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::arrays::npy;
use crate::support::model::export_with;
use crate::support::programs::{Finished, json, run, text};

const GENRES: [&str; 3] = ["high", "low", "middle"];
const CLIPS: usize = 36;

/// Matrices whose genre is where their energy lies; a third of them is for validation, none for the test.
fn import(folder: &Path, bands: usize, frames: usize, options: &[&str]) -> PathBuf {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let (mut x, mut labels) = (Vec::new(), Vec::new());
    let mut table = "row,clip,genre,label,split\n".to_owned();
    for row in 0..CLIPS {
        let label = row % GENRES.len();
        let genre = GENRES[label];
        let split = if row / GENRES.len() % 3 == 2 {
            "valid"
        } else {
            "train"
        };
        table.push_str(&format!("{row},clip {row},{genre},{label},{split}\n"));
        labels.push(label as i64);
        for band in 0..bands {
            let third = 3 * band / bands;
            let loud = third == [2, 0, 1][label];
            for _ in 0..frames {
                let db: f32 = if loud { -20.0 } else { -60.0 } + 10.0 * noise();
                x.push(db);
            }
        }
    }
    let path = |name: &str| folder.join(name);
    let write =
        |name: &str, bytes: Vec<u8>| fs::write(path(name), bytes).expect("the file is written");
    write(
        "x.npy",
        npy(&[CLIPS as u64, bands as u64, frames as u64], &x),
    );
    write("y.npy", npy(&[CLIPS as u64], &labels));
    fs::write(path("clips.csv"), table).expect("the table is written");
    let (x, y, clips, set) = (path("x.npy"), path("y.npy"), path("clips.csv"), path("set"));
    let files = [
        "data",
        "import-npy",
        "--x",
        text(&x),
        "--y",
        text(&y),
        "--clips",
        text(&clips),
        "--out",
        text(&set),
    ];
    run("needledrop", files.iter().chain(options)).succeeded();
    set
}

fn train(folder: &TempDir, set: &Path) -> PathBuf {
    let training = folder.path().join("run");
    let arguments = [
        "train",
        "--model",
        "compact",
        "--preset",
        "article",
        "--epochs",
        "8",
        "--batch",
        "8",
        "--data",
        text(set),
        "--run",
        text(&training),
    ];
    run("needledrop", arguments).succeeded();
    training
}

fn evaluate(subject: [&str; 2], set: &Path) -> Value {
    let arguments = [
        "evaluate",
        subject[0],
        subject[1],
        "--data",
        text(set),
        "--split",
        "valid",
        "--json",
    ];
    json(&run("needledrop", arguments).succeeded())
}

fn refused(finished: &Finished, words: &[&str]) {
    assert_eq!(
        finished.code,
        Some(2),
        "{}: {}",
        finished.command,
        finished.stderr
    );
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    for word in words {
        assert!(
            finished.stderr.contains(word),
            "{word}: {}",
            finished.stderr
        );
    }
}

/// A second of a tone.
fn tone(folder: &Path) -> PathBuf {
    let path = folder.join("tone.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 22_050,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).expect("the file is made");
    for n in 0..22_050 {
        let sample = (f64::from(n) * 0.2).sin() * 8000.0;
        writer
            .write_sample(sample as i16)
            .expect("a sample is written");
    }
    writer.finalize().expect("the file is finished");
    path
}

#[test]
fn external_features_train_and_evaluate_and_no_board_takes_them() {
    let folder = tempdir().expect("folder");
    // More bands than a frontend has, and no size that strides divide.
    let set = import(folder.path(), 131, 37, &[]);
    let training = train(&folder, &set);
    let record = json(&fs::read_to_string(training.join("run.json")).expect("run.json"));
    assert_eq!(record["frontend_id"], "external:131x37");
    assert_eq!(record["frontend"], Value::Null);
    assert_eq!(record["window"]["frames"], 37);
    let of_run = evaluate(["--run", text(&training)], &set);
    assert_eq!(
        (
            of_run["clips"]["n"].as_u64(),
            of_run["windows"]["n"].as_u64()
        ),
        (Some(12), Some(12))
    );
    assert!(of_run["clips"]["accuracy"].as_f64() > Some(0.9), "{of_run}");

    // A split that is not there is said, with those that are.
    let arguments = ["evaluate", "--run", text(&training), "--data", text(&set)];
    refused(
        &run("needledrop", arguments),
        &["no test clips", "24 train", "12 valid", "--split"],
    );

    let models = folder.path().join("models");
    refused(
        &export_with(&training, "odd", &models, &[]),
        &["external:131x37", "--allow-external"],
    );
    assert!(!models.exists());
    export_with(&training, "odd", &models, &["--allow-external"]).succeeded();
    let model = models.join("odd/model.onnx");
    let card = fs::read_to_string(models.join("odd/card.md")).expect("card.md");
    assert!(
        card.contains("external:131x37") && card.contains("Not for live input"),
        "{card}"
    );
    let of_model = evaluate(["--model", text(&model)], &set);
    assert_eq!(of_model["confusion"], of_run["confusion"]);

    let wav = tone(folder.path());
    let because = ["external:131x37", "cannot hear live input"];
    refused(
        &run(
            "needledrop",
            ["predict", "--model", text(&model), text(&wav)],
        ),
        &because,
    );
    refused(
        &run(
            "needledrop-device",
            ["replay", text(&wav), "--model", text(&model)],
        ),
        &because,
    );
    let live = [
        "run",
        "--model",
        text(&model),
        "--input",
        text(&wav),
        "--serial",
        "-",
    ];
    refused(&run("needledrop-device", live), &because);
    refused(
        &run("needledrop-device", ["bench", "--model", text(&model)]),
        &because,
    );

    // Matrices of another size are other features.
    let other = tempdir().expect("folder");
    let other = import(other.path(), 131, 36, &[]);
    let arguments = ["evaluate", "--model", text(&model), "--data", text(&other)];
    refused(
        &run("needledrop", arguments),
        &["external:131x36", "external:131x37"],
    );
}

#[test]
fn an_assumed_frontend_is_exported_and_heard_and_the_card_says_so() {
    let folder = tempdir().expect("folder");
    let set = import(folder.path(), 40, 43, &["--assume-frontend", "mfcc"]);
    let training = train(&folder, &set);
    let models = folder.path().join("models");
    export_with(&training, "assumed", &models, &[]).succeeded();
    let card = fs::read_to_string(models.join("assumed/card.md")).expect("card.md");
    assert!(card.contains("Features assumed"), "{card}");
    let model = models.join("assumed/model.onnx");
    let wav = tone(folder.path());
    let records = run(
        "needledrop-device",
        [
            "replay",
            text(&wav),
            "--model",
            text(&model),
            "--format",
            "jsonl",
        ],
    )
    .succeeded();
    let tags = records
        .lines()
        .map(json)
        .filter(|record| record["type"] == "tag");
    assert!(tags.count() > 0, "{records}");
    let predicted = run(
        "needledrop",
        ["predict", "--model", text(&model), "--json", text(&wav)],
    );
    assert_eq!(
        json(&predicted.succeeded())["files"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn a_set_without_validation_clips_says_what_training_needs() {
    let folder = tempdir().expect("a folder");
    import(folder.path(), 12, 20, &[]);
    let path = |name: &str| folder.path().join(name);
    let (x, y, clips, set) = (
        path("x.npy"),
        path("y.npy"),
        path("clips.csv"),
        path("train-only"),
    );
    let table = fs::read_to_string(&clips).expect("the table");
    fs::write(&clips, table.replace(",valid", ",train")).expect("the table is written");
    let files = ["data", "import-npy", "--x", text(&x), "--y", text(&y)];
    let more = ["--clips", text(&clips), "--out", text(&set)];
    run("needledrop", files.iter().chain(&more)).succeeded();
    let training = path("run");
    let train = [
        "train",
        "--model",
        "compact",
        "--data",
        text(&set),
        "--run",
        text(&training),
    ];
    let words = ["no valid clips", "rows of clips.csv given the split valid"];
    refused(&run("needledrop", train), &words);
    assert!(!training.exists(), "a refused run leaves no folder");
}
