//! docs/protocol.md is true: every example parses, both formats say the same, and encoding gives back its bytes.
use needledrop_protocol::{Format, Record, Verifier, encode, parse};

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// The fenced blocks of one language.
fn blocks(language: &str) -> Vec<Vec<&'static str>> {
    let opening = format!("```{language}\n");
    DOCUMENT
        .split(&opening)
        .skip(1)
        .map(|rest| {
            rest.split("```")
                .next()
                .unwrap_or_default()
                .lines()
                .collect()
        })
        .collect()
}

fn records(lines: &[&str]) -> Vec<Record> {
    lines
        .iter()
        .map(|line| parse(line.as_bytes()).expect("an example parses"))
        .collect()
}

#[test]
fn every_example_parses_and_comes_back() {
    for (language, format) in [("nmea", Format::Nmea), ("jsonl", Format::Jsonl)] {
        let blocks = blocks(language);
        assert!(!blocks.is_empty(), "no {language} example");
        for line in blocks.into_iter().flatten() {
            let record = parse(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(encode(&record, format).trim_end(), line);
        }
    }
}

#[test]
fn both_formats_say_the_same() {
    let (sentences, objects) = (blocks("nmea"), blocks("jsonl"));
    assert!(sentences[0].len() >= 6);
    assert_eq!(records(&sentences[0]), records(&objects[0]));
}

#[test]
fn the_examples_are_in_sequence() {
    let mut verifier = Verifier::new();
    for line in &blocks("nmea")[0] {
        assert_eq!(verifier.line(line.as_bytes()).finding, None, "{line}");
    }
    assert!(verifier.counts().is_clean());
}

#[test]
fn the_field_tables_name_every_json_field() {
    for line in blocks("jsonl").into_iter().flatten() {
        for name in line
            .split('"')
            .filter(|part| part.contains("_") && part.is_ascii() && !part.contains([' ', ':']))
        {
            assert!(
                DOCUMENT.contains(&format!("`{name}`")),
                "{name} is not described"
            );
        }
    }
}
