//! The new program's self-test on the board, before anything is installed: what was sent in, passed or why not out.
use super::{folder::Folder, ssh::Connection};
use crate::flash::talk::say;
use anyhow::{Result, bail};

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// It runs there, and the model in it.
    Passed,
    /// It does not; why.
    Failed(String),
    /// These packages must be there first.
    Missing(Vec<String>),
}

/// Runs it in the folder that was sent.
///
/// # Errors
/// The package does not suit the board, or the connection was lost.
pub(super) fn run(connection: &mut Connection, folder: &Folder, model: &str) -> Result<Trial> {
    let answer = connection.script(include_str!("board/trial.sh"), &[folder.path(), model])?;
    let place = connection.destination();
    if let Some(words) = answer.all("unsolved").next() {
        bail!(
            "apt on {place} cannot get what the package needs ({}); connect the board to the internet and run sudo \
             apt-get update there, and this again",
            words.trim()
        );
    }
    let missing: Vec<String> = answer.all("missing").map(str::to_owned).collect();
    if !missing.is_empty() {
        if !missing.iter().all(|name| is_package(name)) {
            bail!(
                "apt on {place} names packages that no package is called: {}",
                missing.join(" ")
            );
        }
        return Ok(Trial::Missing(missing));
    }
    let mut said = answer.lines.iter().filter(|line| !line.starts_with('@'));
    Ok(match answer.all("selftest").next() {
        Some("0") => {
            let checks = said.filter(|line| line.starts_with("ok")).count();
            say(format_args!(
                "the new program runs there: self-test passed ({checks} checks)"
            ));
            Trial::Passed
        }
        Some(status) => {
            let reason = said
                .clone()
                .find(|line| line.starts_with("fail"))
                .or(said.next_back());
            Trial::Failed(reason.map_or_else(
                || format!("it ended with {status} and said nothing"),
                |line| line.trim().to_owned(),
            ))
        }
        None => bail!(
            "{place} could not unpack the package: {}",
            answer.last_words()
        ),
    })
}

/// The characters of a package's name; they go into a command.
fn is_package(name: &str) -> bool {
    let takes = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.:".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(takes)
}

#[cfg(test)]
mod tests {
    use super::is_package;

    #[test]
    fn only_names_of_packages_go_into_commands() {
        assert!(is_package("libasound2t64:arm64"));
        for name in ["-y", "a b", "$(x)", ""] {
            assert!(!is_package(name), "{name}");
        }
    }
}
