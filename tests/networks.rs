//! Every network goes the whole way: trained for an epoch, exported (three runtimes agree), heard by `predict` and by
//! the board's program, which say the same of the same file.

use crate::support::programs::{json, run, text};
use crate::support::second::{Material, predicted, replayed};
use crate::support::{model, torchvision};
use std::fs;

/// What other tests take the whole way: the chain, classic models, ensembles.
const ELSEWHERE: [&str; 6] = ["compact", "logreg", "knn", "gnb", "svm", "ensemble"];

/// Trained with augmentation and dropout; the others plainly, which is faster.
const AS_BEST: [&str; 2] = ["compact-causal", "crnn"];

/// One epoch of small steps.
const SHORT: [&str; 4] = ["--epochs", "1", "--batch", "4"];

#[test]
fn every_network_trains_exports_and_is_heard_alike_everywhere() {
    let material = Material::make("logmel,pcm");
    let weights = material.folder.path().join("weights.safetensors");
    torchvision::write(&weights, 1, |key, shape| Some((key, shape)));
    let listed = json(&run("needledrop", ["models", "--json"]).succeeded());
    let names = listed.as_array().expect("models").iter();
    let networks = names
        .map(|model| model["name"].as_str().expect("a name"))
        .filter(|name| !ELSEWHERE.contains(name));
    let of_pretrained = ["--preset", "article", "--pretrained", text(&weights)];
    let runs = networks
        .map(|name| match AS_BEST.contains(&name) {
            true => (name, &[][..]),
            false => (name, &["--preset", "article"][..]),
        })
        .chain([
            ("mil", &["--pool", "attention"][..]),
            ("mobilenetv2", &of_pretrained[..]),
        ]);
    for (index, (name, more)) in runs.enumerate() {
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

#[test]
fn weights_that_do_not_fit_are_refused_by_name_and_shape() {
    let material = Material::make("logmel");
    let file = |name: &str| material.folder.path().join(name);
    let (wide, pickle, sound) = (file("wide"), file("pickle"), file("sound"));
    torchvision::write(&wide, 1, |key, mut shape| {
        if key == "features.2.conv.0.0.weight" {
            shape[0] = 192;
        }
        Some((key, shape))
    });
    torchvision::write(&sound, 1, |key, shape| Some((key, shape)));
    fs::write(&pickle, b"PK\x03\x04 a PyTorch archive").expect("room");
    let both = "features.2.conv.0.0.weight is [192, 16, 1, 1], the network has [96, 16, 1, 1]";
    for (model, weights, words) in [
        ("mobilenetv2", &wide, both),
        ("mobilenetv2", &pickle, "save_file"),
        ("mobilenetv2", &file("none"), "No such file"),
        ("compact", &sound, "train mobilenetv2"),
    ] {
        let start = ["--pretrained", text(weights)];
        let (training, finished) = material.train(model, &[&SHORT[..], &start].concat());
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
        assert!(!training.exists(), "a refused run leaves no folder");
    }
}
