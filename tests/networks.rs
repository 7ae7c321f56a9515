//! Every network goes the whole way: trained for an epoch, exported (three runtimes agree), heard by `predict` and by
//! the board's program, which say the same of the same file.

use crate::support::programs::{json, run, text};
use crate::support::second::{Material, predicted, replayed};
use crate::support::{model, musicnn, torchvision};
use std::fs;
use std::path::Path;

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

/// Weights of a published tagger, here of arbitrary values: a last layer solved for, one that trains with the last
/// stage, and the file's own tags.
#[test]
fn a_published_tagger_is_taught_or_answers_by_its_tags() {
    let material = Material::of("tagger", "logmel");
    let (folder, data) = (material.folder.path(), material.data());
    let weights = folder.join("musicnn.safetensors");
    musicnn::write(&weights, 1, |key, shape| Some((key, shape)));
    let models = folder.join("models");
    let second = material.second();
    let taught = ["--pretrained", text(&weights)];
    let tuned = [
        "--pretrained",
        text(&weights),
        "--finetune",
        "1",
        "--epochs",
        "1",
        "--batch",
        "4",
    ];
    for (name, arguments) in [("taught", &taught[..]), ("tuned", &tuned[..])] {
        let (training, finished) = material.train("musicnn", arguments);
        finished.succeeded();
        model::export(&training, name, &models).succeeded();
        let file = models.join(name).join("model.onnx");
        assert_eq!(
            predicted(&file, &second),
            replayed(&file, &second),
            "{name}"
        );
    }

    // What the frozen layers gave is found again, and gives the same model.
    let (first, _) = material.train("musicnn", &[&taught[..], &["--seed", "1"]].concat());
    let (again, finished) = material.train(
        "musicnn",
        &[&taught[..], &["--seed", "1", "--json"]].concat(),
    );
    let said = finished.stderr.clone();
    finished.succeeded();
    assert!(
        said.contains("see 0 training and 0 validation windows"),
        "{said}"
    );
    let onnx = |run: &Path| fs::read(run.join("model.onnx")).expect("a model");
    assert!(
        onnx(&first) == onnx(&again),
        "the same seed, the same model"
    );

    let run_of_tags = folder.join("tags");
    let arguments = [
        "tagger",
        "--pretrained",
        text(&weights),
        "--name",
        "tags",
        "--data",
        text(&data),
    ];
    let places = ["--run", text(&run_of_tags), "--models", text(&models)];
    run("needledrop", arguments.iter().chain(&places)).succeeded();
    let file = models.join("tags").join("model.onnx");
    assert_eq!(predicted(&file, &second), replayed(&file, &second));
}

#[test]
fn weights_of_another_frontend_name_the_preset_and_the_command() {
    let material = Material::make("logmel");
    let weights = material.folder.path().join("musicnn.safetensors");
    musicnn::write(&weights, 1, |key, shape| Some((key, shape)));
    let (training, finished) = material.train("musicnn", &["--pretrained", text(&weights)]);
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("needledrop prepare"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("--preset tagger"),
        "{}",
        finished.stderr
    );
    assert!(!training.exists(), "a refused run leaves no folder");
}

/// A student learns from what its teacher hears: music without labels, and its own clips where both have one preset.
#[test]
fn a_teacher_is_heard_on_music_without_labels() {
    let material = Material::make("logmel");
    let folder = material.folder.path();
    let (training, finished) = material.train("compact", &SHORT);
    finished.succeeded();
    let models = folder.join("models");
    model::export(&training, "teacher", &models).succeeded();
    let teacher = models.join("teacher").join("model.onnx");
    let music = folder.join("music").join("blues");
    fs::write(music.join("broken.mp3"), b"no sound").expect("room");
    let learn = |more: &[&str]| {
        let taught = ["--teacher", text(&teacher), "--unlabelled", text(&music)];
        material.train("compact", &[&SHORT[..], &taught, more].concat())
    };
    let (run, finished) = learn(&["--seed", "2"]);
    let said = finished.stderr.clone();
    finished.succeeded();
    assert!(
        said.contains("the teacher heard 5 clips of 6 and "),
        "{said}"
    );
    assert!(said.contains("1 could not be read"), "{said}");
    let (again, finished) = learn(&["--seed", "2", "--json"]);
    finished.succeeded();
    let onnx = |run: &Path| fs::read(run.join("model.onnx")).expect("a model");
    assert!(onnx(&run) == onnx(&again), "the same seed, the same model");
    let alone = material
        .train("compact", &[&SHORT[..], &["--seed", "2"]].concat())
        .0;
    assert!(
        onnx(&run) != onnx(&alone),
        "and another than without a teacher"
    );

    let solved = ["--teacher", text(&teacher)];
    let (_, finished) = material.train("svm", &solved);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("--teacher"), "{}", finished.stderr);
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
        ("compact", &sound, "train mobilenetv2 or musicnn"),
    ] {
        let start = ["--pretrained", text(weights)];
        let (training, finished) = material.train(model, &[&SHORT[..], &start].concat());
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
        assert!(!training.exists(), "a refused run leaves no folder");
    }
}
