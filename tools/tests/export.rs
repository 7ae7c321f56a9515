//! `export` from end to end: a run folder made here, the program as users run it, the model it leaves.
//!
//! Parity needs ONNX Runtime. It is found as the program finds it (ORT_DYLIB_PATH, then the folder that
//! tools/onnxruntime fills). tools/check sets ORT_DYLIB_PATH; a library that is promised there and missing fails these
//! tests. Where it is nowhere, they say that they were skipped.

use crate::{arrays, graphs};
use needledrop_bundle::{
    Frontend, Matrix, ModelFile, Norm, Origin, RunInput, RunRecord, Signature, Window, file,
};
use needledrop_frontend::{FrontendConfig, FrontendId};
use needledrop_infer::Model;
use npyz::AutoSerialize;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

const FRAMES: usize = 3;
const BANDS: usize = 128;
const LABELS: [&str; 4] = ["blues", "drum & bass | live", "jazz", "no-music"];
const PARITY_WINDOWS: usize = 16;
/// Margin of every validation window's logits, and how many of ten it is right: sure of itself, and right 8 in 10.
const MARGIN: f32 = 5.0;

/// A run folder and a folder of models that does not exist yet.
struct Setting {
    folder: tempfile::TempDir,
    runtime: PathBuf,
}

impl Setting {
    /// None, with a word on stderr, when ONNX Runtime is nowhere.
    fn new(test: &str) -> Option<Self> {
        let Some(runtime) = runtime() else {
            eprintln!("{test}: skipped, ONNX Runtime is not here; run tools/onnxruntime once");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let setting = Self { folder, runtime };
        write_run(&setting.run());
        Some(setting)
    }

    fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_export"));
        command
            .arg(self.run())
            .arg("--models")
            .arg(self.models())
            .args(arguments);
        command
            .env("ORT_DYLIB_PATH", &self.runtime)
            .env_remove("NEEDLEDROP_SIGN_PASSWORD");
        command
    }

    fn export(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Asserts that nothing was written.
    fn nothing_written(&self) {
        assert!(!self.models().exists(), "{:?}", names(&self.models()));
    }
}

fn runtime() -> Option<PathBuf> {
    if let Some(named) = env::var_os("ORT_DYLIB_PATH").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        assert!(
            named.is_file(),
            "ORT_DYLIB_PATH promises {}, which is not there",
            named.display()
        );
        return Some(named);
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?
        .join("needledrop");
    let folders = fs::read_dir(cache)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()));
    let found = folders.filter(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("onnxruntime-"))
    });
    found
        .map(|path| path.join("libonnxruntime.so"))
        .find(|library| library.is_file())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Deterministic values in -1..1.
fn noise(seed: u32) -> impl Iterator<Item = f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    })
}

fn npy<T: AutoSerialize + Copy>(path: &Path, shape: &[u64], values: &[T]) {
    fs::write(path, arrays::npy(shape, values)).unwrap();
}

/// Imported matrices of the window's size.
const MATRIX: Matrix = Matrix {
    bands: BANDS,
    frames: FRAMES,
};

fn frontend() -> Frontend {
    *record().origin.frontend().unwrap()
}

fn record() -> RunRecord {
    RunRecord {
        format: RunRecord::FORMAT,
        model: "linear".to_owned(),
        preset: "best".to_owned(),
        labels: LABELS.map(str::to_owned).to_vec(),
        input: RunInput::LogMel,
        norm: Norm::None,
        window: Window {
            frames: FRAMES,
            hop: 2,
            bands: BANDS,
        },
        origin: Origin::of(FrontendConfig::SEED).unwrap(),
        seed: 11,
        parameters: (FRAMES * BANDS * LABELS.len() + LABELS.len()) as u64,
        pretrained_sha256: None,
        notes: Vec::new(),
        data_sha256: "ab".repeat(32),
        split_sha256: "cd".repeat(32),
        versions: BTreeMap::from([("needledrop".to_owned(), "0.1.0".to_owned())]),
        members: Vec::new(),
    }
}

