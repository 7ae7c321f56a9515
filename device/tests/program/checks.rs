//! What is around hearing: settings in a file, `selftest`, `score`, `bench`, `diagnose`, `--version`.
use crate::{
    program::bench::{Bench, last_tags, records},
    support::tone,
};
use needledrop_device::version;
use std::fs;

#[test]
fn a_configuration_file_takes_the_place_of_flags() {
    let bench = Bench::new();
    fs::write(
        bench.path("board.toml"),
        "model = \"model.onnx\"\ninput = \"low.wav\"\nformat = \"jsonl\"\nserial = \"-\"\n",
    )
    .unwrap();
    let output = bench.run(&["run", "--config", "board.toml"]);
    assert!(output.stdout.starts_with(b"{\"type\":\"begin\""));
    assert_eq!(last_tags(&records(&output.stdout)).len(), 1);
    fs::write(
        bench.path("list.toml"),
        "model = \"model.onnx\"\ninput = \"low.wav\"\nserial = [\"/dev/no-such-port\", \"-\"]\n",
    )
    .unwrap();
    let output = bench.run(&["run", "--config", "list.toml"]);
    assert_eq!(last_tags(&records(&output.stdout)).len(), 1);
    for wrong in ["serial = 1", "format = \"xml\"", "socket = [\"a\"]"] {
        fs::write(bench.path("wrong.toml"), wrong).unwrap();
        let said = bench.fails(2, &["run", "--config", "wrong.toml"]);
        assert!(said.contains("wrong.toml"), "{said}");
    }
    fs::write(bench.path("wrong.toml"), "modell = \"model.onnx\"\n").unwrap();
    let said = bench.fails(2, &["run", "--config", "wrong.toml"]);
    assert!(
        said.contains("wrong.toml") && said.contains("modell"),
        "{said}"
    );
    assert!(
        bench
            .fails(2, &["run", "--config", "gone.toml"])
            .contains("gone.toml")
    );
}

#[test]
fn the_self_test_passes_here_and_fails_on_a_damaged_model() {
    let bench = Bench::new();
    let output = bench.run(&["selftest", "--model", "model.onnx"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.lines().count() >= 7 && said.lines().all(|line| line.starts_with("ok")),
        "{said}"
    );
    let output = bench.run(&["selftest", "--model", "plain.onnx"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.starts_with(b"fail  model"));
}

#[test]
fn score_compares_with_the_manifest() {
    let bench = Bench::new();
    bench.wav("soft.wav", 1, &tone(200.0, 10.0, 3.0));
    fs::write(bench.path("m.csv"), "path,genre\nlow.wav,\"low, tenor\"\nhigh.wav,high\nhigh.wav,\"low, tenor\"\nsoft.wav,no-music\ngone.wav,high\nlow.wav,polka\n").unwrap();
    let output = bench.run(&[
        "score",
        "--model",
        "model.onnx",
        "--manifest",
        "m.csv",
        "--json",
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("gone.wav") && said.contains("polka"),
        "{said}"
    );
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&found["genre_clips"], &found["no_music_recall"]),
        (&3.into(), &1.0.into())
    );
    assert_eq!(found["accuracy"], 2.0 / 3.0);
    assert_eq!(
        (&found["bad_files"], &found["unknown_genres"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn bench_and_diagnose_say_what_they_measure() {
    let bench = Bench::new();
    let output = bench.run(&["bench", "--model", "model.onnx", "--json"]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in [
        "frontend_us_per_frame",
        "net_us_per_window",
        "real_time_factor",
    ] {
        assert!(
            found[name].as_f64().is_some_and(|value| value > 0.0),
            "{found}"
        );
    }
    assert_eq!(found["net_multiply_adds"], 40 * 20 * 3);
    let output = bench.run(&["diagnose"]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stdout);
    for part in [
        "program", "protocol", "memory", "clock", "groups", "records", "serial", "audio",
    ] {
        assert!(
            said.lines().any(|line| line.starts_with(part)),
            "{part} in {said}"
        );
    }
}

#[test]
fn the_version_names_the_commit_and_the_frontends() {
    let bench = Bench::new();
    let said = bench.run(&["--version"]);
    assert_eq!(said.status.code(), Some(0));
    let text = String::from_utf8(said.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("needledrop-device {}", version::VERSION));
    for name in ["seed", "mfcc", "compact"] {
        let id = needledrop_frontend::FrontendConfig::preset(name)
            .unwrap()
            .id()
            .unwrap();
        assert!(
            lines.contains(&format!("frontend {name} {id}").as_str()),
            "{text}"
        );
    }
    assert_eq!(bench.run(&["-V"]).stdout, text.as_bytes());
    let begin = &records(
        &bench
            .run(&["replay", "low.wav", "--model", "model.onnx"])
            .stdout,
    )[0];
    let needledrop_protocol::Body::Begin(begin) = &begin.body else {
        panic!("{begin:?}")
    };
    assert_eq!(begin.firmware.as_str(), version::FIRMWARE);
}
