//! Runs that differ in their seed alone, as mean and deviation.

use super::Run;
use super::comparison::{
    Entry, FIGURES, data, figure_names, group_edge, level_names, short, values,
};
use super::html::Html;
use needledrop_judging::metrics::{Figures, Summary};
use std::collections::{BTreeMap, BTreeSet};

/// A table of them; nothing when there are none.
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

#[cfg(test)]
mod tests {
    use super::mean_and_deviation;

    #[test]
    fn deviation_is_the_samples() {
        let (mean, deviation) = mean_and_deviation(&[1.0, 2.0, 3.0, 6.0]);
        assert!((mean - 3.0).abs() < 1e-12);
        assert!((deviation - (14.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(mean_and_deviation(&[0.5]), (0.5, 0.0));
    }
}
