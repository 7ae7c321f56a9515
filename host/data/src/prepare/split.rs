//! By which rule clips are split: the official one of the data, or percentages.

use super::layout::Source;
use super::problem::{Problem, ProblemKind};
use anyhow::bail;
use std::fmt;
use std::str::FromStr;

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitRule {
    /// As the manifest or the lists say.
    Official,
    /// Train, valid, test in percent.
    Percent([u8; 3]),
}

impl SplitRule {
    /// Train, valid, test in percent where nothing else is asked for.
    pub(crate) const STANDARD_PERCENT: [u8; 3] = [64, 16, 20];

    /// The default.
    pub const STANDARD: Self = Self::Percent(Self::STANDARD_PERCENT);
}

impl fmt::Display for SplitRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Official => f.write_str("official"),
            Self::Percent([train, valid, test]) => write!(f, "{train}/{valid}/{test}"),
        }
    }
}

impl FromStr for SplitRule {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if text == "official" {
            return Ok(Self::Official);
        }
        let shares: Option<Vec<u8>> = text.split('/').map(|share| share.parse().ok()).collect();
        match shares.as_deref() {
            Some(&[train, valid, test])
                if train > 0 && u16::from(train) + u16::from(valid) + u16::from(test) == 100 =>
            {
                Ok(Self::Percent([train, valid, test]))
            }
            _ => bail!(
                "split {text} is neither `official` nor three percentages that add up to 100, like 64/16/20"
            ),
        }
    }
}

/// Settles the rule before decoding; sources that the official splits don't name are taken out and reported.
pub(super) fn resolve(
    asked: Option<SplitRule>,
    sources: &mut Vec<Source>,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<SplitRule> {
    let with_split = sources
        .iter()
        .filter(|source| source.split.is_some())
        .count();
    let rule = asked.unwrap_or(if with_split == sources.len() {
        SplitRule::Official
    } else {
        SplitRule::STANDARD
    });
    if rule == SplitRule::Official {
        if with_split == 0 {
            bail!(
                "--split official: the data names no splits; \
                give --split-lists or a manifest with a column split, or use --split 64/16/20"
            );
        }
        sources.retain(|source| {
            if source.split.is_none() {
                problems.push(Problem::new(
                    ProblemKind::NotListed,
                    source.id.clone(),
                    "it has no official split",
                ));
            }
            source.split.is_some()
        });
    }
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_parsed_and_refused() {
        assert_eq!(
            "official".parse::<SplitRule>().unwrap(),
            SplitRule::Official
        );
        assert_eq!(
            "64/16/20".parse::<SplitRule>().unwrap(),
            SplitRule::STANDARD
        );
        assert_eq!(SplitRule::STANDARD.to_string(), "64/16/20");
        for bad in [
            "",
            "60/20",
            "50/20/20",
            "0/50/50",
            "200/0/0",
            "a/b/c",
            "64/16/20/0",
        ] {
            assert!(bad.parse::<SplitRule>().is_err(), "{bad}");
        }
    }
}
