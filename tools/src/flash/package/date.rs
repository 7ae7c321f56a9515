//! Dates of the Gregorian calendar, UTC, as packages write them.
use std::fmt;

const DAY_S: u64 = 86_400;
/// Years repeat after this many.
const CYCLE_DAYS: u64 = 146_097;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A second, split into what people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    year: u64,
    /// 1 to 12.
    month: u64,
    /// 1 to 31.
    day: u64,
    second_of_day: u64,
    /// Since 1970-01-01, a Thursday.
    days: u64,
}

impl Date {
    /// Of seconds since 1970.
    pub(super) fn of(epoch_s: u64) -> Self {
        let days = epoch_s / DAY_S;
        // Counted from the first of March of year 0, so that a leap day ends its year.
        let shifted = days + 719_468;
        let (cycle, in_cycle) = (shifted / CYCLE_DAYS, shifted % CYCLE_DAYS);
        let year_of_cycle =
            (in_cycle - in_cycle / 1_460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
        let in_year = in_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let month_from_march = (5 * in_year + 2) / 153;
        let month = (month_from_march + 2) % 12 + 1;
        Self {
            year: cycle * 400 + year_of_cycle + u64::from(month <= 2),
            month,
            day: in_year - (153 * month_from_march + 2) / 5 + 1,
            second_of_day: epoch_s % DAY_S,
            days,
        }
    }

    fn time(self) -> (u64, u64, u64) {
        let second = self.second_of_day;
        (second / 3_600, second / 60 % 60, second % 60)
    }

    /// `20261128110125`: sorts as time does.
    pub(super) fn stamp(self) -> String {
        let (hour, minute, second) = self.time();
        format!(
            "{:04}{:02}{:02}{hour:02}{minute:02}{second:02}",
            self.year, self.month, self.day
        )
    }
}

/// As a Debian changelog has it: `Sat, 28 Nov 2026 11:01:25 +0000`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |names: &[&'static str], at: u64| {
            let at = usize::try_from(at).unwrap_or_default();
            names.get(at).copied().unwrap_or_default()
        };
        let (hour, minute, second) = self.time();
        let weekday = name(&WEEKDAYS, self.days % 7);
        let month = name(&MONTHS, self.month - 1);
        let (day, year) = (self.day, self.year);
        write!(
            f,
            "{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} +0000"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    /// Expected values are those of GNU `date --utc --rfc-email --date @SECONDS`.
    #[test]
    fn dates_are_those_of_gnu_date() {
        for (epoch_s, expected) in [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_795_863_685, "Sat, 28 Nov 2026 11:01:25 +0000"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 +0000"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 +0000"),
        ] {
            assert_eq!(Date::of(epoch_s).to_string(), expected);
        }
        assert_eq!(Date::of(1_795_863_685).stamp(), "20261128110125");
    }
}
