//! What the guest says on its console: words of the image's init, and signs of a crash.

use std::collections::VecDeque;

/// Lines kept to be shown when something went wrong.
const KEPT: usize = 20;

/// How init's lines start, after whatever the kernel puts before them.
const INIT: &str = "needledrop: ";

/// What the kernel says when it, or a program of ours, is at its end.
const CRASHES: [&str; 5] = [
    "Kernel panic",
    "Internal error",
    "Unable to handle kernel",
    "Out of memory: Killed",
    "soft lockup",
];

/// A line that means something to us.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// The program was started, this many seconds after the kernel by the kernel's own stamp.
    Started(f64),
    /// The guest plays a file of the card.
    Playing(String),
    /// The guest has played all files.
    Played,
    /// The program has stopped, the card is written.
    Done,
    /// Something died.
    Crash(String),
}

/// The meaning of a line, if it has one.
pub(crate) fn understand(line: &str) -> Option<Word> {
    if CRASHES.iter().any(|crash| line.contains(crash)) {
        return Some(Word::Crash(line.trim().to_owned()));
    }
    // Init says things twice, and the first may be cut off by the kernel's line, which is whole and comes last.
    let (before, said) = line.rsplit_once(INIT)?;
    let words: Vec<&str> = said.split_whitespace().collect();
    match words.as_slice() {
        // Not init's own figure: while the kernel counts by ticks, a busy machine loses some, and the guest's clock
        // stays seconds behind. The stamp counts by the processor's counter.
        ["started", _, "s"] => stamp(before).map(Word::Started),
        ["playing", file] => Some(Word::Playing((*file).to_owned())),
        ["played"] => Some(Word::Played),
        ["done"] => Some(Word::Done),
        _ => None,
    }
}

/// Seconds of `[    9.108849] `, with which a line of the kernel starts.
fn stamp(before: &str) -> Option<f64> {
    let (_, stamped) = before.rsplit_once('[')?;
    stamped.trim_end().strip_suffix(']')?.trim().parse().ok()
}

/// The last lines.
#[derive(Debug, Default)]
pub(crate) struct Console {
    last: VecDeque<String>,
}

impl Console {
    /// Keeps a line.
    pub(crate) fn line(&mut self, line: &str) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line.trim_end().to_owned());
    }

    /// What is kept, oldest first.
    pub(crate) fn last(&self) -> impl Iterator<Item = &str> {
        self.last.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::{Console, KEPT, Word, understand};

    #[test]
    fn init_is_understood_with_and_without_the_kernel_before_it() {
        let line = "[    4.260123] needledrop: started 4.25 s\r";
        assert_eq!(understand(line), Some(Word::Started(4.260_123)));
        let cut = format!("needledrop: sta{line}");
        assert_eq!(understand(&cut), Some(Word::Started(4.260_123)));
        assert_eq!(understand("needledrop: started 4.25 s"), None, "no stamp");
        assert_eq!(
            understand("needledrop: playing 0001.wav"),
            Some(Word::Playing("0001.wav".to_owned()))
        );
        assert_eq!(understand("needledrop: played"), Some(Word::Played));
        assert_eq!(understand("needledrop: done"), Some(Word::Done));
        assert_eq!(
            understand("needledrop: do[   9.1] needledrop: done"),
            Some(Word::Done)
        );
        assert_eq!(understand("needledrop-device: listening to hw:0,0"), None);
        assert_eq!(understand("needledrop: mounted the card"), None);
    }

    #[test]
    fn a_panic_is_a_crash() {
        let line = "[    2.1] Kernel panic - not syncing: No working init found";
        assert!(
            matches!(understand(line), Some(Word::Crash(text)) if text.contains("No working init"))
        );
    }

    #[test]
    fn the_last_lines_are_kept() {
        let mut console = Console::default();
        for index in 0..100 {
            console.line(&format!("line {index}\r"));
        }
        assert_eq!(console.last().count(), KEPT);
        assert_eq!(console.last().last(), Some("line 99"));
    }
}
