//! The terminal picture: who speaks, what is heard, how probable, how loud, and whether the line is sound.

use std::time::{Duration, Instant};

use needledrop_protocol::{SampleTime, State, Status, Tag};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::link::Link;
use super::plain::board;
use super::session::Session;
use super::spans::{bar, cut};
use super::watch::Watch;
use super::words::{clock, level, percent, printable, span, state, totals};

/// Level at the left end of the level bar.
const QUIETEST_DBFS: f64 = -80.0;

/// Rows without the history: title, state, three bars, level, board, line.
const FIXED_ROWS: u16 = 8;

/// Draws everything; any size of terminal will do, from about 40x10 it is all there.
pub fn draw(frame: &mut Frame<'_>, watch: &Watch, now: Instant) {
    let (session, link) = (&watch.session, &watch.link);
    let area = frame.area();
    // Air between the parts when there is room.
    let gap = u16::from(area.height >= FIXED_ROWS + 10);
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1 + 2 * gap),
        Constraint::Length(3),
        Constraint::Length(1 + gap),
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .split(area);
    let width = usize::from(area.width);
    let tag = session.tag.as_ref().map(|(_, tag)| tag);

    show(frame, rows[0], vec![title(session, &watch.name, width)]);
    let mut lines = vec![headline(session, tag, link, watch.quiet_for(now), width)];
    if gap == 1 {
        lines.insert(0, Line::default());
    }
    show(frame, rows[1], lines);
    show(frame, rows[2], candidates(tag, width));
    show(frame, rows[3], vec![loudness(tag, width)]);
    history(frame, rows[4], session);
    show(
        frame,
        rows[5],
        vec![health_of_board(session.status.as_ref(), width)],
    );
    show(frame, rows[6], vec![health_of_line(session, width)]);
}

fn show(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    frame.render_widget(Paragraph::new(lines), area);
}

fn title(session: &Session, source: &str, width: usize) -> Line<'static> {
    let right = " q quits ";
    let left = session.begin.as_ref().map_or_else(
        || format!(" {source}"),
        |begin| {
            let [model, heard, firmware] =
                [&begin.model, &begin.source, &begin.firmware].map(|it| printable(it.as_str()));
            format!(
                " {model} {} hears {heard} · {firmware} · {source}",
                begin.model_digest
            )
        },
    );
    let room = width.saturating_sub(right.len());
    let text = format!("{:<room$}{right}", cut(&left, room));
    Line::from(Span::styled(
        text,
        Style::new().add_modifier(Modifier::REVERSED),
    ))
}

fn headline(
    session: &Session,
    tag: Option<&Tag>,
    link: &Link,
    quiet: Duration,
    width: usize,
) -> Line<'static> {
    let warning = match link {
        Link::Away(reason) => Some(printable(reason)),
        Link::Ended if session.counts().records == 0 => Some("no records".to_owned()),
        Link::Ended => None,
        Link::Silent => Some(format!("silent: no record for {}", span(quiet))),
        Link::Waiting | Link::Live => None,
    };
    if let Some(warning) = warning {
        return Line::from(Span::styled(
            cut(&format!(" {warning}"), width),
            bold(Color::Red),
        ));
    }
    let Some(tag) = tag else {
        return Line::from(Span::styled(
            cut(" waiting for the first record", width),
            Style::new().fg(Color::Gray),
        ));
    };
    let text = match (tag.state, tag.candidates.first()) {
        (State::Music, Some(genre)) => {
            format!(" {} ", printable(genre.label.as_str()).to_uppercase())
        }
        (other, _) => format!(" {} ", state(other)),
    };
    let since = session
        .tag
        .as_ref()
        .map(|(time, _)| format!(" {}", clock(time.milliseconds())))
        .unwrap_or_default();
    let ended = if *link == Link::Ended { " end" } else { "" };
    Line::from(vec![
        Span::styled(
            cut(&text, width),
            bold(colour(tag.state)).add_modifier(Modifier::REVERSED),
        ),
        Span::raw(since),
        Span::raw(ended),
    ])
}

fn candidates(tag: Option<&Tag>, width: usize) -> Vec<Line<'static>> {
    let Some(tag) = tag else { return Vec::new() };
    let name_width = (width / 3).clamp(4, 24);
    let bar_width = width.saturating_sub(name_width + 9);
    tag.candidates
        .iter()
        .enumerate()
        .map(|(rank, it)| {
            let said = rank == 0 && tag.state == State::Music;
            let style = if said {
                bold(colour(tag.state))
            } else {
                Style::new().fg(Color::Gray)
            };
            let name = cut(&printable(it.label.as_str()), name_width);
            Line::from(vec![
                Span::styled(format!(" {name:<name_width$} "), style),
                Span::styled(bar(f64::from(it.permille) / 1_000.0, bar_width), style),
                Span::raw(format!(" {:>5}", percent(it.permille))),
            ])
        })
        .collect()
}

fn loudness(tag: Option<&Tag>, width: usize) -> Line<'static> {
    let Some(tag) = tag else {
        return Line::default();
    };
    let bar_width = width.saturating_sub(7 + 12);
    let fraction = tag.level_dbfs_x10.map_or(0.0, |tenths| {
        1.0 - (f64::from(tenths) / 10.0) / QUIETEST_DBFS
    });
    Line::from(vec![
        Span::raw(" level "),
        Span::styled(bar(fraction, bar_width), Style::new().fg(Color::Cyan)),
        Span::raw(format!(" {:>11}", level(tag.level_dbfs_x10))),
    ])
}

