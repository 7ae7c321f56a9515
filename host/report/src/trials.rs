//! What a classic model was chosen among.

use super::html::Html;
use super::{Classic, Run};

/// The rows of `curves.csv`, the chosen one marked.
pub(super) fn trials(run: &Run, classic: &Classic) -> Html {
    let mut html = Html::new();
    let pca = classic.pca.map_or(String::new(), |pca| {
        format!(", {pca} principal components of the statistics")
    });
    html.leaf("h3", &[], "Settings tried");
    html.leaf(
        "p",
        &[],
        &format!(
            "Fitted to {} training windows{pca}. The chosen row is marked.",
            classic.windows
        ),
    );
    let Some((header, rows)) = run.curves.split_first() else {
        return html;
    };
    let chosen = header.iter().position(|name| name == "chosen");
    html.element("div", &[("class", "wide")], |wide| {
        wide.element("table", &[("class", "trials")], |table| {
            table.element("thead", &[], |head| {
                head.element("tr", &[], |tr| {
                    for name in header {
                        tr.leaf("th", &[("scope", "col")], &name.replace('_', " "));
                    }
                });
            });
            table.element("tbody", &[], |body| {
                for row in rows {
                    let is_chosen =
                        chosen.is_some_and(|at| row.get(at).is_some_and(|it| it == "1"));
                    let class = if is_chosen { "chosen" } else { "" };
                    body.element("tr", &[("class", class)], |tr| {
                        for (column, cell) in row.iter().enumerate() {
                            tr.leaf("td", &[], &shown(cell, Some(column) == chosen));
                        }
                    });
                }
            });
        });
    });
    html
}

/// A number as a person reads it; the mark of the chosen row.
fn shown(cell: &str, is_mark: bool) -> String {
    match cell.parse::<f64>() {
        Ok(value) if is_mark => if value == 1.0 { "chosen" } else { "" }.to_owned(),
        Ok(value) if value.fract() == 0.0 && value.abs() < 1e6 => format!("{value:.0}"),
        Ok(value) if (1e-3..1e4).contains(&value.abs()) => format!("{value:.3}"),
        Ok(value) => format!("{value:.2e}"),
        Err(_) => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn cells_are_short() {
        assert_eq!(shown("100", false), "100");
        assert_eq!(shown("1e-9", false), "1.00e-9");
        assert_eq!(shown("0.51234", false), "0.512");
        assert_eq!(
            (shown("1", true), shown("0", true)),
            ("chosen".into(), String::new())
        );
        assert_eq!(shown("uniform", false), "uniform");
    }
}
