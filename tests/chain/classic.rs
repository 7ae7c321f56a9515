//! Classic models from data to records: train -> export -> evaluate, predict and replay, which agree.

use std::path::{Path, PathBuf};

use crate::support::answers::{self, test_clips};
use crate::support::model;
use crate::support::programs::{self, json, run, text};

fn train(data: &Path, model: &str, run_folder: &Path, more: &[&str]) -> programs::Finished {
    let mut arguments = vec!["train", "--data", text(data), "--model", model];
    arguments.extend(["--run", text(run_folder), "--seed", "3"]);
    arguments.extend(more);
    run("needledrop", arguments)
}

#[test]
fn each_is_exported_better_than_chance_and_answers_on_the_board_what_predict_says() {
    let chain = model::chain();
    let folder = tempfile::tempdir().expect("a folder");
    let clips: Vec<PathBuf> = test_clips(&chain)
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    for (name, more) in [
        ("logreg", &[][..]),
        ("knn", &["--pca", "20"]),
        ("gnb", &[]),
        ("svm", &["--pca", "40"]),
    ] {
        let trained = folder.path().join(name);
        train(&chain.data(), name, &trained, more).succeeded();
        let models = folder.path().join("models");
        model::export(&trained, name, &models).succeeded();
        let packed = models.join(name).join("model.onnx");
        let evaluated = run(
            "needledrop",
            [
                "evaluate",
                "--model",
                text(&packed),
                "--data",
                text(&chain.data()),
                "--json",
            ],
        );
        let report = json(&evaluated.succeeded());
        let accuracy = report["clips"]["accuracy"].as_f64().expect("a number");
        let clear = answers::agreeing(&packed, &clips);
        println!(
            "{name}: accuracy {accuracy:.3}, {clear} of {} clips clear",
            clips.len()
        );
        assert!(
            accuracy > 3.0 / 9.0,
            "{name}: three times chance is little to ask: {report}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let chain = model::chain();
    let folder = tempfile::tempdir().expect("a folder");
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    for run_folder in [&a, &b] {
        train(&chain.data(), "svm", run_folder, &["--pca", "10"]).succeeded();
    }
    for file in [
        "model.onnx",
        "run.json",
        "curves.csv",
        "valid_logits.npy",
        "parity_margins.npy",
    ] {
        let read = |folder: &Path| std::fs::read(folder.join(file)).expect("a file of the run");
        assert!(read(&a) == read(&b), "{file} differs");
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_next_step() {
    let chain = model::chain();
    let folder = tempfile::tempdir().expect("a folder");
    let trained = folder.path().join("run");
    for (name, more, sentence) in [
        ("svm", &["--pca", "100000"][..], "--pca 100000: "),
        (
            "gnb",
            &["--epochs", "3"],
            "--epochs: gnb is solved on the CPU, without epochs",
        ),
        (
            "compact",
            &["--pca", "3"],
            "--pca 3: compact sees windows, not statistics",
        ),
    ] {
        let refused = train(&chain.data(), name, &trained, more);
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains(sentence), "{}", refused.stderr);
        assert!(!trained.exists(), "{name} left a folder");
    }
}
