//! Killed runs and divided runs end in the bytes of a single run.

use super::music::{Folder, song, write_wav};
use crate::outcome::{contents, stderr, summary};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Clips of three genres, one of them a duplicate, one of them silent, and a file that is none.
fn write_music(folder: &Folder, clips: u32) {
    for clip in 0..clips {
        for (number, genre) in ["blues", "no-music", "waltz"].iter().enumerate() {
            let pcm = song(clip * 3 + number as u32, 0.5);
            write_wav(&folder.data.join(format!("{genre}/{clip:03}.wav")), &pcm);
        }
    }
    write_wav(&folder.data.join("blues/again.wav"), &song(2, 0.5));
    write_wav(&folder.data.join("waltz/mute.wav"), &[0; 11_025]);
    fs::write(folder.data.join("waltz/words.mp3"), "words").unwrap();
}

fn merge(parts: &[PathBuf], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_needledrop"))
        .args(["data", "merge", "--json", "--out"])
        .arg(out)
        .args(parts)
        .output()
        .unwrap()
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", stderr(output));
    stderr(output)
        .lines()
        .find(|line| line.starts_with("error: "))
        .unwrap()
        .to_owned()
}

/// Part `part` of `parts`, in a folder of its own.
fn part(folder: &Folder, part: u32, parts: u32, more: &[&str]) -> PathBuf {
    let out = folder.root.join(format!("part{part}of{parts}"));
    let share = format!("{part}/{parts}");
    let output = folder
        .command_into(&out, &[&["--part", &share], more].concat())
        .output()
        .unwrap();
    let summary = summary(&output);
    assert_eq!(
        (&summary["part"], &summary["parts"]),
        (&part.into(), &parts.into())
    );
    out
}

#[test]
fn parts_merge_to_the_bytes_of_a_single_run() {
    let folder = Folder::new();
    write_music(&folder, 5);
    let options = ["--kinds", "logmel,pcm", "--shards", "3"];
    let whole = summary(&folder.command(&options).output().unwrap());
    assert_eq!(whole["clips"], 16);
    let expected = contents(&folder.out);
    // Three parts in any order; and more parts than there are clips.
    for parts in [3, 25] {
        let mut folders: Vec<PathBuf> = (1..=parts)
            .map(|number| part(&folder, number, parts, &options))
            .collect();
        folders.reverse();
        let out = folder.root.join(format!("merged{parts}"));
        let merged = summary(&merge(&folders, &out));
        assert_eq!(contents(&out), expected, "{parts} parts");
        for field in [
            "clips",
            "duplicates",
            "problem_counts",
            "problems",
            "dataset",
            "audio_seconds",
        ] {
            assert_eq!(merged[field], whole[field], "{field}");
        }
        assert!(
            folders.iter().all(|part| part.join("part.json").is_file()),
            "parts stay"
        );
    }
}

#[test]
fn parts_that_do_not_belong_together_are_named() {
    let folder = Folder::new();
    write_music(&folder, 2);
    let parts: Vec<PathBuf> = (1..=3)
        .map(|number| part(&folder, number, 3, &[]))
        .collect();
    let out = folder.root.join("merged");
    let refused = |parts: &[&PathBuf]| {
        let parts: Vec<PathBuf> = parts.iter().map(|&part| part.clone()).collect();
        let refusal = refusal(&merge(&parts, &out));
        assert!(!out.exists());
        refusal
    };
    assert!(refused(&[&parts[0], &parts[2]]).contains("1 of 3 parts are missing: 2"));
    let twice = refused(&[&parts[0], &parts[1], &parts[2], &parts[1]]);
    assert!(twice.contains("are both part 2/3"), "{twice}");
    let other_count = part(&folder, 2, 4, &[]);
    assert!(refused(&[&parts[0], &other_count]).contains("is part 2/4"));
    assert!(refused(&[&folder.data]).contains("is no part of a data set"));

    // The same part with other options, and of other data.
    fs::rename(&parts[1], folder.root.join("second")).unwrap();
    let odd = part(&folder, 2, 3, &["--shards", "5"]);
    assert!(refused(&[&parts[0], &odd, &parts[2]]).contains("shards 5, not 16"));
    fs::remove_dir_all(&odd).unwrap();
    let odd = part(&folder, 2, 3, &["--preset", "compact"]);
    assert!(refused(&[&parts[0], &odd, &parts[2]]).contains("frontend"));
    fs::remove_dir_all(&odd).unwrap();
    write_wav(&folder.data.join("waltz/new.wav"), &song(77, 0.5));
    let odd = part(&folder, 2, 3, &[]);
    assert!(refused(&[&parts[0], &odd, &parts[2]]).contains("data of clips 10, not 9"));
    fs::remove_dir_all(&odd).unwrap();
    fs::rename(folder.root.join("second"), &parts[1]).unwrap();

    // Damage.
    let values = fs::read_dir(&parts[1])
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "values")
                && fs::metadata(path).unwrap().len() > 0
        })
        .unwrap();
    let bytes = fs::read(&values).unwrap();
    fs::write(&values, &bytes[..bytes.len() - 1]).unwrap();
    let all: Vec<&PathBuf> = parts.iter().collect();
    assert!(refused(&all).contains("prepare this part again"));
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    fs::write(&values, flipped).unwrap();
    assert!(refused(&all).contains("features changed on disk"));
    fs::write(&values, bytes).unwrap();
    assert!(merge(&parts, &out).status.success());

    // A part is no data set, and is not overwritten.
    let output = Command::new(env!("CARGO_BIN_EXE_needledrop"))
        .args(["train", "--model", "compact", "--run"])
        .arg(folder.root.join("run"))
        .arg("--data")
        .arg(&parts[1])
        .output()
        .unwrap();
    let refusal_of_train = refusal(&output);
    assert!(
        refusal_of_train.contains("is part 2 of 3 of a data set")
            && refusal_of_train.contains("data merge"),
        "{refusal_of_train}"
    );
    let again = folder
        .command_into(&parts[1], &["--part", "2/3"])
        .output()
        .unwrap();
    assert!(refusal(&again).contains("already holds a part of a data set"));
}

