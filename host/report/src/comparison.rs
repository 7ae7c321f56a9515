//! All runs side by side.

use super::Run;
use super::html::Html;
use needledrop_judging::metrics::{Figures, Summary};
use std::collections::BTreeSet;

/// Names of a level's figures.
pub(super) const FIGURES: [&str; 4] = ["accuracy", "macro-F1", "log-loss", "ECE"];

/// A run with its figures and the anchor of its section.
pub(super) struct Entry<'a> {
    pub(super) run: &'a Run,
    pub(super) figures: &'a Figures,
    pub(super) anchor: String,
}

pub(super) fn values(summary: &Summary) -> [f64; 4] {
    [
        summary.accuracy,
        summary.macro_f1,
        summary.log_loss,
        summary.ece,
    ]
}

/// What data a run has seen: its own digest and its split's.
pub(super) fn data(run: &Run) -> (&str, &str) {
    (&run.record.data_sha256, &run.record.split_sha256)
}

/// The first digits of a digest.
pub(super) fn short(digest: &str) -> String {
    digest.chars().take(8).collect()
}

/// The table of all runs.
pub(super) fn comparison(entries: &[Entry<'_>]) -> Html {
    let mut html = Html::new();
    let sets: BTreeSet<(&str, &str)> = entries.iter().map(|entry| data(entry.run)).collect();
    if sets.len() > 1 {
        html.leaf(
            "p",
            &[("class", "warning")],
            &format!(
                "These runs come from {} different data sets or splits (column data, split): their figures are \
                 not comparable across them.",
                sets.len()
            ),
        );
    }
    html.element("div", &[("class", "wide")], |wide| {
        wide.element("table", &[("class", "runs")], |table| {
            table.element("thead", &[], head);
            table.element("tbody", &[], |body| {
                for entry in entries {
                    body.element("tr", &[], |tr| row(tr, entry));
                }
            });
        });
    });
    html
}

fn head(head: &mut Html) {
    head.element("tr", &[], |tr| {
        for name in ["run", "model", "preset", "seed", "data, split"] {
            tr.leaf("th", &[("rowspan", "2")], name);
        }
        tr.leaf("th", &[("rowspan", "2")], "parameters");
        tr.leaf("th", &[("rowspan", "2")], "million multiply-adds");
        level_names(tr);
        for name in ["best epoch", "steps/s", "wait"] {
            tr.leaf("th", &[("rowspan", "2")], name);
        }
    });
    head.element("tr", &[], figure_names);
}

/// Names of the levels that are compared, in the upper row of a head.
pub(super) fn level_names(tr: &mut Html) {
    for level in ["clips", "windows"] {
        tr.leaf("th", &[("colspan", "4"), ("class", "group")], level);
    }
}

/// Names of their figures, in the lower row.
pub(super) fn figure_names(tr: &mut Html) {
    for _ in 0..2 {
        for (index, name) in FIGURES.into_iter().enumerate() {
            tr.leaf("th", &[("class", group_edge(index))], name);
        }
    }
}

/// A group of columns begins with a rule.
pub(super) fn group_edge(index: usize) -> &'static str {
    if index == 0 { "group" } else { "" }
}

fn row(tr: &mut Html, entry: &Entry<'_>) {
    let Entry {
        run,
        figures,
        anchor,
    } = entry;
    let record = &run.record;
    tr.element("th", &[("scope", "row")], |th| {
        th.leaf("a", &[("href", &format!("#{anchor}"))], &run.name());
    });
    tr.leaf("td", &[("class", "name")], &record.model);
    tr.leaf("td", &[("class", "name")], &record.preset);
    tr.leaf("td", &[], &record.seed.to_string());
    let (set, split) = data(run);
    let title = format!("data {set}, split {split}");
    tr.element("td", &[("class", "digest"), ("title", &title)], |td| {
        td.text(&short(set));
        td.void("br", &[]);
        td.text(&short(split));
    });
    tr.leaf("td", &[], &grouped(record.parameters));
    let metrics = &run.metrics;
    tr.leaf(
        "td",
        &[],
        &or_dash(metrics.multiply_adds, |it| {
            format!("{:.2}", it as f64 / 1e6)
        }),
    );
    for level in [&figures.clips, &figures.windows] {
        for (index, value) in values(level).into_iter().enumerate() {
            tr.leaf(
                "td",
                &[("class", group_edge(index))],
                &format!("{value:.3}"),
            );
        }
    }
    let best = metrics.best_epoch.filter(|&epoch| epoch > 0);
    let epochs = metrics.epochs.unwrap_or(0);
    tr.leaf(
        "td",
        &[],
        &or_dash(best, |best| format!("{best} of {epochs}")),
    );
    tr.leaf(
        "td",
        &[],
        &or_dash(metrics.steps_per_second, |it| format!("{it:.1}")),
    );
    tr.leaf(
        "td",
        &[],
        &or_dash(metrics.wait_share, |it| format!("{:.1} %", 100.0 * it)),
    );
}

fn or_dash<T>(value: Option<T>, shown: impl FnOnce(T) -> String) -> String {
    value.map_or("–".to_owned(), shown)
}

/// 1234567 as 1,234,567.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        let texts = [0, 999, 1000, 74_250, 16_014_682].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "74,250", "16,014,682"]);
    }
}