/// The run of a linear classifier whose logits are computed here, in f64.
fn write_run(run: &Path) {
    fs::create_dir(run).unwrap();
    let classes = LABELS.len();
    let weights: Vec<f32> = noise(1)
        .take(FRAMES * BANDS * classes)
        .map(|w| w / 50.0)
        .collect();
    let bias = [0.5f32, -0.25, 0.0, 1.0];
    fs::write(
        run.join(file::MODEL),
        graphs::linear(FRAMES, BANDS, &weights, &bias),
    )
    .unwrap();
    record().write(run).unwrap();

    let x: Vec<i16> = noise(2)
        .take(PARITY_WINDOWS * FRAMES * BANDS)
        .map(|v| (v * 12_000.0) as i16 - 12_000)
        .collect();
    let logits: Vec<f32> = x
        .chunks_exact(FRAMES * BANDS)
        .flat_map(|window| {
            let (weights, bias) = (&weights, &bias);
            (0..classes).map(move |class| {
                let term = |(i, &x): (usize, &i16)| {
                    f64::from(x) / 256.0 * f64::from(weights[i * classes + class])
                };
                (f64::from(bias[class]) + window.iter().enumerate().map(term).sum::<f64>()) as f32
            })
        })
        .collect();
    npy(
        &run.join(file::PARITY_X),
        &[PARITY_WINDOWS as u64, FRAMES as u64, BANDS as u64],
        &x,
    );
    npy(
        &run.join(file::PARITY_LOGITS),
        &[PARITY_WINDOWS as u64, classes as u64],
        &logits,
    );

    let windows = 400;
    let said = |window: usize| window % classes;
    let truth: Vec<i64> = (0..windows)
        .map(|window| if window / classes % 10 < 8 { said(window) } else { (said(window) + 1) % classes } as i64)
        .collect();
    let valid: Vec<f32> = (0..windows)
        .flat_map(|window| {
            (0..classes).map(move |class| if class == said(window) { MARGIN } else { 0.0 })
        })
        .collect();
    npy(
        &run.join(file::VALID_LOGITS),
        &[windows as u64, classes as u64],
        &valid,
    );
    npy(&run.join(file::VALID_LABELS), &[windows as u64], &truth);
    fs::write(run.join(file::METRICS), r#"{"epochs": 3}"#).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Exit code and stderr of a run that must not panic and must not write.
fn refused(output: &Output, code: i32) -> String {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(
        stderr.trim_end().lines().count(),
        1,
        "one sentence: {stderr}"
    );
    stderr
}

#[test]
fn a_run_becomes_a_model() {
    let Some(setting) = Setting::new("a_run_becomes_a_model") else {
        return;
    };
    let output = setting.export(&["--name", "linear-1", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();

    let folder = setting.models().join("linear-1");
    assert_eq!(names(&folder), ["card.md", "metrics.json", "model.onnx"]);
    assert_eq!(names(&setting.models()), ["linear-1"]);
    let path = folder.join("model.onnx");
    let mut model = Model::open(&path).unwrap();
    assert_eq!(summary["sha256"], model.sha256.as_str());
    assert_eq!(summary["exported"], true);

    // What the run said is what the model says.
    let (record, metadata) = (record(), &model.metadata);
    assert_eq!(metadata.labels, record.labels);
    assert_eq!(metadata.origin, record.origin);
    assert_eq!(
        (metadata.window, metadata.seed, metadata.norm),
        (record.window, record.seed, record.norm)
    );
    assert_eq!(metadata.versions["needledrop"], "0.1.0");
    assert_eq!(metadata.data_sha256, record.data_sha256);

    // Right 8 times in 10 against three others: the best margin is ln(0.8 / (0.2 / 3)).
    let expected = f64::from(MARGIN) / (0.8f64 / (0.2 / 3.0)).ln();
    assert!(
        (f64::from(metadata.temperature) - expected).abs() < 2e-3,
        "{} {expected}",
        metadata.temperature
    );
    let calibration = &summary["calibration"];
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    assert!(
        number(&calibration["ece_before"]) > 0.15 && number(&calibration["ece_after"]) < 0.005,
        "{calibration}"
    );
    assert!((number(&summary["validation"]["accuracy"]) - 0.8).abs() < 1e-9);

    // The costs are those of the graph.
    let arithmetic = FRAMES * BANDS * LABELS.len();
    assert_eq!(summary["cost"]["multiply_adds_per_window"], arithmetic);
    let hops_per_second = 22_050.0 / (2.0 * 512.0);
    let per_second = number(&summary["cost"]["multiply_adds_per_second"]);
    assert!((per_second - arithmetic as f64 * hops_per_second).abs() < 1e-6 * per_second);
    assert_eq!(summary["cost"]["bytes"], fs::metadata(&path).unwrap().len());
    assert!(
        number(&summary["parity"]["tract"]) < 1e-4
            && number(&summary["parity"]["onnx_runtime"]) < 1e-4
    );
    assert!(number(&summary["latency"]["median_us"]) > 0.0);

    // The same run under the same name gives the same bytes.
    let first = fs::read(&path).unwrap();
    assert!(setting.export(&["--name", "linear-1"]).status.success());
    assert_eq!(fs::read(&path).unwrap(), first);

    // The packed graph still runs and is the same.
    let mut logits = [0.0; 4];
    model.net.logits(&[0; FRAMES * BANDS], &mut logits).unwrap();
    assert_eq!(logits, [0.5, -0.25, 0.0, 1.0]);

    let card = fs::read_to_string(folder.join("card.md")).unwrap();
    for needed in [
        "# linear-1",
        "drum & bass \\| live",
        &"ab".repeat(32),
        "Parity",
        &model.sha256,
        "Limits",
    ] {
        assert!(card.contains(needed), "{needed}:\n{card}");
    }
    let metrics: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("metrics.json")).unwrap()).unwrap();
    assert_eq!(metrics["run"]["epochs"], 3);
    assert_eq!(metrics["calibration"], summary["calibration"]);
}

#[test]
fn a_flipped_byte_in_the_model_is_seen() {
    let Some(setting) = Setting::new("a_flipped_byte_in_the_model_is_seen") else {
        return;
    };
    assert!(setting.export(&["--name", "a"]).status.success());
    let path = setting.models().join("a/model.onnx");
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, damaged).unwrap();
        assert!(Model::open(&path).is_err(), "byte {at}");
    }
}

