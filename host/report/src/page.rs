//! The page: a table across runs, then a section a run.

use super::comparison::{Entry, comparison, grouped};
use super::html::Html;
use super::seeds::seeds;
use super::{Error, Run, classes, clips, curves, gallery, levels, matrix, reliability, trials};
use needledrop_judging::metrics::Figures;

/// The whole page, as bytes of a file.
///
/// # Errors
/// [`Error::Plot`].
pub fn page(runs: &[Run]) -> Result<String, Error> {
    let figures: Vec<Figures> = runs
        .iter()
        .map(|run| run.levels.figures(&run.record.labels))
        .collect();
    let entries: Vec<Entry<'_>> = runs
        .iter()
        .zip(&figures)
        .enumerate()
        .map(|(index, (run, figures))| Entry {
            run,
            figures,
            anchor: format!("run-{}", index + 1),
        })
        .collect();
    let sections = entries.iter().map(section).collect::<Result<Vec<_>, _>>()?;
    let title = match runs {
        [run] => run.name(),
        _ => format!("{} runs", runs.len()),
    };
    let mut html = Html::new();
    html.trusted("<!DOCTYPE html>\n");
    html.element("html", &[("lang", "en")], |html| {
        html.element("head", &[], |head| {
            head.void("meta", &[("charset", "utf-8")]);
            head.void(
                "meta",
                &[
                    ("name", "viewport"),
                    ("content", "width=device-width, initial-scale=1"),
                ],
            );
            head.leaf("title", &[], &format!("needledrop: {title}"));
            head.element("style", &[], |style| {
                style.trusted(include_str!("style.css"));
            });
        });
        html.element("body", &[], |body| {
            body.leaf("h1", &[], &title);
            body.leaf(
                "p",
                &[],
                "Figures on each run's validation split, before calibration. A clip's answer is the mean of its \
                 windows' probabilities, or what most windows say; a segment's (three of ten seconds) is the mean \
                 of the windows that start in it.",
            );
            body.append(&comparison(&entries));
            if let Some(seeds) = seeds(&entries) {
                body.append(&seeds);
            }
            for section in &sections {
                body.append(section);
            }
            body.leaf(
                "footer",
                &[],
                concat!("Written by needledrop ", env!("CARGO_PKG_VERSION"), "."),
            );
        });
    });
    Ok(html.into_string())
}

fn section(entry: &Entry<'_>) -> Result<Html, Error> {
    let Entry {
        run,
        figures,
        anchor,
    } = entry;
    let labels = &run.record.labels;
    let epochs = curves::epochs(run);
    let learning = match &epochs {
        Some(rows) => curves::figures(rows, run.metrics.best_epoch)?,
        None => Vec::new(),
    };
    let reliability = reliability::diagram(&run.levels.windows, figures.windows.ece)?;
    let mut html = Html::new();
    html.element("section", &[("id", anchor)], |section| {
        section.leaf("h2", &[], &run.name());
        section.leaf("p", &[], &about(run));
        section.append(&settings(run));
        section.append(&levels::levels(figures));
        if !learning.is_empty() {
            section.leaf("h3", &[], "Learning curves");
            section.element("div", &[("class", "figures")], |grid| {
                for figure in &learning {
                    grid.append(figure);
                }
            });
        }
        if let Some(classic) = &run.metrics.classic {
            section.append(&trials::trials(run, classic));
        }
        section.leaf("h3", &[], "Confusion");
        section.append(&matrix::matrix(
            "Clips",
            labels,
            &run.levels.clips.confusion(),
        ));
        section.element("details", &[], |details| {
            details.leaf("summary", &[], "Clips by majority, segments, windows");
            let levels = &run.levels;
            for (title, confusion) in [
                ("Clips by majority", levels.majority.clone()),
                ("Segments", levels.segments.confusion()),
                ("Windows", levels.windows.confusion()),
            ] {
                details.append(&matrix::matrix(title, labels, &confusion));
            }
        });
        section.leaf("h3", &[], "Labels");
        section.append(&classes::classes(labels, figures));
        section.leaf("h3", &[], "Calibration");
        section.element("div", &[("class", "figures")], |grid| {
            grid.append(&reliability)
        });
        section.leaf("h3", &[], "Clips");
        section.append(&clips::clips(run));
        section.append(&gallery::gallery(&run.drawn));
    });
    Ok(html)
}

/// One sentence or two about what the run is.
fn about(run: &Run) -> String {
    let record = &run.record;
    let metrics = &run.metrics;
    let train = metrics.train_clips.map_or(String::new(), |clips| {
        format!("{} training clips, ", grouped(clips as u64))
    });
    let parity = metrics.parity_difference.map_or(String::new(), |it| {
        format!(" Trainer and tract differ by {it:.1e} at most on the parity windows.")
    });
    let versions = record.versions.iter();
    let versions: Vec<String> = versions
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let members = metrics.ensemble.as_ref().map_or(String::new(), |ensemble| {
        let members = ensemble.members.iter();
        let members: Vec<String> = members
            .map(|it| format!("{} ({}, seed {})", it.run, it.model, it.seed))
            .collect();
        format!(" It averages {}.", members.join(", "))
    });
    format!(
        "{} (preset {}, seed {}), {} parameters, {} labels; {train}{} validation clips, {} windows of {} x {}, \
         features {}. Made by {}.{members}{parity}",
        record.model,
        record.preset,
        record.seed,
        grouped(record.parameters),
        record.labels.len(),
        grouped(run.clips.len() as u64),
        grouped(run.windows() as u64),
        record.window.frames,
        record.window.bands,
        record.origin,
        versions.join(", "),
    )
}

/// Hyper-parameters, closed until they are asked for.
fn settings(run: &Run) -> Html {
    let mut html = Html::new();
    if run.settings.is_empty() {
        return html;
    }
    html.element("details", &[], |details| {
        details.leaf("summary", &[], "Hyper-parameters");
        details.element("dl", &[], |list| {
            for (name, value) in &run.settings {
                list.leaf("dt", &[], &name.replace('_', " "));
                list.leaf("dd", &[], value);
            }
        });
    });
    html
}
