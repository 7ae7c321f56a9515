//! What `needledrop prepare` finds wrong with audio, and that no recording is in two splits.

use super::music::{Folder, RATE_HZ, song, write_wav};
use crate::outcome::{stderr, summary};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Rows of a CSV file of the data set, by column.
fn rows(folder: &Folder, file: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(folder.out.join(file))
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

fn amplified(pcm: &[i16], gain: f64) -> Vec<i16> {
    pcm.iter()
        .map(|&sample| (f64::from(sample) * gain).clamp(-32_768.0, 32_767.0) as i16)
        .collect()
}

#[test]
fn silent_clipped_and_cut_files_are_told_apart() {
    let folder = Folder::new();
    for clip in 0..4 {
        write_wav(
            &folder.data.join(format!("blues/{clip}.wav")),
            &song(clip, 1.0),
        );
        write_wav(
            &folder.data.join(format!("waltz/{clip}.wav")),
            &song(clip + 10, 1.0),
        );
    }
    let second = vec![0i16; RATE_HZ as usize];
    write_wav(&folder.data.join("blues/mute.wav"), &second.repeat(2));
    let whisper: Vec<i16> = (0..40_000).map(|i| [3, -9][i / 50 % 2]).collect();
    write_wav(&folder.data.join("waltz/whisper.wav"), &whisper);
    // One loud second in a minute of nothing is heard; and silence is what `no-music` may sound like.
    let late = [second.repeat(10), song(20, 1.0)].concat();
    write_wav(&folder.data.join("waltz/late.wav"), &late);
    write_wav(&folder.data.join("no-music/mute.wav"), &second);
    write_wav(&folder.data.join("no-music/other.wav"), &song(30, 1.0));
    write_wav(
        &folder.data.join("blues/overdriven.wav"),
        &amplified(&song(21, 2.0), 20.0),
    );
    let cut = folder.data.join("blues/cut.wav");
    write_wav(&cut, &song(22, 4.0));
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();

    let output = folder.command(&[]).output().unwrap();
    let summary = summary(&output);
    let counts = &summary["problem_counts"];
    assert_eq!(
        [&counts["silent"], &counts["clipped"], &counts["truncated"]],
        [&json!(2), &json!(1), &json!(1)],
        "{counts}"
    );
    assert_eq!(summary["clips"], 13);
    let clips: BTreeSet<String> = rows(&folder, "clips.csv")
        .into_iter()
        .map(|row| row["clip"].clone())
        .collect();
    for kept in [
        "waltz/late.wav",
        "no-music/mute.wav",
        "blues/overdriven.wav",
        "blues/cut.wav",
    ] {
        assert!(clips.contains(kept), "{kept}");
    }
    let problems = rows(&folder, "problems.csv");
    let reason = |subject: &str| {
        let row = problems
            .iter()
            .find(|row| row["subject"] == subject)
            .unwrap();
        (row["kind"].clone(), row["reason"].clone())
    };
    assert_eq!(
        reason("blues/mute.wav"),
        ("silent".to_owned(), "all its samples are equal".to_owned())
    );
    assert!(
        reason("waltz/whisper.wav")
            .1
            .contains("dBFS, less than -65")
    );
    assert!(reason("blues/overdriven.wav").1.contains("at full scale"));
    assert!(stderr(&output).contains("left out (silent): waltz/whisper.wav"));
}

/// Four copies of one song, each changed in another way, under other names, artists and genres.
#[test]
fn one_recording_is_in_one_split_however_it_was_copied() {
    let folder = Folder::new();
    let mut manifest = "path,genre,artist\n".to_owned();
    for number in 0..30 {
        let name = format!("song{number:02}.wav");
        write_wav(&folder.data.join(&name), &song(number, 8.0));
        manifest.push_str(&format!(
            "{name},{},artist {number}\n",
            ["blues", "waltz"][number as usize % 2]
        ));
    }
    let original = song(4, 8.0);
    let quieter = amplified(&original, 0.4);
    let cut = &original[31_111..];
    // Noise, as a coarse encoder leaves it.
    let noisy: Vec<i16> = original
        .iter()
        .zip(song(99, 8.0))
        .map(|(&a, b)| a.saturating_add(b / 16))
        .collect();
    let same = original.clone();
    for (name, pcm) in [
        ("quieter", &quieter[..]),
        ("cut", cut),
        ("noisy", &noisy),
        ("same", &same),
    ] {
        write_wav(&folder.data.join(format!("{name}.wav")), pcm);
        manifest.push_str(&format!("{name}.wav,waltz,artist {name}\n"));
    }
    fs::write(folder.data.join("manifest.csv"), manifest).unwrap();

    let output = folder.command(&[]).output().unwrap();
    let summary = summary(&output);
    assert_eq!(
        (&summary["duplicates"], &summary["near_duplicates"]),
        (&json!(1), &json!(3)),
        "{}",
        stderr(&output)
    );
    assert_eq!(summary["leaking_groups"], 0);
    let clips = rows(&folder, "clips.csv");
    let copies: Vec<_> = clips
        .iter()
        .filter(|row| {
            [
                "song04.wav",
                "quieter.wav",
                "cut.wav",
                "noisy.wav",
                "same.wav",
            ]
            .contains(&row["clip"].as_str())
        })
        .collect();
    assert_eq!(copies.len(), 5);
    assert!(
        copies
            .iter()
            .all(|row| row["split"] == copies[0]["split"] && row["group"] == copies[0]["group"])
    );
    let listed: BTreeSet<(&str, &str)> = clips
        .iter()
        .filter(|row| !row["near_duplicate_of"].is_empty())
        .map(|row| (row["clip"].as_str(), row["near_duplicate_of"].as_str()))
        .collect();
    // The first by name is what the others are compared with.
    assert_eq!(
        listed,
        BTreeSet::from([
            ("noisy.wav", "cut.wav"),
            ("quieter.wav", "cut.wav"),
            ("same.wav", "cut.wav")
        ])
    );
    let duplicate = clips
        .iter()
        .find(|row| row["clip"] == "song04.wav")
        .unwrap();
    assert_eq!(duplicate["duplicate_of"], "same.wav");
    let counts = &summary["problem_counts"];
    assert_eq!(
        [
            &counts["duplicate"],
            &counts["near-duplicate"],
            &counts["label-conflict"]
        ],
        [&json!(1), &json!(3), &json!(1)],
        "{counts}"
    );
}

#[test]
fn leaks_of_official_splits_are_named_and_the_splits_kept() {
    let folder = Folder::new();
    let mut manifest = "path,genre,artist,split\n".to_owned();
    for number in 0..12u32 {
        let name = format!("{number:02}.wav");
        write_wav(&folder.data.join(&name), &song(number, 1.0));
        let artist = if number < 3 {
            "Bob".to_owned()
        } else {
            format!("artist {number}")
        };
        let split = ["train", "valid", "test"][number as usize % 3];
        manifest.push_str(&format!(
            "{name},{},{artist},{split}\n",
            ["blues", "waltz"][number as usize / 6]
        ));
    }
    fs::write(folder.data.join("manifest.csv"), manifest).unwrap();
    let output = folder.command(&["--split", "official"]).output().unwrap();
    let summary = summary(&output);
    assert_eq!(summary["leaking_groups"], 1);
    assert_eq!(summary["dataset"]["leaking_groups"], 1);
    let leaks: Vec<_> = rows(&folder, "problems.csv")
        .into_iter()
        .filter(|row| row["kind"] == "leak")
        .collect();
    assert_eq!(leaks.len(), 1);
    assert_eq!(leaks[0]["subject"], "artist:bob");
    assert_eq!(
        leaks[0]["reason"],
        "clips of one group: 1 in train (00.wav), 1 in valid (01.wav), 1 in test (02.wav)"
    );
    let text = stderr(&output);
    assert!(
        text.contains("1 groups in two splits") && text.contains("note (leak): artist:bob"),
        "{text}"
    );
    let splits: Vec<String> = rows(&folder, "clips.csv")
        .into_iter()
        .map(|row| row["split"].clone())
        .collect();
    assert_eq!(splits[..4], ["train", "valid", "test", "train"]);
}