#[test]
fn a_run_whose_runtimes_disagree_is_refused_and_nothing_is_written() {
    let Some(setting) = Setting::new("a_run_whose_runtimes_disagree") else {
        return;
    };
    let path = setting.run().join(file::PARITY_LOGITS);
    let good = fs::read(&path).unwrap();
    let last = good.len() - 4;
    let value = f32::from_le_bytes(good[last..].try_into().unwrap());
    for wrong in [value + 0.01, f32::NAN, f32::INFINITY] {
        let mut bad = good.clone();
        bad[last..].copy_from_slice(&wrong.to_le_bytes());
        fs::write(&path, bad).unwrap();
        let output = setting.export(&["--name", "a"]);
        let stderr = refused(&output, 1);
        assert!(stderr.contains("nothing was written"), "{stderr}");
        assert!(
            text(&output.stdout).contains("worst difference"),
            "{}",
            text(&output.stdout)
        );
        setting.nothing_written();
    }
    let output = setting.export(&["--name", "a", "--json"]);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&summary["exported"], &summary["parity"]["passed"]),
        (&false.into(), &false.into())
    );
    // Within the tolerance of 1e-4 it passes.
    let mut near = good.clone();
    near[last..].copy_from_slice(&(value + 5e-5).to_le_bytes());
    fs::write(&path, near).unwrap();
    assert!(setting.export(&["--name", "a"]).status.success());
}

