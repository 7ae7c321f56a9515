//! The last minutes: each answer in its colour, as high as it was probable.

use std::collections::VecDeque;

use needledrop_protocol::State;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::colours;
use super::headline::long_answer;
use crate::monitor::session::{Moment, Session};
use crate::monitor::spans::cut;

/// What the width shows.
const SPAN_MS: u64 = 300_000;

/// Longest time that one tag stands for: windows last some seconds, and a gap beyond this was not heard.
const HOLD_MS: u64 = 20_000;

/// Eighths of a cell, from the bottom.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Probability bars of `rows` lines over a line with the answers' names, and the minutes below when there is `axis`.
pub(super) fn lines(
    session: &Session,
    width: usize,
    rows: usize,
    axis: bool,
) -> Vec<Line<'static>> {
    let cells = cells(&session.history, width.saturating_sub(2));
    let mut lines: Vec<Line<'static>> = (0..rows)
        .map(|row| bars(session, &cells, rows, row))
        .collect();
    lines.push(names(session, &cells));
    if axis {
        lines.push(minutes(cells.len()));
    }
    lines
}

/// The tag that each cell is about, oldest first.
fn cells(history: &VecDeque<Moment>, width: usize) -> Vec<Option<&Moment>> {
    let Some(newest) = history.back() else {
        return vec![None; width];
    };
    let mut moments = history.iter().peekable();
    (0..width)
        .map(|cell| {
            // A tag is about the sound before it: the first that is not before the cell's end is the cell's.
            let left = (width - 1 - cell) as u64;
            let end_ms = newest.at_ms.checked_sub(left * SPAN_MS / width as u64)?;
            while moments.next_if(|it| it.at_ms < end_ms).is_some() {}
            moments
                .peek()
                .copied()
                .filter(|it| it.at_ms - end_ms < HOLD_MS)
        })
        .collect()
}

fn bars(session: &Session, cells: &[Option<&Moment>], rows: usize, row: usize) -> Line<'static> {
    let spans = cells.iter().map(|cell| match cell {
        Some(moment) => {
            let height = height(moment) * rows as f64 * 8.0;
            let below = ((rows - 1 - row) * 8) as f64;
            // 0 to 8 by the clamp.
            let eighths = (height - below).round().clamp(0.0, 8.0) as usize;
            let colour = colours::answer(session, &moment.tag);
            Span::styled(EIGHTHS[eighths].to_string(), Style::new().fg(colour))
        }
        None => Span::raw(" "),
    });
    std::iter::once(Span::raw(" ")).chain(spans).collect()
}

/// Share of the full height: the probability; a thin line where there is none.
fn height(moment: &Moment) -> f64 {
    let permille = match moment.tag.state {
        State::Music | State::Uncertain => moment.tag.candidates.first().map(|it| it.permille),
        _ => None,
    };
    permille.map_or(0.0, |it| f64::from(it) / 1_000.0).max(0.07)
}

/// Each run of one answer under its first cell, where there is room for its name.
fn names(session: &Session, cells: &[Option<&Moment>]) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let mut rest = cells;
    while let Some(first) = rest.first() {
        let answer = first.map(|moment| long_answer(&moment.tag));
        let same = |cell: &&Option<&Moment>| cell.map(|it| long_answer(&it.tag)) == answer;
        let run = rest.iter().take_while(same).count();
        // One cell stays free between two names.
        let name = cut(&answer.unwrap_or_default(), run.saturating_sub(1));
        let name = if name.chars().count() < 3 { "" } else { &name };
        let colour = first.map_or(Color::Reset, |moment| colours::answer(session, &moment.tag));
        spans.push(Span::styled(
            format!("{name:<run$}"),
            Style::new().fg(colour),
        ));
        rest = &rest[run..];
    }
    Line::from(spans)
}

/// `-5 min     -4     -3     -2     -1     now`
fn minutes(width: usize) -> Line<'static> {
    let mut text = vec![' '; width + 1];
    let minutes = (SPAN_MS / 60_000) as usize;
    for minute in 0..=minutes {
        let label = match minute {
            0 => "now".to_owned(),
            it if it == minutes => format!("-{it} min"),
            it => format!("-{it}"),
        };
        let end = width + 1 - minute * width / minutes;
        let start = if minute == minutes {
            1
        } else {
            end.saturating_sub(label.len())
        };
        for (place, letter) in text.iter_mut().skip(start).zip(label.chars()) {
            *place = letter;
        }
    }
    let text: String = text.into_iter().collect();
    Line::from(Span::styled(text, Style::new().fg(colours::PAST)))
}

#[cfg(test)]
mod tests {
    use super::{cells, lines};
    use crate::monitor::session::Session;
    use needledrop_protocol::{Format, encode, parse};

    /// Tags of jazz at 0.871 at these seconds.
    fn heard(seconds: &[u64]) -> Session {
        let mut session = Session::new();
        for (sequence, second) in (0..).zip(seconds) {
            let line = b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F";
            let mut record = parse(line).unwrap();
            record.sequence = sequence;
            record.time.samples = second * 44_100;
            session.line(encode(&record, Format::Nmea).as_bytes());
        }
        session
    }

    #[test]
    fn newest_is_right_and_what_was_not_heard_is_empty() {
        let session = heard(&[100, 110, 200, 210]);
        // 30 cells of 10 s, the last ends at 210 s.
        let cells = cells(&session.history, 30);
        let at: Vec<Option<u64>> = cells
            .iter()
            .map(|it| it.map(|moment| moment.at_ms / 1_000))
            .collect();
        assert_eq!(at[29], Some(210));
        assert_eq!(at[28], Some(200));
        assert_eq!(at[27], Some(200), "the window before the tag");
        assert_eq!(at[26], None, "nothing heard between 110 and 180");
        assert_eq!(at[19], Some(110));
        assert_eq!(at[0], None);
    }

    #[test]
    fn the_bar_is_as_high_as_the_probability_and_named() {
        let session = heard(&(0..100).map(|it| it * 3).collect::<Vec<_>>());
        let lines = lines(&session, 62, 2, true);
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        // 0.871 of sixteen eighths is fourteen.
        assert!(
            text[0].ends_with("▆▆") && text[1].ends_with("██"),
            "{text:?}"
        );
        assert!(text[2].starts_with(" jazz") || text[2].trim_start().starts_with("jazz"));
        assert!(text[3].starts_with(" -5 min") && text[3].ends_with("now"));
    }

    #[test]
    fn every_width_can_be_drawn() {
        let session = heard(&[0, 1_000]);
        for width in 0..80 {
            lines(&session, width, 1, true);
        }
    }
}
