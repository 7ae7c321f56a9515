//! `needledrop evaluate`: figures by window, segment and clip agree with each other, and what can't be judged is said.

use crate::small::{Finished, Small, needledrop, text};
use serde_json::Value;
use std::path::Path;

fn evaluate(run: &Path, data: &Path, more: &[&str]) -> Finished {
    let arguments = ["evaluate", "--run", text(run), "--data", text(data)];
    needledrop(arguments.iter().chain(more))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn counts(matrix: &Value) -> Vec<Vec<u64>> {
    serde_json::from_value(matrix.clone()).expect("counts")
}

/// Figures by class are those of the confusion matrix beside them.
fn agree(level: &Value, confusion: &Value) {
    let confusion = counts(confusion);
    let sum: u64 = confusion.iter().flatten().sum();
    assert_eq!(level["n"], sum);
    for (class, row) in confusion.iter().enumerate() {
        let figures = &level["classes"][class];
        let there: u64 = row.iter().sum();
        assert_eq!(figures["support"], there);
        let recall = (there > 0).then(|| row[class] as f64 / there as f64);
        assert_eq!(figures["recall"].as_f64(), recall, "{level}");
    }
    let right: u64 = (0..confusion.len())
        .map(|class| confusion[class][class])
        .sum();
    assert_eq!(level["accuracy"].as_f64(), Some(right as f64 / sum as f64));
}

#[test]
fn levels_agree_and_bad_input_is_named() {
    let small = Small::make();
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|style| small.styles[style].as_str());
    let two = small.prepare("two", &[first, second], &[]);
    let run = small.train("run", &two, &["--model", "gnb", "--preset", "article"]);

    // 24 s a clip: three segments, the last one short.
    let train = ["--split", "train", "--json"];
    let report = json(&evaluate(&run, &two, &train).succeeded());
    let clips = report["clips"]["n"].as_u64().expect("a count");
    assert_eq!(report["segments"]["n"], 3 * clips);
    assert_eq!(report["segment_rule"]["seconds"], 10.0);
    agree(&report["clips"], &report["confusion"]);
    agree(&report["majority"], &report["majority_confusion"]);
    agree(&report["segments"], &report["segment_confusion"]);
    agree(&report["windows"], &report["window_confusion"]);
    for level in ["clips", "segments", "windows"] {
        for figure in ["accuracy", "macro_f1", "log_loss", "ece"] {
            assert!(report[level][figure].is_f64(), "{level} {figure}");
        }
    }

    let one = ["--segments", "1", "--segment-seconds", "60"];
    let whole = json(&evaluate(&run, &two, &[&train[..], &one].concat()).succeeded());
    assert_eq!(whole["segments"]["n"], clips);
    assert_eq!(whole["segment_confusion"], whole["confusion"]);
    assert_eq!(whole["segments"]["log_loss"], whole["clips"]["log_loss"]);

    let table = evaluate(&run, &two, &["--split", "train"]).succeeded();
    for word in ["segments", "majority", "recall", "prec.", first, second] {
        assert!(table.contains(word), "{word} is missing from\n{table}");
    }

    // The trainer has the same figures of the validation split.
    let metrics = json(&std::fs::read_to_string(run.join("metrics.json")).expect("metrics"));
    let valid = json(&evaluate(&run, &two, &["--split", "valid", "--json"]).succeeded());
    for level in ["clips", "majority", "segments", "windows"] {
        assert_eq!(metrics["valid"][level]["n"], valid[level]["n"], "{level}");
        assert_eq!(
            metrics["valid"][level]["classes"], valid[level]["classes"],
            "{level}"
        );
    }

    // A genre that the model does not know is counted; if there is no other, that is said.
    let three = small.prepare("three", &[first, second, third], &[]);
    let report = json(&evaluate(&run, &three, &train).succeeded());
    assert!(
        report["unknown_genres"][third].as_u64() > Some(0),
        "{report}"
    );
    let table = evaluate(&run, &three, &["--split", "train"]).succeeded();
    let said = format!("clips of {third}, which the model does not know");
    assert!(table.contains(&said), "{table}");
    let strange = small.prepare("strange", &[third, fourth], &[]);
    let refused = evaluate(&run, &strange, &train).refused();
    assert!(
        refused.contains("no train clip has a label of the model's") && refused.contains(first),
        "{refused}"
    );

    // A set without what the model takes names the option that makes it.
    let pcm = small.prepare("pcm", &[first, second], &["--kinds", "pcm"]);
    let refused = evaluate(&run, &pcm, &train).refused();
    assert!(
        refused.contains("prepare it with --kinds logmel"),
        "{refused}"
    );

    // A run folder of another version says which, and what to do.
    let record = run.join("run.json");
    let text = std::fs::read_to_string(&record).expect("a record");
    for (format, step) in [
        ("99", "update this program"),
        ("0", "train the model again"),
    ] {
        let other = text.replace("\"format\": 1", &format!("\"format\": {format}"));
        assert_ne!(other, text);
        std::fs::write(&record, other).expect("room");
        let refused = evaluate(&run, &two, &train).refused();
        let found = format!("run folder format {format}");
        assert!(
            refused.contains(&found) && refused.contains(step),
            "{refused}"
        );
    }
    std::fs::remove_file(&record).expect("it was there");
    let refused = evaluate(&run, &two, &train).refused();
    assert!(
        refused.contains("no finished run: run.json is not there"),
        "{refused}"
    );
}
