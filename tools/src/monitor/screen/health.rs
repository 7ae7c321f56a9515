//! Who speaks, how the board is, and whether the line is sound.

use needledrop_protocol::Status;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::colours::bold;
use crate::monitor::link::Link;
use crate::monitor::plain::board;
use crate::monitor::session::Session;
use crate::monitor::spans::cut;
use crate::monitor::watch::Watch;
use crate::monitor::words::{printable, totals};

/// The model and what it listens to, as far as the board has said.
pub(super) fn title(session: &Session, width: usize) -> Line<'static> {
    let right = " q quits ";
    let left = match (&session.begin, &session.status) {
        (Some(begin), _) => {
            let [model, heard, firmware] =
                [&begin.model, &begin.source, &begin.firmware].map(|it| printable(it.as_str()));
            format!(" {model} {} hears {heard} · {firmware}", begin.model_digest)
        }
        (None, Some(status)) => format!(" needledrop · model {}", status.model_digest),
        (None, None) => " needledrop".to_owned(),
    };
    let room = width.saturating_sub(right.len());
    let text = format!("{:<room$}{right}", cut(&left, room));
    let style = Style::new().add_modifier(Modifier::REVERSED);
    Line::from(Span::styled(text, style))
}

/// The board's own counters.
pub(super) fn of_board(status: Option<&Status>, width: usize) -> Line<'static> {
    let Some(status) = status else {
        let text = cut(" board: no status yet", width);
        return Line::from(Span::styled(text, Style::new().fg(Color::Gray)));
    };
    let troubled =
        status.overrun_samples > 0 || status.dropped_records > 0 || status.clipped_samples > 0;
    let style = if troubled {
        bold(Color::Yellow)
    } else {
        Style::new()
    };
    let text = cut(&format!(" board: {}", board(status)), width);
    Line::from(Span::styled(text, style))
}

/// What was read, what was lost, and the name of the source.
pub(super) fn of_line(watch: &Watch, width: usize) -> Line<'static> {
    let counts = watch.session.counts();
    let (style, mut text) = match &watch.link {
        Link::Away(_) => (bold(Color::Red), " line gone: ".to_owned()),
        Link::Silent => (bold(Color::Red), " line silent: ".to_owned()),
        _ if counts.is_clean() => (Style::new().fg(Color::Green), " line OK: ".to_owned()),
        _ => (bold(Color::Red), " LINE FAULTY: ".to_owned()),
    };
    text.push_str(&totals(&counts));
    if let Some((_, fault)) = watch.session.faults.back() {
        text.push_str(&format!("; last: {fault}"));
    }
    if let Some(said) = &watch.said {
        text.push_str(&format!("; {}", printable(said)));
    }
    text.push_str(&format!(" · {}", printable(&watch.name)));
    Line::from(Span::styled(cut(&text, width), style))
}