#[test]
fn a_part_is_found_in_the_environment_only_when_asked_for() {
    let folder = Folder::new();
    write_music(&folder, 2);
    let second = contents(&part(&folder, 2, 3, &[]));
    let run = |name: &str, arguments: &[&str], variables: &[(&str, &str)]| {
        let out = folder.root.join(name);
        let output = folder
            .command_into(&out, arguments)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        (out, output)
    };
    let array = [
        ("SLURM_ARRAY_TASK_ID", "6"),
        ("SLURM_ARRAY_TASK_MIN", "5"),
        ("SLURM_ARRAY_TASK_COUNT", "3"),
    ];
    for (name, arguments, variables) in [
        ("slurm", ["--part", "auto"], &array[..]),
        (
            "slurm-n",
            ["--part", "auto/3"],
            &[("SLURM_ARRAY_TASK_ID", "2")],
        ),
        (
            "kubernetes",
            ["--part", "auto/3"],
            &[("JOB_COMPLETION_INDEX", "1")],
        ),
        ("explicit", ["--part", "2/3"], &array[..]),
    ] {
        let (out, output) = run(name, &arguments, variables);
        summary(&output);
        assert_eq!(contents(&out), second, "{name}");
    }
    let (out, output) = run("whole", &[], &array);
    summary(&output);
    assert!(
        out.join("dataset.json").is_file(),
        "a whole data set, as asked"
    );
    assert!(
        stderr(&output).contains("note: SLURM_ARRAY_TASK_ID is set"),
        "{}",
        stderr(&output)
    );
    for arguments in [
        ["--part", "auto"],
        ["--part", "auto/3"],
        ["--part", "0/3"],
        ["--part", "4/3"],
    ] {
        let (out, output) = run("refused", &arguments, &[]);
        assert!(refusal(&output).contains("part"), "{arguments:?}");
        assert!(!out.exists());
    }
}

/// Kills at moments spread over the whole run, resuming in between.
#[cfg(unix)]
#[test]
fn runs_killed_at_any_moment_end_in_the_same_bytes() {
    let folder = Folder::new();
    write_music(&folder, 16);
    for options in [&["--kinds", "logmel,pcm"][..], &["--part", "1/2"]] {
        let started = Instant::now();
        summary(&folder.command(options).output().unwrap());
        let whole_run = started.elapsed();
        let expected = contents(&folder.out);
        for round in 0..4u32 {
            fs::remove_dir_all(&folder.out).unwrap();
            for attempt in 0..3u32 {
                let arguments = [options, &["--resume"]].concat();
                let mut child = folder
                    .command(&arguments)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                std::thread::sleep(whole_run * (round * 3 + attempt) / 12);
                child.kill().unwrap();
                child.wait().unwrap();
            }
            let output = folder
                .command(&[options, &["--resume"]].concat())
                .output()
                .unwrap();
            summary(&output);
            assert_eq!(
                contents(&folder.out),
                expected,
                "round {round} of {options:?}"
            );
            assert!(!folder.root.join(".set.partial").exists());
        }
        fs::remove_dir_all(&folder.out).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn finished_shards_are_not_written_again() {
    let folder = Folder::new();
    write_music(&folder, 16);
    let options = ["--kinds", "logmel,pcm", "--jobs", "1"];
    summary(&folder.command(&options).output().unwrap());
    let expected = contents(&folder.out);
    fs::remove_dir_all(&folder.out).unwrap();
    let mut child = folder
        .command(&options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let set = folder.root.join(".set.partial/set");
    let shards = || {
        let Ok(entries) = fs::read_dir(&set) else {
            return 0;
        };
        let names = entries.map(|entry| entry.unwrap().path());
        names
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "tfrecord")
            })
            .count()
    };
    while shards() < 3 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
    child.kill().unwrap();
    let killed = !child.wait().unwrap().success();
    let summary = summary(
        &folder
            .command(&["--kinds", "logmel,pcm", "--resume"])
            .output()
            .unwrap(),
    );
    if killed {
        assert!(summary["reused_shards"].as_u64().unwrap() >= 3, "{summary}");
    }
    assert_eq!(contents(&folder.out), expected);
}
