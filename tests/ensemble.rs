//! Finished runs averaged into one: trained -> ensemble -> export -> evaluate, predict and replay, which agree.

use crate::support::model;
use crate::support::programs::{Finished, json, run, text};
use crate::support::second::{Material, predicted, replayed};
use std::fs;
use std::path::{Path, PathBuf};

fn ensemble(runs: &[&Path], out: &Path, more: &[&str]) -> Finished {
    let mut arguments = vec!["ensemble"];
    arguments.extend(runs.iter().map(|run| text(run)));
    arguments.extend(["--run", text(out)]);
    arguments.extend(more);
    run("needledrop", arguments)
}

fn train(material: &Material, model: &str, more: &[&str]) -> PathBuf {
    let (training, finished) = material.train(model, more);
    finished.succeeded();
    training
}

const SHORT: [&str; 4] = ["--epochs", "2", "--batch", "4"];

#[test]
fn networks_and_classic_models_of_any_window_become_one_model() {
    let material = Material::make("logmel");
    let data = material.data();
    let runs = [
        train(&material, "compact", &SHORT),
        train(&material, "logreg", &[]),
        train(&material, "knn", &["--pca", "5"]),
        train(&material, "crnn", &SHORT),
        train(&material, "compact-causal", &SHORT),
        train(&material, "mil", &SHORT),
    ];
    let runs: Vec<&Path> = runs.iter().map(PathBuf::as_path).collect();
    assert!(runs[5].join("song.onnx").is_file());
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("all");
    let summary = json(&ensemble(&runs, &out, &["--data", text(&data), "--json"]).succeeded());
    assert!(
        !out.join("song.onnx").exists(),
        "a song's network is nobody's member"
    );
    assert_eq!(summary["ensemble"]["valid_from"], "data", "{summary}");

    let record = json(&fs::read_to_string(out.join("run.json")).expect("run.json"));
    assert_eq!(record["model"], "ensemble");
    assert_eq!(
        record["norm"], "mixed",
        "one of them subtracts a trailing mean"
    );
    let members = record["members"].as_array().expect("members");
    let models: Vec<&str> = members
        .iter()
        .map(|member| member["model"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        models,
        ["compact", "logreg", "knn", "crnn", "compact-causal", "mil"]
    );
    let frames = |member: usize| {
        members[member]["window"]["frames"]
            .as_u64()
            .expect("frames")
    };
    assert!(frames(3) > frames(0), "crnn's window is the longest");
    assert_eq!(record["window"]["frames"], frames(3));

    // What it says of itself is what evaluation finds.
    let evaluated = |subject: [&str; 2]| {
        let arguments = ["evaluate", subject[0], subject[1], "--data", text(&data)];
        let arguments = [&arguments[..], &["--split", "valid", "--json"]].concat();
        json(&run("needledrop", arguments).succeeded())
    };
    let of_run = evaluated(["--run", text(&out)]);
    for level in ["clips", "windows"] {
        assert_eq!(of_run[level]["n"], summary["valid"][level]["n"], "{level}");
        let loss = |report: &serde_json::Value| report["log_loss"].as_f64().expect("a loss");
        let (found, said) = (loss(&of_run[level]), loss(&summary["valid"][level]));
        assert!((found - said).abs() < 0.02, "{level}: {found} {said}");
    }

    let models = folder.path().join("models");
    model::export(&out, "all", &models).succeeded();
    let packed = models.join("all/model.onnx");
    let second = material.second();
    assert_eq!(predicted(&packed, &second), replayed(&packed, &second));
    let of_model = evaluated(["--model", text(&packed)]);
    assert_eq!(
        of_model["windows"]["accuracy"],
        of_run["windows"]["accuracy"]
    );
    let card = fs::read_to_string(models.join("all/card.md")).expect("a card");
    assert!(card.contains("| averages | `crnn` (run crnn"), "{card}");
}

#[test]
fn without_the_data_set_the_members_answers_do() {
    let material = Material::make("logmel");
    let compact = train(&material, "compact", &SHORT);
    let other = train(
        &material,
        "compact",
        &[&SHORT[..], &["--seed", "2"]].concat(),
    );
    let crnn = train(&material, "crnn", &SHORT);
    let folder = tempfile::tempdir().expect("a folder");
    let summary = |name: &str, runs: &[&Path], more: &[&str]| {
        let out = folder.path().join(name);
        json(&ensemble(runs, &out, &[&["--json"], more].concat()).succeeded())
    };
    // Equal windows: every one, whether the data set is there or not.
    let data = material.data();
    let kept = summary("kept", &[&compact, &other], &[]);
    let from_data = summary("from-data", &[&compact, &other], &["--data", text(&data)]);
    assert_eq!(kept["ensemble"]["valid_from"], "members", "{kept}");
    assert_eq!(kept["ensemble"]["left_out_windows"], 0);
    for figure in ["n", "accuracy", "macro_f1"] {
        for level in ["clips", "windows"] {
            let [a, b] = [&kept, &from_data].map(|it| &it["valid"][level][figure]);
            assert_eq!(a, b, "{level} {figure}");
        }
    }
    // A log-loss that averaging cannot make worse than its members' mean (Jensen's inequality).
    let loss = |figures: &serde_json::Value| figures["log_loss"].as_f64().expect("a loss");
    let members = kept["ensemble"]["members"].as_array().expect("members");
    let mean = members.iter().map(|it| loss(&it["windows"])).sum::<f64>() / 2.0;
    assert!(loss(&kept["valid"]["windows"]) <= mean + 1e-9, "{kept}");
    // Other windows: those that fall together, or those that were kept.
    let mixed = summary("mixed", &[&crnn, &compact], &[]);
    assert!(
        mixed["valid"]["windows"]["n"].as_u64().expect("a count") > 0,
        "{mixed}"
    );
    let again = summary("again", &[&crnn, &compact], &[]);
    let read = |name: &str| fs::read(folder.path().join(name).join("model.onnx")).expect("a model");
    assert!(
        read("mixed") == read("again"),
        "the same members, the same file"
    );
    assert_eq!(mixed, again);
}

#[test]
fn runs_that_do_not_fit_are_named_and_nothing_is_written() {
    let material = Material::make("logmel,fma518");
    let a = train(&material, "logreg", &[]);
    let b = train(&material, "gnb", &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let both = folder.path().join("both");
    ensemble(&[&a, &b], &both, &[]).succeeded();
    let out = folder.path().join("out");
    let refused = |runs: &[&Path], more: &[&str], words: &[&str]| {
        let refused = ensemble(runs, &out, more);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        for word in words {
            assert!(refused.stderr.contains(word), "{word}: {}", refused.stderr);
        }
        assert!(!out.exists(), "{} left a folder", refused.command);
    };
    refused(&[&a], &[], &["two runs or more, 1 given"]);
    refused(
        &[&a, &a],
        &[],
        &["the same network as", "give each run once"],
    );
    refused(
        &[&a, &both],
        &[],
        &["is an ensemble itself", "logreg", "gnb"],
    );
    refused(&[&a, folder.path()], &[], &["no finished run: run.json"]);
    let study = train(&material, "logreg", &["--kind", "fma518"]);
    refused(&[&a, &study], &[], &["trained on fma518"]);

    // The same run with one thing changed in its record.
    let changed = |name: &str, from: &str, to: &str| {
        let copy = folder.path().join(name);
        fs::create_dir(&copy).expect("a folder");
        for entry in fs::read_dir(&b).expect("a run") {
            let path = entry.expect("a file").path();
            fs::copy(&path, copy.join(path.file_name().expect("a name"))).expect("a copy");
        }
        let record = fs::read_to_string(copy.join("run.json")).expect("run.json");
        assert!(record.contains(from), "{from} is not in {record}");
        fs::write(copy.join("run.json"), record.replacen(from, to, 1)).expect("written");
        copy
    };
    let record = json(&fs::read_to_string(b.join("run.json")).expect("run.json"));
    let of = |key: &str| record[key].as_str().expect("text").to_owned();
    let label = record["labels"][0].as_str().expect("a label");
    for (name, from, to, word) in [
        ("labels", label, "polka", "has labels"),
        (
            "frontend",
            &*of("frontend_id"),
            "0123456789abcdef",
            "has frontend 0123456789abcdef",
        ),
        (
            "data",
            &*of("data_sha256"),
            &*"0".repeat(64),
            "has data digest 0000",
        ),
        (
            "split",
            &*of("split_sha256"),
            &*"1".repeat(64),
            "has split digest 1111",
        ),
        ("input", "\"logmel\"", "\"pcm\"", "has input pcm"),
        ("hop", "\"hop\": 64", "\"hop\": 0", "every 0"),
        (
            "format",
            "\"format\": 1",
            "\"format\": 2",
            "run folder format 2",
        ),
    ] {
        let other = changed(name, from, to);
        refused(&[&a, &other], &[], &[word, text(&other)]);
    }
    let cut = changed("cut", label, label);
    fs::write(cut.join("model.onnx"), b"no model").expect("written");
    refused(&[&a, &cut], &[], &[text(&cut), "is no ONNX file"]);
    fs::remove_file(cut.join("model.onnx")).expect("removed");
    refused(&[&a, &cut], &[], &["no finished run: model.onnx"]);

    // A folder in use stays as it is.
    let used = ensemble(&[&a, &b], &both, &[]);
    assert_eq!(used.code, Some(2));
    assert!(used.stderr.contains("not empty"), "{}", used.stderr);
    // Another data set than the members'.
    let elsewhere = Material::make("logmel");
    let data = elsewhere.data();
    fs::write(data.join("dataset.json"), {
        let text = fs::read_to_string(data.join("dataset.json")).expect("dataset.json");
        text.replacen(&of("data_sha256"), &"2".repeat(64), 1)
    })
    .expect("written");
    refused(
        &[&a, &b],
        &["--data", text(&data)],
        &["data digest is 2222"],
    );
}
