//! Names of the topics: prefix and name of the command line in, one topic for each kind of message out.
//!
//! ```text
//! PREFIX/NAME/record         every record, as the board's JSON Lines; not retained
//! PREFIX/NAME/state          what is heard; retained
//! PREFIX/NAME/status         board, line and losses; retained
//! PREFIX/NAME/board          online or offline: does the board speak? retained
//! PREFIX/NAME/availability   online or offline: does the monitor run? retained, the last will
//! ```

/// Topics of one monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Topics {
    /// `PREFIX/NAME`.
    pub(super) base: String,
    /// Every record.
    pub(super) record: String,
    /// What is heard.
    pub(super) state: String,
    /// Board, line and losses.
    pub(super) status: String,
    /// Whether the board speaks.
    pub(super) board: String,
    /// Whether the monitor runs.
    pub(super) availability: String,
}

impl Topics {
    /// Topics below `prefix` for the device `id`.
    pub(super) fn new(prefix: &str, id: &str) -> Self {
        let base = format!("{prefix}/{id}");
        let below = |name: &str| format!("{base}/{name}");
        Self {
            record: below("record"),
            state: below("state"),
            status: below("status"),
            board: below("board"),
            availability: below("availability"),
            base,
        }
    }
}

/// Why a topic can't begin with this, if it can't.
pub(super) fn refuse_prefix(prefix: &str) -> Option<&'static str> {
    if prefix.len() > 200 {
        return Some("is longer than 200 bytes");
    }
    if prefix
        .chars()
        .any(|c| matches!(c, '+' | '#') || c.is_control())
    {
        return Some("has +, # or a control character, which no topic may have");
    }
    if prefix.starts_with('$') {
        return Some("starts with $, which belongs to the broker");
    }
    prefix
        .split('/')
        .any(str::is_empty)
        .then_some("is empty or has an empty part; give one such as home/needledrop")
}

/// The name as part of a topic and of Home Assistant's identifiers: ASCII letters, digits, `_` and `-`; all else is
/// `_`.
pub(super) fn id(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Topics, id, refuse_prefix};

    #[test]
    fn any_name_becomes_part_of_a_topic() {
        assert_eq!(id("Living room"), "Living_room");
        assert_eq!(id("a/b+c#d"), "a_b_c_d");
        let topics = Topics::new("home/needledrop", &id("Küche"));
        assert_eq!(topics.state, "home/needledrop/K_che/state");
    }

    #[test]
    fn prefixes_that_no_broker_takes_are_refused() {
        for bad in ["", "a//b", "/a", "a/", "a/+/b", "#", "$SYS", "a\0b"] {
            assert!(refuse_prefix(bad).is_some(), "{bad:?}");
        }
        for good in ["needledrop", "home/ground floor/needledrop", "Küche"] {
            assert_eq!(refuse_prefix(good), None, "{good}");
        }
    }
}
