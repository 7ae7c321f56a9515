//! A small data set, and a file of one second: one window for every network, so that `predict` and `replay` say the
//! same.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::answers;
use crate::support::programs::{Finished, json, run, text};

/// Styles that are kept of the synthesised corpus; fewer make a shorter test.
const STYLES: usize = 3;

/// A small data set with both kinds, and a file of one second: one window for every network.
pub(crate) struct Material {
    pub(crate) folder: tempfile::TempDir,
}

impl Material {
    pub(crate) fn make(kinds: &str) -> Self {
        Self::of("seed", kinds)
    }

    /// For a preset of the frontend.
    pub(crate) fn of(preset: &str, kinds: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let music = folder.path().join("music");
        let synth = ["--clips-per-genre", "5", "--seconds", "8", "--seed", "4"];
        run(
            "needledrop",
            ["synth", "--out", text(&music)].iter().chain(&synth),
        )
        .succeeded();
        let mut styles: Vec<PathBuf> = fs::read_dir(&music)
            .expect("styles")
            .map(|entry| entry.expect("a style").path())
            .filter(|path| path.is_dir())
            .collect();
        styles.sort();
        for style in &styles[STYLES..] {
            fs::remove_dir_all(style).expect("a style can be left out");
        }
        let material = Self { folder };
        let data = material.data();
        let prepare = [
            "prepare",
            "--data",
            text(&music),
            "--out",
            text(&data),
            "--kinds",
            kinds,
            "--preset",
            preset,
        ];
        run("needledrop", prepare).succeeded();
        let clip = fs::read_dir(&styles[0])
            .expect("clips")
            .map(|entry| entry.expect("a clip").path())
            .find(|path| path.extension().is_some_and(|it| it == "wav"))
            .expect("a clip");
        let mut reader = hound::WavReader::open(clip).expect("a WAV file");
        let spec = reader.spec();
        let second = spec.sample_rate as usize * usize::from(spec.channels);
        let mut writer = hound::WavWriter::create(material.second(), spec).expect("a WAV file");
        for sample in reader.samples::<i16>().skip(second).take(second) {
            writer
                .write_sample(sample.expect("a sample"))
                .expect("room");
        }
        writer.finalize().expect("a whole file");
        material
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn second(&self) -> PathBuf {
        self.folder.path().join("second.wav")
    }

    pub(crate) fn train(&self, model: &str, more: &[&str]) -> (PathBuf, Finished) {
        let training = self
            .folder
            .path()
            .join([model, &more.concat().replace('/', "-")].concat());
        let data = self.data();
        let mut arguments = vec!["train", "--model", model, "--data", text(&data)];
        arguments.extend(["--run", text(&training)]);
        arguments.extend(more);
        let finished = run("needledrop", arguments);
        (training, finished)
    }
}

/// The most probable label and its probability in 1/1000.
pub(crate) fn predicted(model: &Path, audio: &Path) -> (String, u64) {
    let arguments = ["predict", "--json", "--model", text(model), text(audio)];
    let answer = json(&run("needledrop", arguments).succeeded());
    let file = &answer["files"][0];
    assert_eq!(file["windows"], 1, "{answer}");
    let best = &file["top"][0];
    let probability = best["probability"].as_f64().expect("a probability");
    let label = best["label"].as_str().expect("a label");
    (label.to_owned(), (probability * 1000.0 + 0.5) as u64)
}

/// The same of the board's program.
pub(crate) fn replayed(model: &Path, audio: &Path) -> (String, u64) {
    let tags = answers::replayed(model, &[audio.to_owned()]);
    let tag = tags.first().expect("a last record");
    let genre = answers::first_candidate(tag).expect("a genre");
    let permille = tag["probability_permille"].as_u64();
    (
        genre.to_owned(),
        permille.unwrap_or_else(|| panic!("{tag}")),
    )
}
