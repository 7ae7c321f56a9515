//! The monitor's screen as a picture for a page: SVG of the very cells that a terminal gets.
//!
//! Letters are text; block characters are drawn as shapes, since fonts leave gaps between them. The same records give
//! the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context as _, Result};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::blocks::blocks;
use super::feed::Event;
use super::screen::draw;
use super::watch::Watch;

/// A cell's width; letters of most monospaced fonts are 0.6 of their size wide.
const CELL_WIDTH_PX: u32 = 9;

/// A cell's height.
const CELL_HEIGHT_PX: u32 = 18;

/// Size of the letters.
const FONT_PX: u32 = 15;

/// From the top of a cell to the foot of its letters.
const BASELINE_PX: u32 = 14;

/// Around the screen.
const MARGIN_PX: u32 = 12;

/// Behind everything.
const GROUND: &str = "#16181d";

/// Letters without a colour.
const INK: &str = "#d7dae0";

/// The screen after `records`, one a line, came from the port `name`.
///
/// # Errors
/// A line is no record, or its checksum is wrong.
pub fn svg(records: &str, name: &str, columns: u16, rows: u16) -> Result<String> {
    let now = Instant::now();
    let mut watch = Watch::new(name, Vec::new(), now);
    for line in records.lines() {
        needledrop_protocol::parse(line.as_bytes())
            .with_context(|| format!("no record: {line}"))?;
        watch.take(Event::Line(line.as_bytes().to_vec()), now)?;
    }
    let mut terminal = Terminal::new(TestBackend::new(columns, rows))?;
    terminal.draw(|frame| draw(frame, &watch, now))?;
    Ok(of_cells(terminal.backend().buffer()))
}

fn of_cells(buffer: &Buffer) -> String {
    let (columns, rows) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let width = columns * CELL_WIDTH_PX + 2 * MARGIN_PX;
    let height = rows * CELL_HEIGHT_PX + 2 * MARGIN_PX;
    let mut shapes = Shapes::default();
    let mut texts = String::new();
    for (row, cells) in buffer.content().chunks(columns.max(1) as usize).enumerate() {
        let y = MARGIN_PX + row as u32 * CELL_HEIGHT_PX;
        for (column, cell) in cells.iter().enumerate() {
            let (ink, ground) = colours(cell);
            let x = MARGIN_PX + column as u32 * CELL_WIDTH_PX;
            if ground != GROUND {
                shapes.add(ground, x, y, [0.0, 0.0, 8.0, 8.0]);
            }
            for part in blocks(cell.symbol()) {
                shapes.add(ink, x, y, part);
            }
        }
        text(&mut texts, cells, y);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
         {height}\" \
         role=\"img\">\n<title>needledrop monitor</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{GROUND}\"/>\n{}\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"{FONT_PX}\" \
             xml:space=\"preserve\">\n{texts}</g>\n\
         </svg>\n",
        shapes.paths()
    )
}

/// Rectangles, gathered by colour.
#[derive(Default)]
struct Shapes(BTreeMap<&'static str, String>);

impl Shapes {
    /// Part of the cell at `x`, `y`: left, top, width and height in eighths of the cell.
    fn add(&mut self, colour: &'static str, x: u32, y: u32, part: [f64; 4]) {
        let [left, top, width, height] = part;
        let (cell_width, cell_height) = (
            f64::from(CELL_WIDTH_PX) / 8.0,
            f64::from(CELL_HEIGHT_PX) / 8.0,
        );
        let path = self.0.entry(colour).or_default();
        // Writing to a string can't fail.
        let _ = write!(
            path,
            "M{} {}h{}v{}h-{}z",
            f64::from(x) + left * cell_width,
            f64::from(y) + top * cell_height,
            width * cell_width,
            height * cell_height,
            width * cell_width,
        );
    }

    fn paths(&self) -> String {
        let path = |(colour, path): (&&str, &String)| {
            format!("<path fill=\"{colour}\" shape-rendering=\"crispEdges\" d=\"{path}\"/>\n")
        };
        self.0.iter().map(path).collect()
    }
}

/// The letters of a row, one element for each run of one style without a wide gap.
fn text(texts: &mut String, cells: &[Cell], y: u32) {
    let is_letter = |cell: &Cell| cell.symbol() != " " && blocks(cell.symbol()).is_empty();
    let style = |cell: &Cell| (colours(cell).0, cell.modifier.contains(Modifier::BOLD));
    let mut column = 0;
    while column < cells.len() {
        let first = &cells[column];
        if !is_letter(first) {
            column += 1;
            continue;
        }
        let belongs = |at: usize| {
            let next = cells.get(at + 1).is_some_and(is_letter);
            (is_letter(&cells[at]) || next && cells[at].symbol() == " ")
                && style(&cells[at]) == style(first)
        };
        let end = (column..cells.len())
            .find(|at| !belongs(*at))
            .unwrap_or(cells.len());
        let run: String = cells[column..end]
            .iter()
            .map(|cell| escaped(cell.symbol()))
            .collect();
        let (ink, bold) = style(first);
        let weight = if bold { " font-weight=\"bold\"" } else { "" };
        // Writing to a string can't fail.
        let _ = writeln!(
            texts,
            "<text x=\"{}\" y=\"{}\" textLength=\"{}\" fill=\"{ink}\"{weight}>{run}</text>",
            MARGIN_PX + column as u32 * CELL_WIDTH_PX,
            y + BASELINE_PX,
            (end - column) as u32 * CELL_WIDTH_PX,
        );
        column = end;
    }
}

fn escaped(symbol: &str) -> String {
    symbol
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Ink and ground of a cell.
fn colours(cell: &Cell) -> (&'static str, &'static str) {
    let (ink, ground) = (
        colour(cell.fg).unwrap_or(INK),
        colour(cell.bg).unwrap_or(GROUND),
    );
    if cell.modifier.contains(Modifier::REVERSED) {
        (ground, ink)
    } else {
        (ink, ground)
    }
}

/// The colours that the screen uses, in a shade that reads well on the ground.
fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Red => "#f2777a",
        Color::Green => "#7ec97e",
        Color::Yellow => "#f0c674",
        Color::Blue => "#6f9fd8",
        Color::Magenta => "#c397d8",
        Color::Cyan => "#70c0ba",
        Color::Gray => "#b4b7bd",
        Color::DarkGray => "#6c7079",
        Color::LightRed => "#ff9da4",
        Color::LightGreen => "#b9e08f",
        Color::LightYellow => "#ffe9a8",
        Color::LightBlue => "#9cc7ff",
        Color::LightMagenta => "#e3b7f5",
        Color::LightCyan => "#a5e8e3",
        Color::White => "#ffffff",
        Color::Black => "#000000",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn names_from_the_line_stay_text() {
        let line =
            "$NDTAG,2,198450,44100,uncertain,,rock,402,<b>&,391,R&B%2C soul,101,-187,0,0*C294";
        let picture = svg(line, "<port>", 80, 24).unwrap();
        assert!(picture.contains("&lt;b&gt;&amp;") && picture.contains("&lt;port&gt;"));
        assert!(!picture.contains("<b>"));
        assert!(svg("$NDTAG,1*0000", "port", 80, 24).is_err());
    }
}
