//! The clock of all files of an image: it stands at the first moment that FAT knows.
use fatfs::TimeProvider;

/// A clock that stands.
#[derive(Debug)]
pub(super) struct FixedTime;

/// `fatfs` wants it for as long as the program runs.
pub(super) static FIXED: FixedTime = FixedTime;

const FIRST_DAY: fatfs::Date = fatfs::Date {
    year: 1980,
    month: 1,
    day: 1,
};

impl TimeProvider for FixedTime {
    fn get_current_date(&self) -> fatfs::Date {
        FIRST_DAY
    }

    fn get_current_date_time(&self) -> fatfs::DateTime {
        let time = fatfs::Time {
            hour: 0,
            min: 0,
            sec: 0,
            millis: 0,
        };
        fatfs::DateTime {
            date: FIRST_DAY,
            time,
        }
    }
}
