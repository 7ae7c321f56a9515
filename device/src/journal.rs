//! What a person is told while the program runs: one line each on standard error, which systemd keeps as its journal.
use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// The program, as each line begins.
const PROGRAM: &str = "needledrop-device";

/// Says one line. A journal that has gone away is no reason to stop hearing, so nothing is made of a failure.
pub fn say(words: impl Display) {
    let _ = writeln!(io::stderr(), "{PROGRAM}: {words}");
}

/// A problem that is met over and over, and said once until it changes.
#[derive(Debug, Default)]
pub struct Complaint(String);

impl Complaint {
    /// Says `problem` unless it was the last thing said.
    pub fn say(&mut self, problem: String) {
        if self.0 != problem {
            say(&problem);
            self.0 = problem;
        }
    }

    /// The problem is over; `true` when it had been said.
    pub fn settle(&mut self) -> bool {
        let said = !self.0.is_empty();
        self.0.clear();
        said
    }
}

#[cfg(test)]
mod tests {
    use super::Complaint;

    #[test]
    fn a_problem_that_is_over_may_be_said_again() {
        let mut complaint = Complaint::default();
        assert!(!complaint.settle(), "nothing was said");
        complaint.say("gone".to_owned());
        complaint.say("gone".to_owned());
        assert!(complaint.settle());
        assert!(!complaint.settle(), "said once");
    }
}