/// Tags, newest first; beside them, where it is wide enough, each answer's share of them.
fn history(frame: &mut Frame<'_>, area: Rect, session: &Session) {
    let wide = area.width >= 70;
    let columns = Layout::horizontal(if wide {
        [Constraint::Percentage(50), Constraint::Percentage(50)]
    } else {
        [Constraint::Percentage(100), Constraint::Length(0)]
    })
    .split(area);
    let width = usize::from(columns[0].width);
    let lines = session
        .history
        .iter()
        .rev()
        .take(usize::from(area.height))
        .map(|(time, tag)| past(*time, tag, width))
        .collect();
    show(frame, columns[0], lines);
    if wide {
        let lines = shares(
            session,
            usize::from(area.height),
            usize::from(columns[1].width),
        );
        show(frame, columns[1], lines);
    }
}

fn past(time: SampleTime, tag: &Tag, width: usize) -> Line<'static> {
    let text = format!("{} {}", clock(time.milliseconds()), answer(tag));
    let probability = match (tag.state, tag.candidates.first()) {
        (State::Music, Some(genre)) => format!(" {}", percent(genre.permille)),
        _ => String::new(),
    };
    Line::from(Span::styled(
        cut(&format!(" {text}{probability}"), width),
        Style::new().fg(colour(tag.state)),
    ))
}

fn answer(tag: &Tag) -> String {
    match (tag.state, tag.candidates.first()) {
        (State::Music, Some(genre)) => printable(genre.label.as_str()),
        (other, _) => state(other),
    }
}

fn shares(session: &Session, height: usize, width: usize) -> Vec<Line<'static>> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for (_, tag) in &session.history {
        let answer = answer(tag);
        match counts.iter_mut().find(|(name, _)| *name == answer) {
            Some((_, count)) => *count += 1,
            None => counts.push((answer, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let all = session.history.len().max(1);
    let bar_width = width.saturating_sub(18 + 7);
    let mut lines = Vec::new();
    if !counts.is_empty() {
        lines.push(Line::from(cut(
            &format!("share of the last {all} tags"),
            width,
        )));
    }
    lines.extend(counts.iter().map(|(name, count)| {
        let fraction = *count as f64 / all as f64;
        let filled = bar(fraction, bar_width);
        Line::from(format!(
            "{:<18}{filled} {:>3.0} %",
            cut(name, 17),
            fraction * 100.0
        ))
    }));
    lines.truncate(height);
    lines
}

fn health_of_board(status: Option<&Status>, width: usize) -> Line<'static> {
    let Some(status) = status else {
        return Line::from(Span::styled(
            cut(" board: no status yet", width),
            Style::new().fg(Color::Gray),
        ));
    };
    let troubled =
        status.overrun_samples > 0 || status.dropped_records > 0 || status.clipped_samples > 0;
    let style = if troubled {
        bold(Color::Yellow)
    } else {
        Style::new()
    };
    Line::from(Span::styled(
        cut(&format!(" board: {}", board(status)), width),
        style,
    ))
}

fn health_of_line(session: &Session, width: usize) -> Line<'static> {
    let counts = session.counts();
    let totals = totals(&counts);
    let (style, text) = if counts.is_clean() {
        (Style::new().fg(Color::Green), format!(" line OK: {totals}"))
    } else {
        let last = session
            .faults
            .back()
            .map(|(_, text)| format!("; last: {text}"))
            .unwrap_or_default();
        (bold(Color::Red), format!(" LINE FAULTY: {totals}{last}"))
    };
    Line::from(Span::styled(cut(&text, width), style))
}

fn bold(colour: Color) -> Style {
    Style::new().fg(colour).add_modifier(Modifier::BOLD)
}

fn colour(state: State) -> Color {
    match state {
        State::Music => Color::Green,
        State::Uncertain => Color::Yellow,
        State::NoMusic(_) => Color::Blue,
        State::NoAudio(_) => Color::Red,
    }
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::monitor::feed::Event;
    use crate::monitor::watch::Watch;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use std::time::Instant;

    fn watch() -> Watch {
        let mut watch = Watch::new("test", Vec::new(), Instant::now());
        line(
            &mut watch,
            b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F",
        );
        watch
    }

    fn line(watch: &mut Watch, line: &[u8]) {
        let event = Event::Line(line.to_vec());
        watch.take(event, Instant::now()).unwrap();
    }

    fn picture(watch: &Watch, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| draw(frame, watch, Instant::now()))
            .unwrap();
        let buffer = terminal.backend().buffer().clone();
        let rows = buffer.content().chunks(usize::from(width.max(1)));
        rows.map(|row| {
            row.iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect::<String>()
                + "\n"
        })
        .collect()
    }

    #[test]
    fn a_small_terminal_shows_everything_that_matters() {
        let picture = picture(&watch(), 40, 10);
        for part in [
            "JAZZ",
            "blues",
            "rock",
            "87 %",
            "-21.4 dBFS",
            "line OK",
            "board:",
            "q quits",
        ] {
            assert!(picture.contains(part), "{part} is missing from\n{picture}");
        }
    }

    #[test]
    fn every_size_can_be_drawn() {
        let watch = watch();
        for (width, height) in [(1, 1), (2, 30), (10, 5), (80, 24), (200, 60), (300, 2)] {
            picture(&watch, width, height);
        }
    }

    #[test]
    fn a_fault_stays_in_sight() {
        let mut watch = watch();
        line(
            &mut watch,
            b"$NDTAG,9,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F",
        );
        let picture = picture(&watch, 80, 24);
        assert!(
            picture.contains("LINE FAULTY") && picture.contains("1 CRC failures"),
            "{picture}"
        );
    }
}
