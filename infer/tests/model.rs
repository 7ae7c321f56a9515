//! From a sealed file to a running model, or a sentence that says why not.

use crate::graphs;
use needledrop_bundle::{
    Decision, InputKind, Matrix, Metadata, ModelFile, Norm, Origin, Window, seal,
};
use needledrop_frontend::FrontendConfig;
use needledrop_infer::Model;
use std::{collections::BTreeMap, fs, path::PathBuf};

fn metadata() -> Metadata {
    let frontend = FrontendConfig::SEED;
    Metadata {
        name: "test".to_owned(),
        model: "linear".to_owned(),
        labels: vec!["a".to_owned(), "b".to_owned()],
        input: InputKind::LogMel,
        norm: Norm::None,
        origin: Origin::of(frontend).unwrap(),
        window: Window {
            frames: 2,
            hop: 1,
            bands: frontend.mel_bands,
        },
        temperature: 1.5,
        thresholds: vec![0.5, 0.5],
        decision: Decision {
            stay: 0.9,
            confident: 0.5,
            gate_dbfs: -65.0,
        },
        data_sha256: "00".repeat(32),
        split_sha256: "00".repeat(32),
        metrics: serde_json::json!({}),
        seed: 1,
        versions: BTreeMap::new(),
        notes: Vec::new(),
        unknown: BTreeMap::new(),
    }
}

fn sealed(metadata: &Metadata) -> Vec<u8> {
    seal(
        &graphs::linear(2, 128, &vec![0.01; 512], &[0.25, -0.25]),
        metadata,
    )
    .unwrap()
}

fn file(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("model.onnx");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn opens_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::open(&file(&folder, &sealed(&metadata()))).unwrap();
    assert_eq!(model.metadata, metadata());
    assert_eq!(model.calibration().temperature, 1.5);
    let mut logits = [0.0; 2];
    model.net.logits(&[0; 256], &mut logits).unwrap();
    assert_eq!(logits, [0.25, -0.25]);
}

#[test]
fn a_flipped_byte_and_a_missing_file_are_sentences() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = sealed(&metadata());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let refused = Model::open(&file(&folder, &bytes))
        .expect_err("refused")
        .to_string();
    assert!(refused.contains("was changed after export"), "{refused}");
    let missing = Model::open(&folder.path().join("no.onnx"))
        .expect_err("refused")
        .to_string();
    assert!(missing.contains("no.onnx"), "{missing}");
}

#[test]
fn imported_features_are_not_live() {
    let folder = tempfile::tempdir().unwrap();
    let mut metadata = metadata();
    metadata.origin = Origin::External(Matrix {
        bands: 128,
        frames: 2,
    });
    let path = file(&folder, &sealed(&metadata));
    let refused = Model::open(&path).expect_err("refused").to_string();
    assert!(
        refused.contains("external:128x2") && refused.contains("cannot hear live input"),
        "{refused}"
    );
    assert!(
        Model::load(ModelFile::read(&path).unwrap()).is_ok(),
        "evaluation may"
    );
}

#[test]
fn a_key_asks_for_a_signature() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &sealed(&metadata()));
    let refused = Model::open_signed(&path, Some(&folder.path().join("key.pub")))
        .expect_err("refused")
        .to_string();
    assert!(
        refused.contains("key.pub is not a minisign public key"),
        "{refused}"
    );
}
