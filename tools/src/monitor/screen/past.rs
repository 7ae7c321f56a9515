//! The last tags one by one, and each answer's share of them.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use needledrop_protocol::State;

use super::colours;
use super::headline::long_answer;
use crate::monitor::session::{Moment, Session};
use crate::monitor::spans::{bar, cut};
use crate::monitor::words::{clock, percent};

/// Width from which the shares stand beside the tags.
const WIDE: u16 = 70;

/// Tags, newest first; beside them, where it is wide enough, the shares.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, session: &Session) {
    let wide = area.width >= WIDE;
    let columns = Layout::horizontal(if wide {
        [Constraint::Percentage(50), Constraint::Percentage(50)]
    } else {
        [Constraint::Percentage(100), Constraint::Length(0)]
    })
    .split(area);
    let height = usize::from(area.height);
    let newest = session.history.iter().rev().take(height);
    let width = usize::from(columns[0].width);
    let tags: Vec<Line<'static>> = newest.map(|it| tag(session, it, width)).collect();
    frame.render_widget(Paragraph::new(tags), columns[0]);
    if wide {
        let shares = shares(session, height, usize::from(columns[1].width));
        frame.render_widget(Paragraph::new(shares), columns[1]);
    }
}

fn tag(session: &Session, moment: &Moment, width: usize) -> Line<'static> {
    let time = clock(moment.time.milliseconds());
    let mut text = format!("{time} {}", long_answer(&moment.tag));
    if let (State::Music, Some(genre)) = (moment.tag.state, moment.tag.candidates.first()) {
        text.push_str(&format!(" {}", percent(genre.permille)));
    }
    let colour = colours::answer(session, &moment.tag);
    Line::from(Span::styled(
        cut(&format!(" {text}"), width),
        Style::new().fg(colour),
    ))
}

fn shares(session: &Session, height: usize, width: usize) -> Vec<Line<'static>> {
    let mut counts: Vec<(String, Color, usize)> = Vec::new();
    for moment in &session.history {
        let answer = long_answer(&moment.tag);
        match counts.iter_mut().find(|(name, ..)| *name == answer) {
            Some((.., count)) => *count += 1,
            None => counts.push((answer, colours::answer(session, &moment.tag), 1)),
        }
    }
    counts.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    let all = session.history.len().max(1);
    let bar_width = width.saturating_sub(18 + 7);
    let title = cut(&format!("share of the last {all} tags"), width);
    let mut lines = vec![Line::from(title)];
    lines.extend(counts.iter().map(|(name, colour, count)| {
        let fraction = *count as f64 / all as f64;
        let (filled, track) = bar(fraction, bar_width);
        Line::from(vec![
            Span::raw(format!("{:<18}", cut(name, 17))),
            Span::styled(filled, Style::new().fg(*colour)),
            Span::styled(track, Style::new().fg(colours::TRACK)),
            Span::raw(format!(" {:>3.0} %", fraction * 100.0)),
        ])
    }));
    lines.truncate(height);
    lines
}
