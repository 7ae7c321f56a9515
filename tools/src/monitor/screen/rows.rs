//! How the rows of the terminal are shared out.

use super::headline::LARGE_ROWS;

/// Rows of what is always there: title, answer, its state, three bars, level, board, line.
const FIXED_ROWS: u16 = 9;

/// How the rows are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// Of the answer: large letters or one line.
    pub(super) answer: u16,
    /// Of the time line: bars, names and minutes; bars and names; or none.
    pub(super) timeline: u16,
    /// Of air between two parts: none or one.
    pub(super) gap: u16,
}

impl Rows {
    /// Of a terminal of this height, the most important first.
    pub(super) fn of(height: u16) -> Self {
        let mut left = height.saturating_sub(FIXED_ROWS);
        let mut take = |wanted: u16| {
            let given = if left >= wanted { wanted } else { 0 };
            left -= given;
            given
        };
        let answer = 1 + take(LARGE_ROWS - 1);
        let timeline = match take(4) {
            0 => take(2),
            all => all,
        };
        let gap = u16::from(take(4) > 0);
        Self {
            answer,
            timeline,
            gap,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn rows_go_to_the_most_important_parts_first() {
        let rows = |answer, timeline, gap| Rows {
            answer,
            timeline,
            gap,
        };
        assert_eq!(Rows::of(0), rows(1, 0, 0));
        assert_eq!(Rows::of(12), rows(4, 0, 0));
        assert_eq!(Rows::of(14), rows(4, 2, 0));
        assert_eq!(Rows::of(24), rows(4, 4, 1));
    }
}
