//! What a board says about itself: the probe's answer in, facts by name out.
use super::{
    answer::{Answer, fact},
    destination::Destination,
};
use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// How a user becomes root there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sudo {
    /// Is root already.
    Root,
    /// sudo asks nothing.
    Free,
    /// sudo asks a password, or says no.
    Password,
    /// There is no sudo.
    Missing,
}

/// The board, as [`probe.sh`](../board/probe.sh) saw it.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    known: BTreeMap<String, String>,
}

impl Facts {
    /// Reads the probe's answer.
    ///
    /// # Errors
    /// The answer is not whole: the login shell there ran something else.
    pub(super) fn read(destination: &Destination, answer: &Answer) -> Result<Self> {
        let known: BTreeMap<String, String> = answer
            .lines
            .iter()
            .filter_map(|line| fact(line))
            .map(|(key, text)| (key.to_owned(), text.trim().to_owned()))
            .collect();
        if !known.contains_key("end") {
            bail!(
                "{destination} ran no shell script for {}: it needs an account with a normal shell ({})",
                destination.user_at_host(),
                answer.last_words()
            );
        }
        Ok(Self { known })
    }

    /// The fact of this name as the probe said it; empty when it said none.
    pub(super) fn text(&self, key: &str) -> &str {
        self.known.get(key).map_or("", String::as_str)
    }

    /// How the user becomes root.
    pub(super) fn sudo(&self) -> Sudo {
        match self.text("sudo") {
            "root" => Sudo::Root,
            "free" => Sudo::Free,
            "password" => Sudo::Password,
            _ => Sudo::Missing,
        }
    }

    /// The user that ssh logged in.
    pub(super) fn user(&self) -> &str {
        self.text("user")
    }

    /// The installed version, if any.
    pub(super) fn installed(&self) -> Option<&str> {
        Some(self.text("installed")).filter(|version| !version.is_empty())
    }

    /// The model that the board's configuration names.
    pub(super) fn model(&self) -> Option<&str> {
        Some(self.text("model")).filter(|path| !path.is_empty())
    }

    /// Whether that model, or the usual one, is there.
    pub(super) fn has_model(&self) -> bool {
        !self.text("has_model").is_empty()
    }

    /// The board in one line.
    pub(super) fn line(&self) -> String {
        let known = ["system", "architecture", "glibc"].map(|key| self.text(key));
        let installed = match self.installed() {
            Some(version) => format!("needledrop {version} is installed"),
            None => "needledrop is not installed".to_owned(),
        };
        let known = known.into_iter().filter(|text| !text.is_empty());
        known
            .chain([installed.as_str()])
            .collect::<Vec<_>>()
            .join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, Sudo};
    use crate::flash::host::{answer::Answer, destination::Destination};

    #[test]
    fn an_unknown_way_to_become_root_is_none() {
        let board = Destination::parse("board").unwrap();
        let answer = Answer {
            lines: vec!["@end=yes".to_owned()],
            ..Answer::default()
        };
        assert_eq!(Facts::read(&board, &answer).unwrap().sudo(), Sudo::Missing);
    }
}
