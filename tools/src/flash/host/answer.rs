//! What a board says: lines of stdout, some of them facts, and words of stderr.
use std::{
    io::Read as _,
    process::ChildStderr,
    thread::{self, JoinHandle},
};

/// What a script on the board printed.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Lines of stdout.
    pub(super) lines: Vec<String>,
    /// stderr.
    pub(super) words: String,
    /// Exit status of the script.
    pub(super) status: i32,
}

impl Answer {
    /// The texts of the lines `@key=text`.
    pub(super) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.lines
            .iter()
            .filter_map(move |line| fact(line).filter(|(name, _)| *name == key))
            .map(|(_, text)| text)
    }

    /// The last non-empty words, wherever they went.
    pub(super) fn last_words(&self) -> String {
        let said = |text: &&str| !text.trim().is_empty();
        let last = self.words.lines().rfind(said);
        let last = last.or_else(|| self.lines.iter().map(String::as_str).rfind(said));
        last.unwrap_or("it said nothing").trim().to_owned()
    }
}

/// The key and text of a line `@key=text`; every other line is the talk of a login shell or a program.
pub(super) fn fact(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('@')?.split_once('=')
}

/// Reads stderr on a thread of its own, so that nobody waits for anybody.
pub(super) fn collect(mut stderr: ChildStderr) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut words = Vec::new();
        // What came until it broke is what can be shown.
        let _ = stderr.read_to_end(&mut words);
        words
            .split(|&byte| byte == b'\n')
            .map(printable)
            .collect::<Vec<_>>()
            .join("\n")
    })
}

/// A line without its end, and without what a terminal would obey.
pub(super) fn printable(line: impl AsRef<[u8]>) -> String {
    let line = String::from_utf8_lossy(line.as_ref()).trim_end().to_owned();
    line.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

/// What was collected.
pub(super) fn join(words: JoinHandle<String>) -> String {
    words.join().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Answer, printable};

    #[test]
    fn a_board_cannot_send_control_sequences() {
        assert_eq!(printable(b"@step=\x1b[2Jdone\r"), "@step=?[2Jdone");
    }

    #[test]
    fn only_marked_lines_are_facts() {
        let answer = Answer {
            lines: ["Welcome!", "@user=pi", "user=x", "@user=root"]
                .map(String::from)
                .to_vec(),
            ..Answer::default()
        };
        assert_eq!(answer.all("user").collect::<Vec<_>>(), ["pi", "root"]);
        assert_eq!(answer.last_words(), "@user=root");
    }
}
