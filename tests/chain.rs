//! From music to genre records: synth -> prepare -> train -> export -> evaluate, predict and replay, which agree.

mod classic;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use crate::support::answers::{self, first_candidate, replayed, test_clips};
use crate::support::model;
use crate::support::programs::{self, finish, json, run, text};
use serde_json::Value;

#[test]
fn an_exported_model_is_better_than_chance_and_keeps_the_trainers_numbers() {
    let chain = model::chain();
    let data = chain.data();
    let of_model = json(
        &run(
            "needledrop",
            [
                "evaluate",
                "--model",
                text(&chain.model()),
                "--data",
                text(&data),
                "--json",
            ],
        )
        .succeeded(),
    );
    let labels = of_model["labels"].as_array().expect("labels");
    assert_eq!(labels.len(), 9, "eight styles and no-music: {labels:?}");
    assert_eq!(
        labels.last().and_then(Value::as_str),
        Some("no-music"),
        "the reserved label is last"
    );
    let rows = of_model["confusion"].as_array().expect("confusion");
    let counted: u64 = rows
        .iter()
        .flat_map(|row| row.as_array().expect("a row"))
        .filter_map(Value::as_u64)
        .sum();
    let clips = of_model["clips"]["n"].as_u64().expect("a count");
    assert_eq!(
        usize::try_from(clips).expect("small"),
        test_clips(&chain).len()
    );
    assert!(
        counted == clips || counted == of_model["windows"]["n"].as_u64().expect("a count"),
        "{of_model}"
    );
    let accuracy = of_model["clips"]["accuracy"].as_f64().expect("a number");
    println!("chain: accuracy {accuracy:.3} on {clips} test clips of nine classes");
    assert!(
        accuracy > 3.0 / 9.0,
        "three times chance is little to ask: {of_model}"
    );

    let of_run = json(
        &run(
            "needledrop",
            [
                "evaluate",
                "--run",
                text(&chain.run()),
                "--data",
                text(&data),
                "--json",
            ],
        )
        .succeeded(),
    );
    assert_eq!(of_run["clips"]["n"], of_model["clips"]["n"]);
    let of_run = of_run["clips"]["accuracy"].as_f64().expect("a number");
    // One clip may sit on the edge: the exported model's probabilities are calibrated.
    assert!(
        (of_run - accuracy).abs() * clips as f64 <= 1.0,
        "{of_run} in the run, {accuracy} exported"
    );
}

#[test]
fn the_board_answers_what_the_workstation_predicts() {
    let chain = model::chain();
    let clips: Vec<PathBuf> = test_clips(&chain)
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    let clear = answers::agreeing(&chain.model(), &clips);
    println!(
        "chain: {clear} of {} clips have a clear winner, and predict and replay name the same",
        clips.len()
    );
    assert!(
        clear >= clips.len() / 4,
        "only {clear} of {} predictions are clear",
        clips.len()
    );
}

#[test]
fn replay_repeats_itself_to_the_byte() {
    let chain = model::chain();
    let clips: Vec<PathBuf> = test_clips(&chain)
        .into_iter()
        .take(3)
        .map(|(path, _)| path)
        .collect();
    let once = || {
        let mut command = Command::new(programs::program("needledrop-device"));
        finish(
            command
                .args(["replay", "--model", text(&chain.model())])
                .args(&clips),
        )
        .succeeded()
    };
    assert_eq!(once(), once());
}

#[test]
fn compressed_music_is_heard_as_its_original_is() {
    let chain = model::chain();
    let folder = tempfile::tempdir().expect("a folder");
    let (wav, _) = test_clips(&chain)
        .into_iter()
        .find(|(_, genre)| genre != "no-music")
        .expect("a clip of music");
    let mut clips = vec![wav.clone()];
    for kind in ["flac", "mp3", "m4a"] {
        let genre = folder.path().join(kind);
        std::fs::create_dir(&genre).expect("a folder");
        let clip = genre.join(format!("clip.{kind}"));
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args([
            "-v",
            "error",
            "-nostdin",
            "-i",
            text(&wav),
            "-b:a",
            "192k",
            text(&clip),
        ]);
        let Ok(output) = ffmpeg.output() else {
            eprintln!("SKIPPED: ffmpeg, which makes compressed music, is not installed");
            return;
        };
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        clips.push(clip);
    }

    let data = folder.path().join("data");
    run(
        "needledrop",
        [
            "prepare",
            "--data",
            text(folder.path()),
            "--out",
            text(&data),
            "--preset",
            "compact",
        ],
    )
    .succeeded();
    let record = json(&std::fs::read_to_string(data.join("dataset.json")).expect("dataset.json"));
    assert_eq!(
        record["labels"],
        serde_json::json!(["flac", "m4a", "mp3"]),
        "all three were decoded"
    );
    let counted: BTreeMap<String, Value> =
        serde_json::from_value(record["counts"].clone()).expect("counts");
    assert_eq!(
        counted
            .values()
            .filter_map(|it| it["clips"].as_u64())
            .sum::<u64>(),
        3
    );

    let tags = replayed(&chain.model(), &clips);
    let [original, flac, lossy @ ..] = tags.as_slice() else {
        panic!("{tags:?}")
    };
    assert_eq!(
        without_clock(flac),
        without_clock(original),
        "FLAC is lossless"
    );
    for (tag, clip) in lossy.iter().zip(&clips[2..]) {
        let level = |tag: &Value| tag["level_dbfs_x10"].as_i64();
        let apart = level(tag).zip(level(original)).map(|(a, b)| (a - b).abs());
        assert!(
            apart.is_some_and(|tenths| tenths <= 10),
            "{}: {tag} against {original}",
            clip.display()
        );
        let permille = |key: &str| original[key].as_i64().expect("a probability");
        if permille("probability_permille") - permille("second_permille") >= 300 {
            assert_eq!(
                first_candidate(tag),
                first_candidate(original),
                "{}",
                clip.display()
            );
        }
    }
}

/// The record but for its place in the sequence.
fn without_clock(tag: &Value) -> Value {
    let mut tag = tag.clone();
    tag.as_object_mut().expect("an object").remove("sequence");
    tag
}
