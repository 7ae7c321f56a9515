//! Which colour means what. Only the sixteen that every terminal has, in the shades its user chose.

use needledrop_protocol::{State, Tag};
use ratatui::style::{Color, Modifier, Style};

use crate::monitor::session::Session;

/// Of genres, in the order in which they were first heard. Yellow, blue and red are the other states'.
const GENRES: [Color; 8] = [
    Color::Green,
    Color::Cyan,
    Color::Magenta,
    Color::LightBlue,
    Color::LightGreen,
    Color::LightMagenta,
    Color::LightCyan,
    Color::LightRed,
];

/// Of what is no longer so.
pub(super) const PAST: Color = Color::DarkGray;

/// Of the empty part of a bar.
pub(super) const TRACK: Color = Color::DarkGray;

/// Of an answer: its genre's, or its state's.
pub(super) fn answer(session: &Session, tag: &Tag) -> Color {
    match tag.state {
        State::Music => tag
            .candidates
            .first()
            .and_then(|said| session.genres.iter().position(|it| *it == said.label))
            .map_or(Color::Green, |index| GENRES[index % GENRES.len()]),
        State::Uncertain => Color::Yellow,
        State::NoMusic(_) => Color::Blue,
        State::NoAudio(_) => Color::Red,
    }
}

/// Bold in a colour.
pub(super) fn bold(colour: Color) -> Style {
    Style::new().fg(colour).add_modifier(Modifier::BOLD)
}
