//! A confusion matrix as a heat map with counts.

use super::html::Html;

/// Share of its row from which on a cell is so dark that its count is written light.
const STRONG_SHARE: f64 = 0.55;

/// Rows of the truth, columns of the answers; a cell is as dark as its share of its row.
pub(super) fn matrix(title: &str, labels: &[String], confusion: &[Vec<u64>]) -> Html {
    let mut html = Html::new();
    html.element("figure", &[], |figure| {
        figure.element("div", &[("class", "wide")], |wide| {
            wide.element("table", &[("class", "matrix")], |table| {
                table.element("thead", &[], |head| header(head, labels));
                table.element("tbody", &[], |body| {
                    for (row, label) in labels.iter().enumerate() {
                        body.element("tr", &[], |tr| {
                            tr.leaf("th", &[("scope", "row")], label);
                            cells(tr, row, labels, &confusion[row]);
                        });
                    }
                });
            });
        });
        figure.leaf(
            "figcaption",
            &[],
            &format!("{title}: truth in rows, answers in columns"),
        );
    });
    html
}

fn header(head: &mut Html, labels: &[String]) {
    head.element("tr", &[], |tr| {
        tr.leaf("th", &[], "");
        for label in labels {
            tr.element("th", &[("scope", "col")], |th| th.leaf("span", &[], label));
        }
        tr.element("th", &[("scope", "col")], |th| th.leaf("span", &[], "all"));
    });
}

fn cells(tr: &mut Html, row: usize, labels: &[String], counts: &[u64]) {
    let all: u64 = counts.iter().sum();
    for (column, &count) in counts.iter().enumerate() {
        let share = if all == 0 {
            0.0
        } else {
            count as f64 / all as f64
        };
        let color = if row == column {
            "--first-rgb"
        } else {
            "--second-rgb"
        };
        let style = format!("background-color: rgba(var({color}), {share:.3})");
        let title = format!(
            "{} answered as {}: {:.1} %",
            labels[row],
            labels[column],
            100.0 * share
        );
        let strong = if share > STRONG_SHARE { "strong" } else { "" };
        let text = if count == 0 {
            "·".to_owned()
        } else {
            count.to_string()
        };
        tr.leaf(
            "td",
            &[("class", strong), ("style", &style), ("title", &title)],
            &text,
        );
    }
    tr.leaf("td", &[("class", "sum")], &all.to_string());
}
