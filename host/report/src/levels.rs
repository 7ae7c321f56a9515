//! Figures of clips, segments and windows.

use super::classes;
use super::comparison::grouped;
use super::html::Html;
use needledrop_judging::metrics::{Figures, Summary};

/// Figures of every level.
pub(super) fn levels(figures: &Figures) -> Html {
    let mut html = Html::new();
    let row = |body: &mut Html, name: &str, n: u64, cells: [Option<f64>; 5]| {
        body.element("tr", &[], |tr| {
            tr.leaf("th", &[("scope", "row")], name);
            tr.leaf("td", &[], &grouped(n));
            for cell in cells {
                tr.leaf("td", &[], &classes::share(cell));
            }
        });
    };
    html.element("div", &[("class", "wide")], |wide| {
        wide.element("table", &[], |table| {
            table.element("thead", &[], |head| {
                head.element("tr", &[], |tr| {
                    for name in [
                        "by",
                        "n",
                        "accuracy",
                        "macro-F1",
                        "without no-music",
                        "log-loss",
                        "ECE",
                    ] {
                        tr.leaf("th", &[("scope", "col")], name);
                    }
                });
            });
            table.element("tbody", &[], |body| {
                let (clips, votes) = (&figures.clips, &figures.majority);
                let of = |it: &Summary| {
                    let figures = [Some(it.accuracy), Some(it.macro_f1), it.genre_macro_f1];
                    [
                        figures[0],
                        figures[1],
                        figures[2],
                        Some(it.log_loss),
                        Some(it.ece),
                    ]
                };
                row(body, "clips, mean", clips.n as u64, of(clips));
                let voted = [
                    Some(votes.accuracy),
                    Some(votes.macro_f1),
                    votes.genre_macro_f1,
                    None,
                    None,
                ];
                row(body, "clips, majority", votes.n, voted);
                row(
                    body,
                    "segments",
                    figures.segments.n as u64,
                    of(&figures.segments),
                );
                row(
                    body,
                    "windows",
                    figures.windows.n as u64,
                    of(&figures.windows),
                );
            });
        });
    });
    html
}
