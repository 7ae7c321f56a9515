//! What was said of each validation clip: by the mean of its windows and by their majority.

use super::html::Html;
use super::{Run, ValidClip};
use needledrop_judging::metrics::{argmax, majority};

/// Clips that are listed; the ones that the model is most wrong about come first.
const MOST_CLIPS: usize = 400;

/// One clip's answers.
struct Judged<'a> {
    clip: &'a ValidClip,
    mean: Vec<f64>,
    vote: (usize, usize),
    windows: usize,
}

impl Judged<'_> {
    /// Probability of the truth.
    fn of_truth(&self) -> f64 {
        self.mean[self.clip.truth]
    }
}

/// A table, closed until it is asked for.
pub(super) fn clips(run: &Run) -> Html {
    let labels = &run.record.labels;
    let classes = labels.len();
    let mut judged: Vec<Judged<'_>> = run
        .clips
        .iter()
        .map(|clip| Judged {
            clip,
            mean: clip.mean(classes),
            vote: majority(&clip.windows, classes),
            windows: clip.windows.len() / classes,
        })
        .collect();
    judged.sort_by(|a, b| a.of_truth().total_cmp(&b.of_truth()));
    let mut html = Html::new();
    html.element("details", &[], |details| {
        let all = judged.len();
        details.leaf(
            "summary",
            &[],
            &format!("Scores of {all} clips, the most wrong first"),
        );
        details.element("div", &[("class", "wide")], |wide| {
            wide.element("table", &[], |table| {
                table.element("thead", &[], |head| {
                    head.element("tr", &[], |tr| {
                        for name in [
                            "clip",
                            "truth",
                            "its probability",
                            "mean says",
                            "with",
                            "majority says",
                            "votes",
                        ] {
                            tr.leaf("th", &[("scope", "col")], name);
                        }
                    });
                });
                table.element("tbody", &[], |body| {
                    for judged in judged.iter().take(MOST_CLIPS) {
                        body.element("tr", &[], |tr| row(tr, judged, labels));
                    }
                });
            });
        });
        if let Some(more) = all.checked_sub(MOST_CLIPS).filter(|&more| more > 0) {
            details.leaf(
                "p",
                &[],
                &format!("and {more} more, of whose truth the model is surer"),
            );
        }
    });
    html
}

fn row(tr: &mut Html, judged: &Judged<'_>, labels: &[String]) {
    let truth = judged.clip.truth;
    let said = argmax(&judged.mean);
    let mark = |class: usize| if class == truth { "name" } else { "name wrong" };
    tr.leaf("td", &[("class", "name")], &judged.clip.id);
    tr.leaf("td", &[("class", "name")], &labels[truth]);
    tr.leaf("td", &[], &format!("{:.3}", judged.of_truth()));
    tr.leaf("td", &[("class", mark(said))], &labels[said]);
    tr.leaf("td", &[], &format!("{:.3}", judged.mean[said]));
    let (voted, votes) = judged.vote;
    tr.leaf("td", &[("class", mark(voted))], &labels[voted]);
    tr.leaf("td", &[], &format!("{votes} of {}", judged.windows));
}
