//! Learning curves of a network.

use super::html::Html;
use super::plot::{Ink, Layer, Plot};
use super::{Error, Run};
use needledrop_training::run::EpochRow;

/// The rows of `curves.csv`, when they are epochs.
pub(super) fn epochs(run: &Run) -> Option<Vec<EpochRow>> {
    let (header, rows) = run.curves.split_first()?;
    let header = csv::StringRecord::from(header.clone());
    let rows: Result<Vec<EpochRow>, _> = rows
        .iter()
        .map(|row| csv::StringRecord::from(row.clone()).deserialize(Some(&header)))
        .collect();
    rows.ok().filter(|rows| !rows.is_empty())
}

/// Loss, scores and rate by epoch.
///
/// # Errors
/// [`Error::Plot`].
pub(super) fn figures(rows: &[EpochRow], best_epoch: Option<usize>) -> Result<Vec<Html>, Error> {
    let line = |of: fn(&EpochRow) -> f64| -> Vec<(f64, f64)> {
        rows.iter().map(|row| (row.epoch as f64, of(row))).collect()
    };
    let both = |first: Vec<(f64, f64)>, second: Vec<(f64, f64)>| {
        vec![
            Layer::Line(Ink::First, first),
            Layer::Line(Ink::Second, second),
        ]
    };
    let plots = [
        (
            "Loss by epoch",
            vec![
                "training (augmented windows, smoothed targets)",
                "validation log-loss",
            ],
            both(line(|row| row.train_loss), line(|row| row.valid_log_loss)),
            None,
        ),
        (
            "Validation scores by epoch",
            vec!["accuracy", "macro-F1"],
            both(
                line(|row| row.valid_accuracy),
                line(|row| row.valid_macro_f1),
            ),
            Some(1.0),
        ),
        (
            "Rate of each epoch's last step",
            vec!["rate"],
            vec![Layer::Line(Ink::First, line(|row| row.rate))],
            None,
        ),
    ];
    plots
        .into_iter()
        .map(|(title, names, layers, top)| figure(rows, best_epoch, title, &names, layers, top))
        .collect()
}

fn figure(
    rows: &[EpochRow],
    best_epoch: Option<usize>,
    title: &str,
    names: &[&str],
    mut layers: Vec<Layer>,
    top: Option<f64>,
) -> Result<Html, Error> {
    let highest = layers.iter().filter_map(|layer| match layer {
        Layer::Line(_, points) => points.iter().map(|point| point.1).reduce(f64::max),
        _ => None,
    });
    let highest = highest.fold(f64::MIN_POSITIVE, f64::max);
    let top = top.unwrap_or(1.05 * highest);
    let best = best_epoch.filter(|&epoch| epoch > 0);
    if let Some(best) = best {
        let best = best as f64;
        layers.insert(
            0,
            Layer::Hairline(Ink::Text, vec![(best, 0.0), (best, top)]),
        );
    }
    // A run of one epoch is a point, which a line of no length would hide.
    if let [only] = rows {
        let dots: Vec<Layer> = layers
            .iter()
            .filter_map(|layer| match layer {
                Layer::Line(ink, points) => Some((*ink, points.first()?.1)),
                _ => None,
            })
            .map(|(ink, y)| Layer::Dots(ink, vec![(only.epoch as f64, y, 4)]))
            .collect();
        layers.extend(dots);
    }
    let last = rows.last().map_or(1, |row| row.epoch);
    let plot = Plot {
        label: title.to_owned(),
        x_name: "epoch",
        x: if last == 1 {
            0.0..2.0
        } else {
            1.0..last as f64
        },
        y: 0.0..top,
        whole_x: true,
        layers,
    };
    let svg = plot.svg()?;
    let mut html = Html::new();
    html.element("figure", &[], |figure| {
        figure.trusted(&svg);
        figure.element("figcaption", &[], |caption| {
            caption.text(title);
            caption.text(":");
            for (name, class) in names.iter().zip(["swatch first", "swatch second"]) {
                caption.leaf("span", &[("class", class)], "");
                caption.text(name);
            }
            if let Some(best) = best {
                caption.text(&format!(
                    ". The thin line is epoch {best}, whose weights were kept."
                ));
            }
        });
    });
    Ok(html)
}
