//! The terminal picture: who speaks, what is heard, how probable, how loud, the last minutes, and whether the line is
//! sound.
//!
//! [`draw`] shares the rows out, the most important first; each file beside this one draws a part. While the line is
//! dead, what was known stays in sight in grey.

use std::time::Instant;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::watch::Watch;
use rows::Rows;

mod bars;
mod colours;
mod headline;
mod health;
mod letters;
mod past;
mod rows;
mod timeline;

/// Draws everything; any size of terminal will do, from about 40x10 all that matters is there.
pub fn draw(frame: &mut Frame<'_>, watch: &Watch, now: Instant) {
    let area = frame.area();
    let rows = Rows::of(area.height);
    let parts = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(rows.gap),
        Constraint::Length(rows.answer),
        Constraint::Length(1),
        Constraint::Length(rows.gap),
        Constraint::Length(4),
        Constraint::Length(rows.gap),
        Constraint::Length(rows.timeline),
        Constraint::Length(rows.gap),
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .split(area);
    let (session, width) = (&watch.session, usize::from(area.width));
    let quiet = watch.quiet_for(now);

    show(frame, parts[0], vec![health::title(session, width)]);
    let answer = if rows.answer == 1 {
        vec![headline::small_line(session, width)]
    } else {
        headline::large_lines(session, width)
    };
    show(frame, parts[2], answer);
    show(
        frame,
        parts[3],
        vec![headline::state_line(watch, quiet, width)],
    );
    if let Some(tag) = session.tag.as_ref().map(|moment| &moment.tag) {
        let mut lines = bars::candidates(session, tag, width);
        lines.resize(3, Line::default());
        lines.push(bars::loudness(tag, width));
        show(frame, parts[5], lines);
    }
    let timeline = match rows.timeline {
        0 => Vec::new(),
        2 => timeline::lines(session, width, 1, false),
        _ => timeline::lines(session, width, 2, true),
    };
    show(frame, parts[7], timeline);
    past::draw(frame, parts[9], session);
    show(
        frame,
        parts[10],
        vec![health::of_board(session.status.as_ref(), width)],
    );
    show(frame, parts[11], vec![health::of_line(watch, width)]);

    if watch.link.is_dead() {
        for part in [2, 5, 7, 9, 10] {
            grey(frame, parts[part]);
        }
    }
}

fn show(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    frame.render_widget(Paragraph::new(lines), area);
}

/// What was known, no longer so.
fn grey(frame: &mut Frame<'_>, area: Rect) {
    let style = Style::new()
        .fg(colours::PAST)
        .remove_modifier(Modifier::BOLD | Modifier::REVERSED);
    frame.buffer_mut().set_style(area, style);
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::monitor::feed::Event;
    use crate::monitor::watch::Watch;
    use needledrop_protocol::{Format, encode, parse};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::buffer::{Buffer, Cell};
    use ratatui::style::Color;
    use std::time::{Duration, Instant};

    fn watch() -> Watch {
        let mut watch = Watch::new("test", Vec::new(), Instant::now());
        line(
            &mut watch,
            b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F",
        );
        watch
    }

    /// The next tag of the board.
    fn tag(sequence: u32) -> Vec<u8> {
        let line = b"$NDTAG,7,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*783F";
        let mut record = parse(line).unwrap();
        record.sequence = sequence;
        encode(&record, Format::Nmea).as_bytes().to_vec()
    }

    fn line(watch: &mut Watch, line: &[u8]) {
        let event = Event::Line(line.to_vec());
        watch.take(event, Instant::now()).unwrap();
    }

    fn buffer(watch: &Watch, width: u16, height: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| draw(frame, watch, Instant::now()))
            .unwrap();
        terminal.backend().buffer().clone()
    }

    fn text(buffer: &Buffer) -> String {
        let width = usize::from(buffer.area.width.max(1));
        let row = |row: &[Cell]| row.iter().map(Cell::symbol).collect::<String>() + "\n";
        buffer.content().chunks(width).map(row).collect()
    }

    fn picture(watch: &Watch, width: u16, height: u16) -> String {
        text(&buffer(watch, width, height))
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
    fn where_there_is_room_the_genre_is_large() {
        let shown = picture(&watch(), 40, 12);
        assert!(
            !shown.contains("JAZZ") && shown.contains("▝█▘▗█▖ █▀▜▌█▀▜▌"),
            "{shown}"
        );
        let shown = picture(&watch(), 12, 12);
        assert!(shown.contains("JAZZ"), "{shown}");
    }

    #[test]
    fn while_the_line_is_dead_what_was_known_stays_in_grey() {
        let mut watch = watch();
        let colours = |watch: &Watch| {
            let buffer = buffer(watch, 80, 24);
            let known = &buffer.content()[80..22 * 80];
            let mut colours: Vec<Color> = known
                .iter()
                .filter(|cell| cell.symbol() != " ")
                .map(|cell| cell.fg)
                .collect();
            colours.sort_by_key(|it| format!("{it:?}"));
            colours.dedup();
            colours
        };
        assert!(colours(&watch).contains(&Color::Green));
        let gone = Event::Away("port went away (broken pipe)".to_owned());
        watch.take(gone, Instant::now()).unwrap();
        assert_eq!(colours(&watch), [Color::DarkGray, Color::Red]);
        let shown = picture(&watch, 80, 24);
        for part in ["no line for 0:00: port went away", "blues", "line gone"] {
            assert!(shown.contains(part), "{part} is missing from\n{shown}");
        }
        let back = Event::Back("port2".to_owned());
        watch.take(back, Instant::now()).unwrap();
        assert_eq!(
            colours(&watch),
            [Color::DarkGray, Color::Red],
            "no record yet"
        );
        line(&mut watch, &tag(8));
        assert!(colours(&watch).contains(&Color::Green));
    }

    #[test]
    fn a_silent_line_says_for_how_long() {
        let mut watch = watch();
        let later = Instant::now() + Duration::from_secs(42);
        watch.tick(later).unwrap();
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(frame, &watch, later)).unwrap();
        let shown = text(terminal.backend().buffer());
        assert!(shown.contains("no record for 0:42"), "{shown}");
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
