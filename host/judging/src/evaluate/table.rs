//! A report as a table for people.

use super::report::Report;
use crate::metrics::{ClassFigures, Summary};
use needledrop_data::label_width;

impl Report {
    /// Figures by level, figures by class, and the clips' confusion matrix.
    pub fn table(&self) -> String {
        let blocks = [
            self.levels(),
            self.without_no_music(),
            self.classes(),
            self.matrix(),
            self.left_out(),
        ];
        let mut out = String::new();
        for line in blocks.concat() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    fn summaries(&self) -> [(&'static str, &Summary); 3] {
        [
            ("clips", &self.clips),
            ("segments", &self.segments),
            ("windows", &self.windows),
        ]
    }

    fn levels(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{:<8} {:>7} {:>9} {:>9} {:>9} {:>7}",
            self.split, "n", "accuracy", "macro-F1", "log-loss", "ECE"
        )];
        for (name, s) in self.summaries() {
            lines.push(format!(
                "{name:<8} {:>7} {:>9.3} {:>9.3} {:>9.3} {:>7.3}",
                s.n, s.accuracy, s.macro_f1, s.log_loss, s.ece
            ));
        }
        let votes = &self.majority;
        lines.push(format!(
            "{:<8} {:>7} {:>9.3} {:>9.3}   clips by what most windows say",
            "majority", votes.n, votes.accuracy, votes.macro_f1
        ));
        lines
    }

    fn without_no_music(&self) -> Vec<String> {
        let of_level = |(name, s): (&str, &Summary)| {
            s.genre_macro_f1.map(|genre| {
                format!(
                    "{name}: genre macro-F1 without no-music {genre:.3}; no-music recall {}, false-tag rate {}",
                    share(s.no_music_recall),
                    share(s.false_tag_rate)
                )
            })
        };
        self.summaries().into_iter().filter_map(of_level).collect()
    }

    /// Precision, recall, F1 and support of each class, level beside level.
    fn classes(&self) -> Vec<String> {
        let width = label_width(&self.labels);
        let titles = self.summaries().map(|(name, _)| format!("  {name:<28}"));
        let columns = format!("  {:>6} {:>6} {:>6} {:>7}", "prec.", "recall", "F1", "n");
        let mut lines = vec![
            String::new(),
            format!("{:width$}{}", "", titles.concat()),
            format!("{:width$}{}", "", columns.repeat(titles.len())),
        ];
        for (class, label) in self.labels.iter().enumerate() {
            let cells = self
                .summaries()
                .map(|(_, summary)| class_cells(&summary.classes[class]));
            lines.push(format!("{label:width$}{}", cells.concat()));
        }
        lines
    }

    fn matrix(&self) -> Vec<String> {
        let width = label_width(&self.labels);
        let columns = (1..=self.labels.len()).map(|column| format!("{:>5}", format!("({column})")));
        let mut lines = vec![
            String::new(),
            "clips: truth in rows, answers in columns".to_owned(),
            format!("{:width$}  {}", "", columns.collect::<String>()),
        ];
        for (row, (label, counts)) in self.labels.iter().zip(&self.confusion).enumerate() {
            let cells = counts.iter().map(|&count| match count {
                0 => format!("{:>5}", "."),
                count => format!("{count:>5}"),
            });
            let cells: String = cells.collect();
            lines.push(format!("{label:width$}  {cells}  ({})", row + 1));
        }
        lines
    }

    fn left_out(&self) -> Vec<String> {
        let unknown = self.unknown_genres.iter().map(|(genre, count)| {
            format!("left out: {count} clips of {genre}, which the model does not know")
        });
        let empty = (self.empty_clips > 0).then(|| {
            format!(
                "left out: {} clips shorter than one frame",
                self.empty_clips
            )
        });
        unknown.chain(empty).collect()
    }
}

/// A share, or a dash where there is none.
fn share(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{share:.3}"))
}

fn class_cells(class: &ClassFigures) -> String {
    format!(
        "  {:>6} {:>6} {:>6} {:>7}",
        share(class.precision),
        share(class.recall),
        share(class.f1),
        class.support
    )
}
