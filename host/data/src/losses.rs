//! What reading had to leave out, counted.

use std::fmt;

/// What reading had to leave out; none of it is silent, none of it stops a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Losses {
    /// Records whose checksum fails; the ones after them are read.
    pub bad_crc: u64,
    /// Shards that end before their last record, or whose record lengths can't be trusted from some point on.
    pub truncated_shards: u64,
    /// Records that such shards should have held besides, where their name or `dataset.json` says how many.
    pub lost_records: u64,
}

impl Losses {
    /// Nothing was left out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Counts what another part lost, too.
    pub fn add(&mut self, other: Self) {
        self.bad_crc += other.bad_crc;
        self.truncated_shards += other.truncated_shards;
        self.lost_records += other.lost_records;
    }

    /// Of one shard that should hold `promised` records and gave `read`, unsound ones counted.
    ///
    /// A shard cut between two records looks whole: only the promise tells.
    pub(crate) fn with_promise(mut self, promised: u64, read: u64) -> Self {
        self.lost_records = promised.saturating_sub(read);
        if self.lost_records > 0 {
            self.truncated_shards = 1;
        }
        self
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} with a bad checksum skipped, {} cut short",
            counted(self.bad_crc, "record"),
            counted(self.truncated_shards, "shard")
        )?;
        match self.lost_records {
            0 => Ok(()),
            lost => write!(f, " ({} lost)", counted(lost, "record")),
        }
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::Losses;

    #[test]
    fn a_shard_that_ends_between_two_records_is_cut_short() {
        let losses = Losses::default().with_promise(5, 3);
        assert_eq!(
            losses.to_string(),
            "0 records with a bad checksum skipped, 1 shard cut short (2 records lost)"
        );
        assert!(Losses::default().with_promise(5, 5).is_empty());
    }
}
