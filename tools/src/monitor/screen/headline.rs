//! What is heard, in large letters, and since when; or why nothing is.

use needledrop_protocol::{State, Tag};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use std::time::Duration;

use super::colours::{answer, bold};
use super::letters::{ROWS, large};
use crate::monitor::link::Link;
use crate::monitor::session::Session;
use crate::monitor::spans::cut;
use crate::monitor::watch::Watch;
use crate::monitor::words::{percent, printable, span, state};

/// Rows of the large headline.
pub(super) const LARGE_ROWS: u16 = ROWS as u16;

/// The answer in large letters with its probability at the right, in [`LARGE_ROWS`] lines; one line where it does not
/// fit.
pub(super) fn large_lines(session: &Session, width: usize) -> Vec<Line<'static>> {
    let Some(tag) = session.tag.as_ref().map(|moment| &moment.tag) else {
        return vec![Line::default(), small_line(session, width)];
    };
    let Some(letters) = large(&short_answer(tag).to_uppercase(), width.saturating_sub(2)) else {
        return vec![Line::default(), small_line(session, width)];
    };
    let style = Style::new().fg(answer(session, tag));
    let taken = letters[0].chars().count() + 2;
    let room = width.saturating_sub(taken + 2);
    let probability = said(tag).and_then(|permille| {
        let text = percent(permille).replace(' ', "");
        large(&text, room)
    });
    (0..ROWS)
        .map(|row| {
            let right = probability.as_ref().map_or("", |rows| rows[row].as_str());
            let room = room + 1;
            Line::from(vec![
                Span::styled(format!(" {}", letters[row]), style),
                Span::styled(format!("{right:>room$}"), style),
            ])
        })
        .collect()
}

/// The answer in one line.
pub(super) fn small_line(session: &Session, width: usize) -> Line<'static> {
    let Some(tag) = session.tag.as_ref().map(|moment| &moment.tag) else {
        let waiting = cut(" waiting for the first tag", width);
        return Line::from(Span::styled(waiting, Style::new().fg(Color::Gray)));
    };
    let text = match tag.state {
        State::Music => short_answer(tag).to_uppercase(),
        _ => long_answer(tag),
    };
    let style = bold(answer(session, tag)).add_modifier(Modifier::REVERSED);
    Line::from(Span::styled(cut(&format!(" {text} "), width), style))
}

/// How the line is, when it is not well, else for how long the answer has been this one.
pub(super) fn state_line(watch: &Watch, quiet: Duration, width: usize) -> Line<'static> {
    if let Some(warning) = warning(watch, quiet) {
        let warning = cut(&format!(" {warning}"), width);
        return Line::from(Span::styled(warning, bold(Color::Red)));
    }
    let session = &watch.session;
    let Some(moment) = &session.tag else {
        return Line::default();
    };
    let mut text = format!(" {} for {}", state(moment.tag.state), span(lasted(session)));
    if watch.link == Link::Ended {
        text.push_str(", then the end");
    } else if moment.tag.last {
        text.push_str(", last of its source");
    }
    Line::from(cut(&text, width))
}

/// What is wrong with the line, in words; `None` while records come, and after a file's end.
fn warning(watch: &Watch, quiet: Duration) -> Option<String> {
    let dead = span(quiet);
    match &watch.link {
        Link::Away(reason) => Some(format!("no line for {dead}: {}", printable(reason))),
        Link::Silent => Some(format!(
            "silent: no record for {dead}; is the board on, and its program running?"
        )),
        Link::Waiting if watch.session.counts().records > 0 => {
            Some(format!("the line is back, no record for {dead} so far"))
        }
        Link::Ended if watch.session.counts().records == 0 => Some("no records".to_owned()),
        Link::Waiting | Link::Live | Link::Ended => None,
    }
}

/// For how long the answer has been the same.
fn lasted(session: &Session) -> Duration {
    let mut newest_first = session.history.iter().rev();
    let Some(newest) = newest_first.next() else {
        return Duration::ZERO;
    };
    let same =
        newest_first.take_while(|moment| long_answer(&moment.tag) == long_answer(&newest.tag));
    let oldest = same.last().unwrap_or(newest);
    Duration::from_millis(newest.at_ms.saturating_sub(oldest.at_ms))
}

/// The probability of the genre that is said.
fn said(tag: &Tag) -> Option<u16> {
    let first = tag.candidates.first()?;
    (tag.state == State::Music).then_some(first.permille)
}

/// `jazz`, `no music`
fn short_answer(tag: &Tag) -> String {
    match (tag.state, tag.candidates.first()) {
        (State::Music, Some(genre)) => printable(genre.label.as_str()),
        (other, _) => other.name().replace('-', " "),
    }
}

/// `jazz`, `no-audio (lost)`
pub(super) fn long_answer(tag: &Tag) -> String {
    match (tag.state, tag.candidates.first()) {
        (State::Music, Some(genre)) => printable(genre.label.as_str()),
        (other, _) => state(other),
    }
}
