//! Precision, recall and F1 of each label.

use super::html::Html;
use needledrop_judging::metrics::{ClassFigures, Figures};

/// Level beside level; F1 also as a bar.
pub(super) fn classes(labels: &[String], figures: &Figures) -> Html {
    let levels: [(&str, &[ClassFigures]); 4] = [
        ("clips", &figures.clips.classes),
        ("clips by majority", &figures.majority.classes),
        ("segments", &figures.segments.classes),
        ("windows", &figures.windows.classes),
    ];
    let mut html = Html::new();
    html.element("div", &[("class", "wide")], |wide| {
        wide.element("table", &[], |table| {
            table.element("thead", &[], |head| {
                head.element("tr", &[], |tr| {
                    tr.leaf("th", &[("rowspan", "2")], "label");
                    for (name, _) in levels {
                        tr.leaf("th", &[("colspan", "4"), ("class", "group")], name);
                    }
                });
                head.element("tr", &[], |tr| {
                    for _ in levels {
                        tr.leaf("th", &[("class", "group")], "precision");
                        tr.leaf("th", &[], "recall");
                        tr.leaf("th", &[], "F1");
                        tr.leaf("th", &[], "n");
                    }
                });
            });
            table.element("tbody", &[], |body| {
                for (class, label) in labels.iter().enumerate() {
                    body.element("tr", &[], |tr| {
                        tr.leaf("th", &[("scope", "row")], label);
                        for (_, of_level) in levels {
                            cells(tr, &of_level[class]);
                        }
                    });
                }
            });
        });
    });
    html
}

fn cells(tr: &mut Html, figures: &ClassFigures) {
    tr.leaf("td", &[("class", "group")], &share(figures.precision));
    tr.leaf("td", &[], &share(figures.recall));
    let width = 100.0 * figures.f1.unwrap_or(0.0);
    let style = format!(
        "background: linear-gradient(to right, rgba(var(--first-rgb), 0.28) {width:.1}%, transparent {width:.1}%)"
    );
    tr.leaf("td", &[("style", &style)], &share(figures.f1));
    tr.leaf("td", &[], &figures.support.to_string());
}

/// A share, or a dash where there is none.
pub(super) fn share(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{share:.3}"))
}
