//! Version and date of what is packed: git's commit in, Debian's version and seconds since 1970 out.
use super::date::Date;
use anyhow::{Context as _, Result};
use std::{env, path::Path, process::Command};

/// Variable by which builders fix the date: <https://reproducible-builds.org/specs/source-date-epoch/>.
const FIXED_DATE: &str = "SOURCE_DATE_EPOCH";
/// Digits of the commit, as many as in the program's own version.
const COMMIT_DIGITS: usize = 12;

/// Version and date of the working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// `0.1.0+git20261128110125.2cf70f3ed818`: later commits are upgrades. Plain outside git.
    pub version: String,
    /// The version without the commit.
    dated: String,
    /// The commit's time, or what SOURCE_DATE_EPOCH says, in seconds since 1970: the date of all that is packed.
    pub epoch_s: u64,
}

impl Release {
    /// Asks git, and the environment.
    ///
    /// # Errors
    /// SOURCE_DATE_EPOCH is no number of seconds.
    pub fn of_repository() -> Result<Self> {
        let fixed_s = env::var(FIXED_DATE)
            .ok()
            .map(|text| {
                text.parse::<u64>().with_context(|| {
                    format!("{FIXED_DATE} is {text:?}, expected seconds since 1970")
                })
            })
            .transpose()?;
        Ok(Self::new(
            git(&["log", "-1", "--format=%ct %H"]).as_deref(),
            git(&["status", "--porcelain", "--untracked-files=no"])
                .is_some_and(|changes| !changes.is_empty()),
            fixed_s,
        ))
    }

    /// `head` is the time and name of the commit.
    fn new(head: Option<&str>, changed: bool, fixed_s: Option<u64>) -> Self {
        let plain = env!("CARGO_PKG_VERSION");
        let commit = head.and_then(|line| {
            let (time_s, commit) = line.split_once(' ')?;
            Some((time_s.parse::<u64>().ok()?, commit.get(..COMMIT_DIGITS)?))
        });
        let epoch_s = fixed_s
            .or(commit.map(|(time_s, _)| time_s))
            .unwrap_or_default();
        let dated = match commit {
            Some(_) => format!("{plain}+git{}", Date::of(epoch_s).stamp()),
            None => plain.to_owned(),
        };
        let version = match commit {
            Some((_, commit)) if changed => format!("{dated}.{commit}.dirty"),
            Some((_, commit)) => format!("{dated}.{commit}"),
            None => dated.clone(),
        };
        Self {
            version,
            dated,
            epoch_s,
        }
    }

    /// The same for what is not made of the sources: this word in place of the commit.
    pub(super) fn of_other(&self, word: &str) -> Self {
        Self {
            version: format!("{}.{word}", self.dated),
            ..self.clone()
        }
    }
}

/// What git says about this repository; none without git, or outside of one.
fn git(arguments: &[&str]) -> Option<String> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn later_commits_have_greater_versions_and_a_given_date_wins() {
        let head = |time_s: u64| format!("{time_s} 2cf70f3ed8180735549fe94bcfcacd51fe09966c");
        let first = Release::new(Some(&head(1_795_863_685)), false, None);
        assert!(
            first.version.ends_with("+git20261128110125.2cf70f3ed818"),
            "{first:?}"
        );
        assert_eq!(first.epoch_s, 1_795_863_685);
        let changed = Release::new(Some(&head(1_795_863_685)), true, None);
        let later = Release::new(Some(&head(1_795_863_686)), false, None);
        assert!(first.version < changed.version && changed.version < later.version);
        assert!(
            changed
                .of_other("cf24280e")
                .version
                .ends_with("+git20261128110125.cf24280e")
        );

        let fixed = Release::new(Some(&head(1_795_863_685)), false, Some(86_400));
        assert!(fixed.version.contains("+git19700102000000."), "{fixed:?}");
        let outside = Release::new(None, false, None);
        assert_eq!(
            (outside.version.as_str(), outside.epoch_s),
            (env!("CARGO_PKG_VERSION"), 0)
        );
    }
}
