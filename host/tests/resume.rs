//! A training process killed with SIGKILL goes on with `--resume` to the very files of an unbroken run.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Files that must be equal to the byte; `metrics.json` holds times and is compared without them.
const FILES: [&str; 8] = [
    "model.onnx",
    "run.json",
    "curves.csv",
    "parity_x.npy",
    "parity_logits.npy",
    "valid_logits.npy",
    "valid_clips.csv",
    "calib_x.npy",
];

fn needledrop() -> Command {
    Command::new(env!("CARGO_BIN_EXE_needledrop"))
}

/// A model whose preset trains with each optimizer: AdamW, Adam with a plateau, RMSprop, SGD with momentum.
const MODELS: [[&str; 2]; 4] = [
    ["compact", "best"],
    ["crnn", "article"],
    ["parallel-cnn-rnn", "article"],
    ["mil", "article"],
];

fn train(set: &Path, run: &Path, [model, preset]: [&str; 2]) -> Command {
    let mut command = needledrop();
    command.args(["train", "--model", model, "--preset", preset]);
    command.args(["--epochs", "4", "--batch", "8", "--seed", "5"]);
    command.arg("--data").arg(set).arg("--run").arg(run);
    command
}

fn ok(output: Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Kills `child` once the checkpoint has been there, and so in the middle of a later epoch.
fn kill_after_a_checkpoint(mut child: std::process::Child, run: &Path) {
    let began = Instant::now();
    while !run.join("checkpoint/last").exists() {
        assert!(began.elapsed() < Duration::from_secs(120), "no checkpoint");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("the process is ours to kill");
    child.wait().expect("a killed child can be waited for");
    assert!(!run.join("run.json").exists(), "it was killed too late");
}

#[test]
fn killed_and_resumed_equals_unbroken() {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, set) = (dir.path().join("corpus"), dir.path().join("set"));
    let synth = [
        "synth",
        "--clips-per-genre",
        "5",
        "--seconds",
        "4",
        "--seed",
        "3",
    ];
    ok(needledrop()
        .args(synth)
        .arg("--out")
        .arg(&corpus)
        .output()
        .unwrap());
    ok(needledrop()
        .arg("prepare")
        .arg("--data")
        .arg(&corpus)
        .arg("--out")
        .arg(&set)
        .output()
        .unwrap());

    for model in MODELS {
        let [whole, broken] = ["whole", "broken"].map(|name| dir.path().join(model[0]).join(name));
        ok(train(&set, &whole, model).output().unwrap());
        let child = train(&set, &broken, model)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        kill_after_a_checkpoint(child, &broken);

        // Without --resume, or with other settings, the folder is left as it is.
        assert!(refused(&train(&set, &broken, model).output().unwrap()).contains("not empty"));
        let other = train(&set, &broken, model)
            .args(["--resume", "--rate", "0.5"])
            .output()
            .unwrap();
        assert!(
            refused(&other).contains("rate 0.") && refused(&other).contains(", not 0.5"),
            "{}",
            refused(&other)
        );

        // Nor does a second trainer touch it while one is at work.
        let lock = std::fs::File::create(broken.join(".lock")).unwrap();
        lock.lock().unwrap();
        let second = train(&set, &broken, model)
            .arg("--resume")
            .output()
            .unwrap();
        assert!(refused(&second).contains("another `needledrop train`"));
        drop(lock);

        // It goes on with every window read from disk, where the other run had all in memory.
        ok(train(&set, &broken, model)
            .args(["--resume", "--memory", "0"])
            .output()
            .unwrap());
        for file in FILES {
            let read = |run: &Path| std::fs::read(run.join(file)).unwrap();
            assert!(read(&whole) == read(&broken), "{file} differs");
        }
        let metrics = |run: &Path| {
            let text = std::fs::read(run.join("metrics.json")).unwrap();
            let mut json: serde_json::Value = serde_json::from_slice(&text).unwrap();
            for time in ["timing", "steps_per_second", "wait_share"] {
                json.as_object_mut().unwrap().remove(time);
            }
            json
        };
        assert_eq!(metrics(&whole), metrics(&broken));
        // Wall times have one length: as many bytes are the same events, each once.
        let events = |run: &Path| {
            let path = run.join("tensorboard/events.out.tfevents.0.needledrop");
            std::fs::metadata(path).unwrap().len()
        };
        assert_eq!(events(&whole), events(&broken));
    }
}
