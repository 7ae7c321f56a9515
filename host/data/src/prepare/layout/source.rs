//! One clip to be, and what is known of it before it is heard.

use super::walk::file_name;
use crate::Split;
use crate::prepare::problem::{Problem, ProblemKind};
use std::path::PathBuf;

/// A collection of 30 s excerpts holds none this short by intent.
const SHORT_EXCERPT_S: f64 = 2.0;

/// A clip to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::prepare) struct Source {
    /// Path relative to the data folder, with `/`.
    pub(in crate::prepare) id: String,
    pub(in crate::prepare) path: PathBuf,
    pub(in crate::prepare) genre: String,
    pub(in crate::prepare) artist: Option<String>,
    pub(in crate::prepare) album: Option<String>,
    pub(in crate::prepare) split: Option<Split>,
    /// Whether its collection is one of 30 s excerpts.
    pub(in crate::prepare) excerpt: bool,
    /// A fault that is on record for this very clip.
    pub(in crate::prepare) known_fault: Option<KnownFault>,
}

/// Faults that users and publishers of a collection have put on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::prepare) enum KnownFault {
    /// Holds less than two seconds.
    Short,
    /// Can't be decoded.
    Undecodable,
    /// Holds nothing but silence.
    Silent,
}

impl KnownFault {
    const fn words(self) -> &'static str {
        match self {
            Self::Short => "shorter than 2 s",
            Self::Undecodable => "does not decode",
            Self::Silent => "silent",
        }
    }
}

impl Source {
    /// The file's name.
    pub(super) fn file_name(&self) -> &str {
        file_name(&self.id)
    }

    /// Refuses a clip whose length confirms that it is one known to be short.
    pub(in crate::prepare) fn check_length(&self, seconds: f64) -> Result<(), Problem> {
        if self.known_fault == Some(KnownFault::Short) && seconds < SHORT_EXCERPT_S {
            return Err(self.short(ProblemKind::TooShort, seconds));
        }
        Ok(())
    }

    /// A note on an excerpt that is hardly there.
    pub(in crate::prepare) fn length_note(&self, seconds: f64) -> Option<Problem> {
        (self.excerpt && seconds < SHORT_EXCERPT_S).then(|| self.short(ProblemKind::Short, seconds))
    }

    fn short(&self, kind: ProblemKind, seconds: f64) -> Problem {
        let reason = format!("{seconds:.3} s of what should be 30 s");
        Problem::new(kind, self.id.clone(), reason)
    }

    /// Adds to what was found wrong with the clip what is on record of it.
    pub(in crate::prepare) fn with_record(&self, problem: Problem) -> Problem {
        match self.known_fault {
            Some(fault) => Problem {
                reason: format!("{} (known: {})", problem.reason, fault.words()),
                ..problem
            },
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_excerpts_are_noted_and_known_ones_left_out() {
        let plain = Source::default();
        let excerpt = Source {
            excerpt: true,
            ..Source::default()
        };
        let known = Source {
            known_fault: Some(KnownFault::Short),
            ..excerpt.clone()
        };
        assert!(plain.length_note(1.0).is_none());
        assert_eq!(excerpt.length_note(1.0).unwrap().kind, ProblemKind::Short);
        assert!(excerpt.length_note(2.0).is_none());
        assert!(excerpt.check_length(1.0).is_ok());
        assert!(known.check_length(2.0).is_ok(), "the audio decides");
        let problem = known.with_record(known.check_length(1.6).unwrap_err());
        assert_eq!(problem.kind, ProblemKind::TooShort);
        assert_eq!(
            problem.reason,
            "1.600 s of what should be 30 s (known: shorter than 2 s)"
        );
    }
}
