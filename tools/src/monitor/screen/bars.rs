//! How probable and how loud: tags and levels in dBFS in, bars out.

use needledrop_protocol::{State, Tag};
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::colours::{TRACK, answer, bold};
use crate::monitor::session::Session;
use crate::monitor::spans::{bar, cut};
use crate::monitor::words::{level, percent, printable};

/// Level at the left end of the level bar.
const QUIETEST_DBFS: f64 = -80.0;

/// From here on the level bar is yellow: peaks come near full scale.
const LOUD_DBFS: f64 = -12.0;

/// From here on it is red: peaks are cut off.
const TOO_LOUD_DBFS: f64 = -6.0;

/// The genre and the next two.
pub(super) fn candidates(session: &Session, tag: &Tag, width: usize) -> Vec<Line<'static>> {
    let name_width = name_width(width);
    let bar_width = bar_width(width);
    tag.candidates
        .iter()
        .enumerate()
        .map(|(rank, it)| {
            let style = if rank == 0 && tag.state == State::Music {
                bold(answer(session, tag))
            } else {
                Style::new().fg(Color::Gray)
            };
            let name = cut(&printable(it.label.as_str()), name_width);
            let (filled, track) = bar(f64::from(it.permille) / 1_000.0, bar_width);
            Line::from(vec![
                Span::styled(format!(" {name:<name_width$} "), style),
                Span::styled(filled, style),
                Span::styled(track, Style::new().fg(TRACK)),
                Span::raw(format!(" {:>11}", percent(it.permille))),
            ])
        })
        .collect()
}

/// The level meter.
pub(super) fn loudness(tag: &Tag, width: usize) -> Line<'static> {
    let (name_width, bar_width) = (name_width(width), bar_width(width));
    let share = |dbfs: f64| 1.0 - dbfs / QUIETEST_DBFS;
    let fraction = tag
        .level_dbfs_x10
        .map_or(0.0, |tenths| share(f64::from(tenths) / 10.0));
    // Below bar_width, which is a terminal's width.
    let cell = |dbfs: f64| (share(dbfs) * bar_width as f64).round() as usize;
    let (loud, too_loud) = (cell(LOUD_DBFS), cell(TOO_LOUD_DBFS));
    let (filled, track) = bar(fraction, bar_width);
    let cells: Vec<char> = filled.chars().collect();
    let zone = |from: usize, to: usize, colour| {
        let text: String = cells[from.min(cells.len())..to.min(cells.len())]
            .iter()
            .collect();
        Span::styled(text, Style::new().fg(colour))
    };
    Line::from(vec![
        Span::raw(format!(" {:<name_width$} ", cut("level", name_width))),
        zone(0, loud, Color::White),
        zone(loud, too_loud, Color::Yellow),
        zone(too_loud, bar_width, Color::Red),
        Span::styled(track, Style::new().fg(TRACK)),
        Span::raw(format!(" {:>11}", level(tag.level_dbfs_x10))),
    ])
}

fn name_width(width: usize) -> usize {
    (width / 4).clamp(5, 20)
}

/// What is left between a name and a figure of 11 characters.
fn bar_width(width: usize) -> usize {
    width.saturating_sub(name_width(width) + 2 + 12 + 1)
}

#[cfg(test)]
mod tests {
    use super::loudness;
    use needledrop_protocol::{Body, parse};

    fn meter(dbfs_x10: i16) -> String {
        let record = parse(b"$NDTAG,0,0,16000,no-audio,lost,,,,,,,,0,0*2464").unwrap();
        let Body::Tag(mut tag) = record.body else {
            panic!("a tag");
        };
        tag.level_dbfs_x10 = Some(dbfs_x10);
        // Fifty cells of bar.
        loudness(&tag, 85).to_string()
    }

    #[test]
    fn the_meter_runs_from_silence_to_full_scale() {
        let filled = |dbfs_x10| meter(dbfs_x10).chars().filter(|c| *c == '━').count();
        assert_eq!(filled(-800), 0);
        assert_eq!(filled(-400) * 2, filled(0));
        assert_eq!(meter(0).chars().count(), meter(-999).chars().count());
        assert!(meter(-214).ends_with(" -21.4 dBFS"));
    }
}
