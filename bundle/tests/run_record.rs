//! `run.json` round-trips, and another layout is refused by version.

use needledrop_bundle::{Frontend, Matrix, Norm, Origin, RunInput, RunRecord, Window, file};
use needledrop_frontend::FrontendConfig;
use std::{collections::BTreeMap, fs};

fn record() -> RunRecord {
    RunRecord {
        format: RunRecord::FORMAT,
        model: "compact".to_owned(),
        preset: "best".to_owned(),
        labels: vec!["drum & bass".to_owned(), "no-music".to_owned()],
        input: RunInput::LogMel,
        norm: Norm::Window,
        window: Window {
            frames: 130,
            hop: 65,
            bands: 128,
        },
        origin: Origin::of(FrontendConfig::SEED).unwrap(),
        seed: 7,
        parameters: 74_000,
        pretrained_sha256: None,
        notes: Vec::new(),
        data_sha256: "00".repeat(32),
        split_sha256: "11".repeat(32),
        versions: BTreeMap::from([("burn".to_owned(), "0.21.0".to_owned())]),
        members: Vec::new(),
    }
}

#[test]
fn round_trips() {
    let run = tempfile::tempdir().unwrap();
    let matrix = Matrix {
        bands: 128,
        frames: 130,
    };
    let ours = record().origin;
    let assumed = Origin::Frontend(Frontend {
        assumed: Some(matrix),
        ..*ours.frontend().unwrap()
    });
    for origin in [ours, assumed, Origin::External(matrix)] {
        let record = RunRecord { origin, ..record() };
        record.write(run.path()).unwrap();
        assert_eq!(RunRecord::read(run.path()).unwrap(), record);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_path() {
    let run = tempfile::tempdir().unwrap();
    let refused = || {
        RunRecord::read(run.path())
            .expect_err("refused")
            .to_string()
    };
    assert!(
        refused().contains("run.json: No such file"),
        "{}",
        refused()
    );
    assert!(record().write(&run.path().join("missing")).is_err());

    record().write(run.path()).unwrap();
    let path = run.path().join(file::RECORD);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"format\": 1", "\"format\": 2", 1)).unwrap();
    assert!(
        refused().contains("run folder format 2, this program reads 1; update this program"),
        "{}",
        refused()
    );
    // The version is read first: what else changed with it does not matter.
    fs::write(&path, "{\"format\": 0, \"models\": []}").unwrap();
    assert!(
        refused().contains("format 0, this program reads 1; train the model again"),
        "{}",
        refused()
    );
    fs::write(&path, text.replacen("\"window\"", "\"windows\"", 1)).unwrap();
    assert!(
        refused().contains("run.json") && refused().contains("window"),
        "{}",
        refused()
    );
    fs::write(&path, "not json").unwrap();
    assert!(refused().contains("run.json"), "{}", refused());
}
