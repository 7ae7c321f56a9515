//! All runs side by side, and runs that differ in their seed alone as mean and deviation.

use super::Run;
use super::html::Html;
use crate::metrics::{Figures, Summary};
use std::collections::{BTreeMap, BTreeSet};

/// Names of a level's figures.
const FIGURES: [&str; 4] = ["accuracy", "macro-F1", "log-loss", "ECE"];

/// A run with its figures and the anchor of its section.
pub(super) struct Entry<'a> {
    pub(super) run: &'a Run,
    pub(super) figures: &'a Figures,
    pub(super) anchor: String,
}

fn values(summary: &Summary) -> [f64; 4] {
    [
        summary.accuracy,
        summary.macro_f1,
        summary.log_loss,
        summary.ece,
    ]
}

/// What data a run has seen: its own digest and its split's.
fn data(run: &Run) -> (&str, &str) {
    (&run.record.data_sha256, &run.record.split_sha256)
}

/// The first digits of a digest.
fn short(digest: &str) -> String {
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
                "These runs come from {} different data sets or splits (columns data and split): their figures are not comparable \
                 across them.",
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
        for name in ["run", "model", "preset", "seed", "data", "split"] {
            tr.leaf("th", &[("rowspan", "2")], name);
        }
        tr.leaf("th", &[("rowspan", "2")], "parameters");
        tr.leaf("th", &[("rowspan", "2")], "million multiply-adds a window");
        level_names(tr);
        for name in ["best epoch", "steps/s", "wait"] {
            tr.leaf("th", &[("rowspan", "2")], name);
        }
    });
    head.element("tr", &[], figure_names);
}

/// Names of the levels that are compared, in the upper row of a head.
fn level_names(tr: &mut Html) {
    for level in ["clips", "windows"] {
        tr.leaf("th", &[("colspan", "4"), ("class", "group")], level);
    }
}

/// Names of their figures, in the lower row.
fn figure_names(tr: &mut Html) {
    for _ in 0..2 {
        for (index, name) in FIGURES.into_iter().enumerate() {
            tr.leaf("th", &[("class", group_edge(index))], name);
        }
    }
}

/// A group of columns begins with a rule.
fn group_edge(index: usize) -> &'static str {
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
    tr.leaf("td", &[("class", "digest"), ("title", &title)], &short(set));
    tr.leaf(
        "td",
        &[("class", "digest"), ("title", &title)],
        &short(split),
    );
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

/// Runs that differ in their seed alone, as mean and deviation; nothing when there are none.
pub(super) fn seeds(entries: &[Entry<'_>]) -> Option<Html> {
    let mut groups: BTreeMap<String, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        groups
            .entry(but_for_the_seed(entry.run))
            .or_default()
            .push(entry);
    }
    let seeds = |group: &[&Entry<'_>]| -> BTreeSet<u64> {
        group.iter().map(|entry| entry.run.record.seed).collect()
    };
    // The same run given twice is no second seed.
    groups.retain(|_, group| group.len() > 1 && seeds(group).len() == group.len());
    if groups.is_empty() {
        return None;
    }
    let mut html = Html::new();
    html.leaf("h2", &[], "Over seeds");
    html.leaf(
        "p",
        &[],
        "Mean (standard deviation, divisor n - 1) of runs that differ in their seed alone.",
    );
    html.element("div", &[("class", "wide")], |wide| {
        wide.element("table", &[("class", "runs")], |table| {
            table.element("thead", &[], |head| {
                head.element("tr", &[], |tr| {
                    for name in ["model", "preset", "data", "seeds"] {
                        tr.leaf("th", &[("rowspan", "2")], name);
                    }
                    level_names(tr);
                });
                head.element("tr", &[], figure_names);
            });
            table.element("tbody", &[], |body| {
                for group in groups.values() {
                    body.element("tr", &[], |tr| seeds_row(tr, group));
                }
            });
        });
    });
    Some(html)
}

fn seeds_row(tr: &mut Html, group: &[&Entry<'_>]) {
    let run = group[0].run;
    tr.leaf("th", &[("scope", "row")], &run.record.model);
    tr.leaf("td", &[("class", "name")], &run.record.preset);
    tr.leaf("td", &[("class", "digest")], &short(data(run).0));
    let mut seeds: Vec<u64> = group.iter().map(|entry| entry.run.record.seed).collect();
    seeds.sort_unstable();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    tr.leaf("td", &[], &seeds.join(", "));
    let levels: [fn(&Figures) -> &Summary; 2] = [|it| &it.clips, |it| &it.windows];
    for level in levels {
        for figure in 0..FIGURES.len() {
            let all: Vec<f64> = group
                .iter()
                .map(|entry| values(level(entry.figures))[figure])
                .collect();
            let (mean, deviation) = mean_and_deviation(&all);
            let text = format!("{mean:.3} ({deviation:.3})");
            tr.leaf("td", &[("class", group_edge(figure))], &text);
        }
    }
}

/// Everything that decides a run's outcome except its seed, as text.
fn but_for_the_seed(run: &Run) -> String {
    let record = &run.record;
    let mut settings = run.settings.clone();
    settings.remove("seed");
    let pca = run.metrics.classic.as_ref().and_then(|classic| classic.pca);
    format!(
        "{} {} {} {:?} {:?} {settings:?} {pca:?} {}",
        record.model,
        record.preset,
        record.parameters,
        record.labels,
        data(run),
        record.origin
    )
}

/// Mean, and standard deviation with divisor n - 1 (0 of one value).
fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
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
    use super::{grouped, mean_and_deviation};

    #[test]
    fn deviation_is_the_samples() {
        let (mean, deviation) = mean_and_deviation(&[1.0, 2.0, 3.0, 6.0]);
        assert!((mean - 3.0).abs() < 1e-12);
        assert!((deviation - (14.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(mean_and_deviation(&[0.5]), (0.5, 0.0));
    }

    #[test]
    fn thousands_are_grouped() {
        let texts = [0, 999, 1000, 74_250, 16_014_682].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "74,250", "16,014,682"]);
    }
}
