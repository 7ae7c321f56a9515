//! Every network goes the whole way: trained for an epoch, exported (three runtimes agree), heard by `predict` and by the
//! board's program, which say the same of the same file.
#![expect(clippy::panic, reason = "a helper of a test fails by panicking")]

#[path = "support/model.rs"]
#[expect(dead_code, reason = "the shared chain is another test's")]
mod model;
#[path = "support/programs.rs"]
mod programs;
#[path = "support/second.rs"]
mod second;

use programs::{run, text};
use second::{Material, json, predicted, replayed};

/// One epoch of small steps.
const SHORT: [&str; 4] = ["--epochs", "1", "--batch", "4"];

#[test]
fn every_network_trains_exports_and_is_heard_alike_everywhere() {
    let material = Material::make("logmel,pcm");
    let runs: [(&str, &[&str]); 6] = [
        ("compact-causal", &[]),
        ("raw-cnn", &["--preset", "article"]),
        ("crnn", &[]),
        ("parallel-cnn-rnn", &["--preset", "article"]),
        ("mil", &["--preset", "article"]),
        ("mil", &["--pool", "attention"]),
    ];
    for (index, (name, more)) in runs.into_iter().enumerate() {
        let (training, finished) = material.train(name, &[&SHORT[..], more].concat());
        finished.succeeded();
        let models = material.folder.path().join("models");
        let packed = format!("{name}-{index}");
        model::export(&training, &packed, &models).succeeded();
        let packed = models.join(packed);
        let file = packed.join("model.onnx");
        let second = material.second();
        assert_eq!(
            predicted(&file, &second),
            replayed(&file, &second),
            "{name}"
        );

        // A run and its model give the same answers but for the temperature.
        let data = material.data();
        let subjects = [["--run", text(&training)], ["--model", text(&file)]];
        let [of_run, of_model] = subjects.map(|[kind, path]| {
            let arguments = ["evaluate", kind, path, "--data", text(&data), "--json"];
            json(&run("needledrop", arguments).succeeded())
        });
        assert_eq!(
            of_run["windows"]["accuracy"], of_model["windows"]["accuracy"],
            "{name}"
        );
        assert_eq!(packed.join("song.onnx").is_file(), name == "mil", "{name}");
        if name == "mil" {
            predicted(&packed.join("song.onnx"), &second);
        }
    }
}

#[test]
fn data_without_the_kind_that_a_model_needs_names_the_flag() {
    let material = Material::make("logmel");
    let (training, finished) = material.train("raw-cnn", &[]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("--kinds pcm"),
        "{}",
        finished.stderr
    );
    assert!(!training.exists(), "a refused run leaves no folder");
}