#[test]
fn without_onnx_runtime_there_is_a_sentence_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    write_run(&folder.path().join("run"));
    let setting = Setting {
        folder,
        runtime: PathBuf::from("/nonexistent/libonnxruntime.so"),
    };
    let stderr = refused(&setting.export(&["--name", "a"]), 2);
    assert!(
        stderr
            .contains("/nonexistent/libonnxruntime.so, which is not there; run tools/onnxruntime"),
        "{stderr}"
    );

    let text_file = setting.folder.path().join("text.so");
    fs::write(&text_file, "no library").unwrap();
    let stderr = refused(
        &setting
            .command(&["--name", "a"])
            .env("ORT_DYLIB_PATH", text_file)
            .output()
            .unwrap(),
        2,
    );
    assert!(
        stderr.contains("text.so") && stderr.contains("tools/onnxruntime"),
        "{stderr}"
    );

    let mut unset = setting.command(&["--name", "a"]);
    unset
        .env_remove("ORT_DYLIB_PATH")
        .env("XDG_CACHE_HOME", setting.folder.path());
    let stderr = refused(&unset.output().unwrap(), 2);
    assert!(
        stderr.contains("ONNX Runtime is not in") && stderr.contains("tools/onnxruntime"),
        "{stderr}"
    );
    setting.nothing_written();
}

#[test]
fn an_existing_model_is_replaced_as_a_whole() {
    let Some(setting) = Setting::new("an_existing_model_is_replaced") else {
        return;
    };
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let (secret, public) = (
        setting.folder.path().join("key"),
        setting.folder.path().join("key.pub"),
    );
    fs::write(&secret, keys.sk.to_box(None).unwrap().into_string()).unwrap();
    fs::write(&public, keys.pk.to_box().unwrap().to_string()).unwrap();
    let folder = setting.models().join("a");
    let path = folder.join("model.onnx");

    let signed = setting.export(&["--name", "a", "--sign", secret.to_str().unwrap()]);
    assert!(signed.status.success(), "{}", text(&signed.stderr));
    assert_eq!(
        names(&folder),
        [
            "card.md",
            "metrics.json",
            "model.onnx",
            "model.onnx.minisig"
        ]
    );
    let model = ModelFile::read(&path).unwrap();
    let expected = Signature::Valid {
        trusted_comment: "needledrop model a".to_owned(),
    };
    assert_eq!(
        model.check_signature(&path, Some(&public)).unwrap(),
        expected
    );
    assert!(Model::open_signed(&path, Some(&public)).is_ok());

    // Another run under the same name, unsigned: no old signature may lie beside the new model.
    let mut other = record();
    other.seed = 12;
    other.write(&setting.run()).unwrap();
    assert!(setting.export(&["--name", "a"]).status.success());
    assert_eq!(names(&folder), ["card.md", "metrics.json", "model.onnx"]);
    assert_eq!(ModelFile::read(&path).unwrap().metadata.seed, 12);
    assert_eq!(names(&setting.models()), ["a"]);

    // A run that fails leaves the model that is there.
    fs::write(setting.run().join(file::MODEL), "damaged").unwrap();
    refused(&setting.export(&["--name", "a"]), 2);
    assert_eq!(ModelFile::read(&path).unwrap().metadata.seed, 12);

    // A folder that is no model is not touched.
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    assert!(
        refused(&setting.export(&["--name", "a"]), 2)
            .contains("notes.txt, which is no part of a model")
    );
}

#[test]
fn what_is_missing_or_damaged_is_named() {
    let Some(setting) = Setting::new("what_is_missing_or_damaged_is_named") else {
        return;
    };
    let run = setting.run();
    let with = |name: &str, content: &[u8]| {
        let path = run.join(name);
        let good = fs::read(&path).unwrap();
        fs::write(&path, content).unwrap();
        let stderr = refused(&setting.export(&["--name", "a"]), 2);
        fs::write(&path, good).unwrap();
        assert!(stderr.contains(name), "{name}: {stderr}");
        stderr
    };
    for name in [
        file::MODEL,
        file::PARITY_X,
        file::PARITY_LOGITS,
        file::VALID_LOGITS,
        file::VALID_LABELS,
        file::METRICS,
    ] {
        with(name, b"damaged");
        with(name, b"");
    }
    let text = fs::read_to_string(run.join(file::RECORD)).unwrap();
    let version = with(
        file::RECORD,
        text.replacen("\"format\": 1", "\"format\": 9", 1)
            .as_bytes(),
    );
    assert!(
        version.contains("run folder format 9, this program reads 1"),
        "{version}"
    );

    let mut other = record();
    other.origin = Origin::Frontend(Frontend {
        id: FrontendId([0x71; 8]),
        ..frontend()
    });
    other.write(&run).unwrap();
    let stderr = refused(&setting.export(&["--name", "a"]), 2);
    assert!(
        stderr.contains("7171717171717171") && stderr.contains("train again"),
        "{stderr}"
    );
    for name in [file::PARITY_LOGITS, file::VALID_LABELS] {
        fs::remove_file(run.join(name)).unwrap();
    }
    // A study run is refused for what it is, whatever files it has.
    other.origin = record().origin;
    other.input = RunInput::Fma518;
    other.write(&run).unwrap();
    let stderr = refused(&setting.export(&["--name", "a", "--allow-external"]), 2);
    assert!(
        stderr.contains("fma518") && stderr.contains("no board computes"),
        "{stderr}"
    );
    record().write(&run).unwrap();
    let stderr = refused(&setting.export(&["--name", "a"]), 2);
    assert!(
        stderr.contains("lacks parity_logits.npy, valid_labels.npy"),
        "{stderr}"
    );
    fs::remove_dir_all(&run).unwrap();
    assert!(refused(&setting.export(&["--name", "a"]), 2).contains("is not there"));
    setting.nothing_written();
}

