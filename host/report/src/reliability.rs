//! Whether the model is as often right as it says.

use super::Error;
use super::html::Html;
use super::plot::{Ink, Layer, Plot};
use needledrop_judging::metrics::{Answers, CALIBRATION_BINS};

/// Radius of a dot for all answers.
const LARGEST_DOT_PIXELS: f64 = 16.0;
/// Radius of the smallest dot, which is to be seen all the same.
const LEAST_DOT_PIXELS: f64 = 2.0;

/// A reliability diagram of the windows' answers.
///
/// # Errors
/// [`Error::Plot`].
pub(super) fn diagram(windows: &Answers, ece: f64) -> Result<Html, Error> {
    let bins = windows.reliability();
    let edge = |bin: usize| bin as f64 / CALIBRATION_BINS as f64;
    let there = || {
        let with_index = bins.iter().enumerate();
        with_index.filter_map(|(i, bin)| Some((i, bin.n, bin.mean_confidence()?, bin.accuracy()?)))
    };
    let all = windows.len() as f64;
    let radius = |n: u64| {
        (LARGEST_DOT_PIXELS * (n as f64 / all).sqrt())
            .round()
            .max(LEAST_DOT_PIXELS) as i32
    };
    let plot = Plot {
        label: format!("reliability diagram, calibration error {ece:.3}"),
        x_name: "probability of the answer",
        x: 0.0..1.0,
        y: 0.0..1.0,
        whole_x: false,
        layers: vec![
            Layer::Bars(
                Ink::First,
                there()
                    .map(|(i, _, _, right)| (edge(i), edge(i + 1), right))
                    .collect(),
            ),
            Layer::Hairline(Ink::Text, vec![(0.0, 0.0), (1.0, 1.0)]),
            Layer::Dots(
                Ink::Second,
                there()
                    .map(|(_, n, said, right)| (said, right, radius(n)))
                    .collect(),
            ),
        ],
    };
    let svg = plot.svg()?;
    let mut html = Html::new();
    html.element("figure", &[], |figure| {
        figure.trusted(&svg);
        figure.leaf(
            "figcaption",
            &[],
            &format!(
                "Reliability by window, before calibration: share that is right against the probability that the model \
                 gave its answer; a dot's area is its share of the windows. On the line it is as often right as it \
                 says; calibration error {ece:.3}."
            ),
        );
    });
    Ok(html)
}
