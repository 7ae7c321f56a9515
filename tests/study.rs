//! Classic models on the FMA paper's features: trained and judged, never exported.

use crate::support::model;
use crate::support::programs::{json, run, text};
use crate::support::second::Material;
use std::fs;

#[test]
fn every_classic_model_learns_from_whole_clip_features() {
    let material = Material::make("logmel,fma518");
    let data = material.data();
    for (model, more) in [
        ("logreg", &[][..]),
        ("knn", &[]),
        ("gnb", &["--pca", "4"]),
        ("svm", &["--preset", "article"]),
    ] {
        let options = [&["--kind", "fma518", "--json"], more].concat();
        let (training, finished) = material.train(model, &options);
        let summary = json(&finished.succeeded());
        let record = fs::read_to_string(training.join("run.json")).expect("run.json");
        let record = json(&record);
        assert_eq!(record["input"], "fma518", "{model}");
        assert_eq!(record["norm"], "none", "{model}");
        assert_eq!(record["window"]["bands"], 518, "{model}");
        let arguments = ["evaluate", "--run", text(&training), "--data", text(&data)];
        let arguments = [&arguments[..], &["--split", "valid", "--json"]].concat();
        let report = json(&run("needledrop", arguments).succeeded());
        for figure in ["n", "accuracy"] {
            assert_eq!(
                report["clips"][figure], summary["valid"]["clips"][figure],
                "{model}"
            );
            assert_eq!(
                report["clips"][figure], report["windows"][figure],
                "{model}"
            );
        }
        let models = material.folder.path().join("models");
        let refused = model::export(&training, model, &models);
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains("fma518"), "{}", refused.stderr);
        assert!(!models.exists(), "{model}");
    }
}

#[test]
fn other_models_and_other_data_are_refused() {
    let material = Material::make("logmel");
    for (model, kind, sentence) in [
        (
            "compact",
            "fma518",
            "--kind fma518: compact learns from logmel; leave it out (fma518 is for logreg, knn, gnb and svm)",
        ),
        (
            "raw-cnn",
            "logmel",
            "--kind logmel: raw-cnn learns from pcm",
        ),
        ("gnb", "pcm", "--kind pcm: gnb learns from logmel"),
        (
            "gnb",
            "fma518",
            "holds no fma518 shards; prepare it with --kinds fma518",
        ),
        (
            "gnb",
            "mel",
            "unknown kind mel; known are logmel, pcm and fma518",
        ),
    ] {
        let (training, refused) = material.train(model, &["--kind", kind]);
        assert_eq!(refused.code, Some(2), "{model} {kind}");
        assert!(refused.stderr.contains(sentence), "{}", refused.stderr);
        assert!(!training.exists(), "{model} {kind} left a folder");
    }
    let (_, refused) = material.train("ensemble", &[]);
    assert!(
        refused
            .stderr
            .contains("needledrop ensemble RUN... --run DIR"),
        "{}",
        refused.stderr
    );
}
