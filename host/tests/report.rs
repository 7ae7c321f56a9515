//! `needledrop report`: one well-formed page that needs nothing else, or a sentence and no page.

use crate::small::{Finished, Small, needledrop, text};
use roxmltree::{Document, Node, ParsingOptions};
use std::fs;
use std::path::{Path, PathBuf};

/// Without pictures, which take a while.
const PLAIN: &[&str] = &["--no-pictures"];
/// A label as hostile as a folder's name can be.
const HOSTILE: &str = "a<b>&\"c'";

fn report(runs: &[&Path], out: &Path, more: &[&str]) -> Finished {
    let runs = runs.iter().map(|run| text(run)).chain(more.iter().copied());
    needledrop(
        ["report"]
            .into_iter()
            .chain(runs)
            .chain(["--out", text(out)]),
    )
}

/// All text below a node.
fn content(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter_map(|it| it.is_text().then(|| it.text()).flatten())
        .collect()
}

/// Nothing that a browser would fetch or run.
fn needs_nothing(document: &Document<'_>) {
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        assert!(
            !["script", "link", "iframe", "object", "image", "use"].contains(&name),
            "{name}"
        );
        for attribute in node.attributes() {
            let value = attribute.value();
            match attribute.name() {
                "href" => assert!(value.starts_with("#run-"), "{value}"),
                "src" => assert!(value.starts_with("data:image/png;base64,"), "{value}"),
                name => assert!(
                    !name.starts_with("on") && !value.contains("url("),
                    "{name}={value}"
                ),
            }
        }
        if name == "style" {
            let css = content(node);
            assert!(!css.contains("url(") && !css.contains("@import"), "{css}");
        }
    }
}

/// Gives a run's label another name, in the record as in the list of clips.
fn rename_label(run: &Path, from: &str, to: &str) {
    let path = run.join("run.json");
    let mut record: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("a sound run folder"))
            .expect("a sound run folder");
    for label in record["labels"].as_array_mut().expect("a sound run folder") {
        if label == from {
            *label = to.into();
        }
    }
    fs::write(
        &path,
        serde_json::to_vec(&record).expect("a sound run folder"),
    )
    .expect("a sound run folder");
}

fn edit(path: &Path, change: impl Fn(String) -> String) {
    let text = fs::read_to_string(path).expect("a sound run folder");
    let changed = change(text.clone());
    assert_ne!(changed, text, "{}", path.display());
    fs::write(path, changed).expect("a sound run folder");
}

fn listing(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .expect("a sound run folder")
        .map(|entry| entry.expect("a sound run folder").path())
        .collect()
}

#[test]
fn a_page_is_whole_and_self_contained_or_not_there() {
    let small = Small::make();
    let styles: Vec<&str> = small.styles.iter().map(String::as_str).collect();
    let data = small.prepare("data", &styles[..3], &[]);
    let other = small.prepare("other", &styles[..2], &[]);
    let net = ["--model", "mil", "--epochs", "2", "--batch", "2"];
    let first = small.train("first", &data, &[&net[..], &["--seed", "1"]].concat());
    let second = small.train("second", &data, &[&net[..], &["--seed", "2"]].concat());
    let solved = small.train("solved", &data, &["--model", "logreg"]);
    let elsewhere = small.train("elsewhere", &other, &["--model", "gnb"]);
    rename_label(&first, styles[0], HOSTILE);

    let pages = small.path("pages");
    fs::create_dir(&pages).unwrap();
    let page = pages.join("report.html");
    report(&[&first, &second, &solved, &elsewhere], &page, &[]).succeeded();
    assert_eq!(listing(&pages), std::slice::from_ref(&page));
    let markup = fs::read_to_string(&page).unwrap();
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(&markup, options).expect("a well-formed page");
    needs_nothing(&document);

    // Every link has its section, in order.
    let sections: Vec<Node<'_, '_>> = document
        .descendants()
        .filter(|node| node.has_tag_name("section"))
        .collect();
    assert_eq!(sections.len(), 4);
    for (index, section) in sections.iter().enumerate() {
        assert_eq!(
            section.attribute("id"),
            Some(format!("run-{}", index + 1).as_str())
        );
    }
    // A label is text wherever it is.
    assert!(!markup.contains(HOSTILE));
    let cells = sections[0]
        .descendants()
        .filter(|node| node.has_tag_name("th"));
    assert!(cells.filter(|th| content(*th) == HOSTILE).count() >= 2);
    // Networks have curves, classic models their trials; all have a reliability diagram.
    let plots = |section: &Node<'_, '_>| {
        section
            .descendants()
            .filter(|node| node.has_tag_name("svg"))
            .count()
    };
    assert_eq!(sections.iter().map(plots).collect::<Vec<_>>(), [4, 4, 1, 1]);
    assert!(content(sections[2]).contains("Settings tried"));
    // Two convolutions of eight filters, and a window or more with its saliency; classic models have none.
    let images = |section: &Node<'_, '_>| {
        let images = section
            .descendants()
            .filter(|node| node.has_tag_name("img"));
        images.count()
    };
    assert!(images(&sections[0]) >= 2 * 8 + 2 && images(&sections[1]) >= 2 * 8 + 2);
    for section in &sections[2..] {
        assert_eq!(images(section), 0);
        assert!(content(*section).contains("no convolutions of its own"));
    }
    // Other data is allowed and said.
    let all = content(document.root());
    assert!(all.contains("2 different data sets"), "the warning");

    // Seeds of one model are summed up once their labels agree.
    assert!(!all.contains("Over seeds"));
    rename_label(&first, HOSTILE, styles[0]);
    report(&[&first, &second], &page, PLAIN).succeeded();
    let markup = fs::read_to_string(&page).unwrap();
    assert!(markup.contains("Over seeds") && !markup.contains("different data sets"));
    assert!(!markup.contains("<img"));

    // What is wrong with a run is one sentence, and the page that is there stays.
    let missing = report(&[&first, &small.path("nothing")], &page, PLAIN).refused();
    assert!(
        missing.contains("no finished run: run.json is not there"),
        "{missing}"
    );
    edit(&second.join("run.json"), |text| {
        text.replacen("\"format\": 1", "\"format\": 7", 1)
    });
    let version = report(&[&first, &second], &page, PLAIN).refused();
    assert!(version.contains("run folder format 7"), "{version}");
    edit(&solved.join("valid_clips.csv"), |text| {
        let lines: Vec<&str> = text.lines().collect();
        lines[..lines.len() - 1].join("\n")
    });
    let damaged = report(&[&solved], &page, PLAIN).refused();
    assert!(damaged.contains("valid_clips.csv"), "{damaged}");
    fs::remove_file(first.join("valid_logits.npy")).unwrap();
    let unfinished = report(&[&first], &page, PLAIN).refused();
    assert!(
        unfinished.contains("valid_logits.npy is not there"),
        "{unfinished}"
    );
    assert_eq!(fs::read_to_string(&page).unwrap(), markup);
    assert_eq!(listing(&pages), [page]);
    let nowhere = small.path("nowhere").join("report.html");
    let refused = report(&[&elsewhere], &nowhere, PLAIN).refused();
    assert!(refused.contains("no such folder"), "{refused}");
}