#[test]
fn arguments_that_cannot_be_are_sentences() {
    let Some(setting) = Setting::new("arguments_that_cannot_be_are_sentences") else {
        return;
    };
    for name in ["../a", "a/b", ".hidden", ""] {
        assert!(
            refused(&setting.export(&["--name", name]), 2).contains("--name"),
            "{name}"
        );
    }
    assert!(
        refused(&setting.export(&["--name", "a", "--int8"]), 2)
            .contains("--int8 is not available yet")
    );
    let missing = refused(
        &setting.export(&["--name", "a", "--sign", "/nonexistent/key"]),
        2,
    );
    assert!(missing.contains("/nonexistent/key"), "{missing}");
    let damaged = setting.run().join(file::METRICS);
    assert!(
        refused(
            &setting.export(&["--name", "a", "--sign", damaged.to_str().unwrap()]),
            2
        )
        .contains("secret key")
    );
    setting.nothing_written();
}

#[test]
fn imported_features_need_their_flag_and_stay_marked() {
    let Some(setting) = Setting::new("imported_features_need_their_flag") else {
        return;
    };
    let mut external = record();
    external.origin = Origin::External(MATRIX);
    external.write(&setting.run()).unwrap();
    assert!(refused(&setting.export(&["--name", "a"]), 2).contains("--allow-external"));
    setting.nothing_written();
    let output = setting.export(&["--name", "a", "--allow-external"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let path = setting.models().join("a/model.onnx");
    assert!(
        Model::open(&path)
            .expect_err("refused")
            .to_string()
            .contains("cannot hear live input")
    );
    let card = fs::read_to_string(setting.models().join("a/card.md")).unwrap();
    for words in ["Not for live input", "external:128x3"] {
        assert!(card.contains(words), "{words}: {card}");
    }
    assert!(!card.contains("needledrop-device run"), "{card}");
}

#[test]
fn assumed_features_export_as_our_own_and_the_card_says_so() {
    let Some(setting) = Setting::new("assumed_features_export_as_our_own") else {
        return;
    };
    let mut assumed = record();
    assumed.origin = Origin::Frontend(Frontend {
        assumed: Some(MATRIX),
        ..frontend()
    });
    assumed.write(&setting.run()).unwrap();
    let output = setting.export(&["--name", "a"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let model = Model::open(&setting.models().join("a/model.onnx")).unwrap();
    assert_eq!(model.metadata.origin, assumed.origin);
    let card = fs::read_to_string(setting.models().join("a/card.md")).unwrap();
    for words in ["Features assumed", "imported matrices of 128x3"] {
        assert!(card.contains(words), "{words}: {card}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let Some(setting) = Setting::new("a_reader_that_goes_away_is_no_error") else {
        return;
    };
    let mut child = setting
        .command(&["--name", "a"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(0), String::new())
    );
    assert!(ModelFile::read(&setting.models().join("a/model.onnx")).is_ok());
}
