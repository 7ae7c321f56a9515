//! Line plots as SVG inside the page: its colours, no fonts measured, nothing outside.

use super::Error;
use plotters::prelude::{
    ChartBuilder, Circle, IntoDrawingArea, LineSeries, PathElement, RGBColor, Rectangle, SVGBackend,
};
use plotters::style::{Color, IntoFont, ShapeStyle, TextStyle};
use std::ops::Range;

/// Width and height; the page scales the drawing.
const SIZE_PIXELS: (u32, u32) = (400, 260);
/// Text height.
const TEXT_PIXELS: u32 = 13;
/// Around everything.
const MARGIN_PIXELS: i32 = 10;
/// Height of what is below the horizontal axis.
const X_LABELS_PIXELS: i32 = 38;
/// Width of what is left of the vertical axis.
const Y_LABELS_PIXELS: i32 = 46;

/// A colour of the page, which is another in the dark and on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Axes and text.
    Text,
    /// Grid.
    Rule,
    /// The first line.
    First,
    /// The second line.
    Second,
}

impl Ink {
    const ALL: [Self; 4] = [Self::Text, Self::Rule, Self::First, Self::Second];

    /// Stands for the colour in what the plotting crate writes.
    const fn mark(self) -> RGBColor {
        RGBColor(1, 2, self as u8)
    }

    /// What the page calls it.
    pub(super) const fn css(self) -> &'static str {
        match self {
            Self::Text => "currentColor",
            Self::Rule => "var(--rule)",
            Self::First => "var(--first)",
            Self::Second => "var(--second)",
        }
    }
}

/// One thing on a plot.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// A line through points.
    Line(Ink, Vec<(f64, f64)>),
    /// A thin line through points.
    Hairline(Ink, Vec<(f64, f64)>),
    /// Dots with a radius in pixels.
    Dots(Ink, Vec<(f64, f64, i32)>),
    /// Faint bars: from, to, height.
    Bars(Ink, Vec<(f64, f64, f64)>),
}

/// A plot.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    /// What it shows, for those who can't see it.
    pub(super) label: String,
    /// What the horizontal axis counts.
    pub(super) x_name: &'static str,
    /// Horizontal range.
    pub(super) x: Range<f64>,
    /// Vertical range.
    pub(super) y: Range<f64>,
    /// Whole numbers alone on the horizontal axis.
    pub(super) whole_x: bool,
    /// From back to front.
    pub(super) layers: Vec<Layer>,
}

impl Plot {
    /// The `svg` element.
    ///
    /// # Errors
    /// [`Error::Plot`].
    pub(super) fn svg(&self) -> Result<String, Error> {
        let mut markup = String::new();
        self.draw(&mut markup).map_err(|reason| Error::Plot {
            what: self.label.clone(),
            reason: reason.to_string(),
        })?;
        for ink in Ink::ALL {
            let RGBColor(r, g, b) = ink.mark();
            markup = markup.replace(&format!("#{r:02X}{g:02X}{b:02X}"), ink.css());
        }
        // Inside HTML the namespace goes without saying, and its name looks like an address.
        let markup = markup.replace(" xmlns=\"http://www.w3.org/2000/svg\"", "");
        let (width, height) = SIZE_PIXELS;
        Ok(markup.replacen(
            &format!("<svg width=\"{width}\" height=\"{height}\""),
            "<svg role=\"img\"",
            1,
        ))
    }

    fn draw(&self, into: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let root = SVGBackend::with_string(into, SIZE_PIXELS).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(MARGIN_PIXELS)
            .x_label_area_size(X_LABELS_PIXELS)
            .y_label_area_size(Y_LABELS_PIXELS)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        let ink = Ink::Text.mark();
        let text = TextStyle::from(("sans-serif", TEXT_PIXELS).into_font()).color(&ink);
        let whole = self.whole_x;
        let x_label = move |x: &f64| match (whole, (x - x.round()).abs() < 1e-9) {
            (true, true) => format!("{x:.0}"),
            (true, false) => String::new(),
            (false, _) => shortest(*x),
        };
        chart
            .configure_mesh()
            .axis_style(Ink::Text.mark())
            .bold_line_style(Ink::Rule.mark())
            .light_line_style(Ink::Rule.mark().mix(0.0))
            .label_style(text.clone())
            .axis_desc_style(text)
            .x_labels(8)
            .y_labels(6)
            .x_desc(self.x_name)
            .x_label_formatter(&x_label)
            .y_label_formatter(&|y| shortest(*y))
            .draw()?;
        for layer in &self.layers {
            match layer {
                Layer::Line(ink, points) => {
                    let style = ink.mark().stroke_width(2);
                    chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
                }
                Layer::Hairline(ink, points) => {
                    let line = PathElement::new(points.clone(), ink.mark().stroke_width(1));
                    chart.draw_series([line])?;
                }
                Layer::Dots(ink, dots) => {
                    let style: ShapeStyle = ink.mark().filled();
                    let dot =
                        |&(x, y, radius): &(f64, f64, i32)| Circle::new((x, y), radius, style);
                    chart.draw_series(dots.iter().map(dot))?;
                }
                Layer::Bars(ink, bars) => {
                    let style: ShapeStyle = ink.mark().mix(0.3).filled();
                    let bar = |&(from, to, height): &(f64, f64, f64)| {
                        Rectangle::new([(from, 0.0), (to, height)], style)
                    };
                    chart.draw_series(bars.iter().map(bar))?;
                }
            }
        }
        root.present()?;
        Ok(())
    }
}

/// A number without zeros that say nothing; small ones by their exponent.
fn shortest(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 {
        return format!("{value:.0e}");
    }
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Ink, Layer, Plot, shortest};

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, 0.25, 1.0, 10.0, 0.0002, -1.5].map(shortest);
        assert_eq!(texts, ["0", "0.25", "1", "10", "2e-4", "-1.5"]);
    }

    #[test]
    fn a_plot_is_well_formed_and_takes_the_pages_colours() {
        let plot = Plot {
            label: "loss".to_owned(),
            x_name: "epoch",
            x: 1.0..5.0,
            y: 0.0..2.0,
            whole_x: true,
            layers: vec![
                Layer::Bars(Ink::First, vec![(1.0, 2.0, 1.0)]),
                Layer::Line(Ink::First, vec![(1.0, 2.0), (5.0, 0.5)]),
                Layer::Dots(Ink::Second, vec![(2.0, 1.0, 4)]),
                Layer::Hairline(Ink::Rule, vec![(2.0, 0.0), (2.0, 2.0)]),
            ],
        };
        let svg = plot.svg().unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        assert_eq!(document.root_element().tag_name().name(), "svg");
        assert!(!svg.contains("#0102") && !svg.contains("http"), "{svg}");
        for ink in Ink::ALL {
            assert!(svg.contains(ink.css()), "{ink:?}");
        }
        let texts: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter_map(|node| node.text())
            .map(str::trim)
            .collect();
        assert!(
            texts.contains(&"epoch") && texts.contains(&"3"),
            "{texts:?}"
        );
    }
}
