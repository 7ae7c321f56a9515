//! How long to wait before the next attempt, and what a row of failures looks like.

use std::time::{Duration, Instant};

/// Pauses between attempts double from here to there.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A connection that held this long was a good one: the next pause is the first again.
const GOOD_AFTER: Duration = Duration::from_secs(10);

/// So many connections in a row that did not hold may be two programs of one name, which no broker lets in together.
const SUSPICIOUS: u32 = 3;

/// The attempts so far.
pub(super) struct Attempts {
    pause: Duration,
    short_lived: u32,
    up_since: Option<Instant>,
}

impl Attempts {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            pause: FIRST_PAUSE,
            short_lived: 0,
            up_since: None,
        }
    }

    /// One succeeded.
    pub(super) fn up(&mut self, now: Instant) {
        self.up_since = Some(now);
    }

    /// One failed, or its connection broke; gives back the pause until the next.
    pub(super) fn down(&mut self, now: Instant) -> Duration {
        if let Some(since) = self.up_since.take() {
            if now.saturating_duration_since(since) >= GOOD_AFTER {
                *self = Self::new();
            } else {
                self.short_lived += 1;
            }
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause
    }

    /// Connections are made and do not hold.
    pub(super) fn are_suspicious(&self) -> bool {
        self.short_lived >= SUSPICIOUS
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempts, GOOD_AFTER, SUSPICIOUS};
    use std::time::{Duration, Instant};

    #[test]
    fn pauses_double_to_a_minute_and_a_good_connection_ends_that() {
        let mut attempts = Attempts::new();
        let now = Instant::now();
        let pauses: Vec<u64> = (0..8).map(|_| attempts.down(now).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        attempts.up(now);
        assert_eq!(attempts.down(now).as_secs(), 60, "it did not hold");
        attempts.up(now);
        assert_eq!(attempts.down(now + GOOD_AFTER).as_secs(), 1);
    }

    #[test]
    fn only_a_row_of_short_connections_is_suspicious() {
        let mut attempts = Attempts::new();
        let mut now = Instant::now();
        for _ in 0..SUSPICIOUS {
            attempts.down(now);
            assert!(!attempts.are_suspicious());
            attempts.up(now);
            now += Duration::from_secs(1);
            attempts.down(now);
        }
        assert!(attempts.are_suspicious());
        attempts.up(now);
        attempts.down(now + GOOD_AFTER);
        assert!(!attempts.are_suspicious());
    }
}
