//! `needledrop pictures` draws a network's convolutions and windows as PNG files, and says why it can't of a classic
//! model.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn needledrop(arguments: &[&str], paths: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_needledrop"));
    command.args(arguments);
    for (flag, path) in paths {
        command.arg(flag).arg(path);
    }
    command.output().expect("the program starts")
}

fn lines(output: &Output) -> Vec<String> {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

/// Width and height of a PNG file.
fn size(path: &Path) -> (u32, u32) {
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("a picture"));
    let reader = png::Decoder::new(file).read_info().expect("a PNG");
    (reader.info().width, reader.info().height)
}

#[test]
fn it_draws_a_network_and_refuses_a_classic_model() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let synth = ["synth", "--clips-per-genre", "5", "--seconds", "4"];
    lines(&needledrop(&synth, &[("--out", &at("corpus"))]));
    let prepared = [("--data", &*at("corpus")), ("--out", &at("set"))];
    lines(&needledrop(&["prepare"], &prepared));
    for model in ["crnn", "gnb"] {
        let train = match model {
            "crnn" => vec!["train", "--model", model, "--epochs", "1"],
            _ => vec!["train", "--model", model],
        };
        let paths = [("--data", &*at("set")), ("--run", &at(model))];
        lines(&needledrop(&train, &paths));
    }

    let run = at("crnn");
    let run = run.to_str().unwrap();
    let all = ["pictures", run, "--filters", "3"];
    let told = lines(&needledrop(&all, &[("--out", &at("all"))]));
    let files: BTreeSet<String> = std::fs::read_dir(at("all"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    // Each file is told, and nothing else.
    let named: BTreeSet<String> = told
        .iter()
        .flat_map(|line| line.split([':', ',', ' ']))
        .filter(|word| word.ends_with(".png"))
        .map(str::to_owned)
        .collect();
    assert_eq!(files, named);
    assert!(files.contains("filters-convolution1.png") && files.contains("window01-saliency.png"));
    // Three windows of 64 or more frames beside each other, 128 bands high.
    let (width, height) = size(&at("all").join("filters-convolution2.png"));
    assert!(
        width >= 3 * 64 + 2 * 4 && height == 128,
        "{width} x {height}"
    );
    let input = size(&at("all").join("window01-input.png"));
    assert_eq!(size(&at("all").join("window01-saliency.png")), input);

    // The same again, to the byte, of one convolution.
    let one = [&all[..], &["--layer", "convolution2"]].concat();
    lines(&needledrop(&one, &[("--out", &at("one"))]));
    let read = |folder: &str| std::fs::read(at(folder).join("filters-convolution2.png")).unwrap();
    assert!(read("all") == read("one"));
    assert!(!at("one").join("filters-convolution1.png").exists());

    for (arguments, reason) in [
        (
            vec!["pictures", run, "--layer", "stem"],
            "convolution1, convolution2, convolution3",
        ),
        (
            vec!["pictures", at("gnb").to_str().unwrap()],
            "no convolutions",
        ),
        (
            vec!["pictures", at("none").to_str().unwrap()],
            "no finished run",
        ),
    ] {
        let refused = needledrop(&arguments, &[("--out", &at("refused"))]);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        let error = String::from_utf8_lossy(&refused.stderr);
        assert!(error.contains(reason), "{error}");
        assert!(!at("refused").exists(), "{arguments:?}");
    }
}
