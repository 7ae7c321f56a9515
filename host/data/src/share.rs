//! Which part of a data set a run prepares: `--part I/N`, `--part auto`, `--part auto/N`.

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Part `part` of `parts`, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// From 1 on.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
}

/// More machines than that do not share a data set.
const MOST_PARTS: u32 = 100_000;

const SLURM_ID: &str = "SLURM_ARRAY_TASK_ID";
const KUBERNETES_INDEX: &str = "JOB_COMPLETION_INDEX";

impl Share {
    /// Reads `I/N`, or asks the batch system's `environment` for `auto` and `auto/N`.
    ///
    /// Slurm: with `auto`, from the task's id, the array's least id, its step and its number of tasks; with `auto/N`
    /// the id itself is the part, so that a part can be submitted again alone. Kubernetes, which does not tell how many
    /// there are: `auto/N`, the completion index counting from 0.
    ///
    /// # Errors
    /// What is wrong with `text` or missing in the environment.
    pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let share = match text.strip_prefix("auto") {
            Some("") => Self::from_slurm_array(text, &environment)?,
            Some(parts) if parts.starts_with('/') => {
                let parts = number(&parts[1..]).with_context(|| format!("--part {text}"))?;
                Self {
                    part: one_of_environment(text, &environment)?,
                    parts,
                }
            }
            _ => {
                let (part, parts) = text.split_once('/').with_context(|| expected(text))?;
                Self {
                    part: number(part).with_context(|| expected(text))?,
                    parts: number(parts).with_context(|| expected(text))?,
                }
            }
        };
        share.check().with_context(|| format!("--part {text}"))?;
        Ok(share)
    }

    /// Name of the array or job this process is a task of, if it is one.
    pub fn batch_task(environment: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
        [SLURM_ID, KUBERNETES_INDEX]
            .into_iter()
            .find(|name| environment(name).is_some())
    }

    /// Whether the chunk of this number belongs to the part.
    pub(crate) fn holds(self, chunk: usize) -> bool {
        chunk % self.parts as usize == (self.part - 1) as usize
    }

    /// Refuses numbers that are no part.
    pub(crate) fn check(self) -> anyhow::Result<()> {
        ensure!(
            (1..=MOST_PARTS).contains(&self.parts),
            "{} parts; there can be 1 to {MOST_PARTS}",
            self.parts
        );
        ensure!(
            (1..=self.parts).contains(&self.part),
            "part {} of {}; parts count from 1",
            self.part,
            self.parts
        );
        Ok(())
    }

    fn from_slurm_array(
        text: &str,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        if environment(SLURM_ID).is_none() && environment(KUBERNETES_INDEX).is_some() {
            bail!(
                "--part auto: {KUBERNETES_INDEX} is set, but not how many there are; \
                use --part auto/N with the job's completions"
            );
        }
        let id = variable(text, environment, SLURM_ID)?;
        let least = variable(text, environment, "SLURM_ARRAY_TASK_MIN")?;
        let step = match environment("SLURM_ARRAY_TASK_STEP") {
            Some(step) => number(&step).context("SLURM_ARRAY_TASK_STEP")?.max(1),
            None => 1,
        };
        let part = id
            .checked_sub(least)
            .filter(|offset| offset % step == 0)
            .with_context(|| {
                format!(
                    "--part {text}: {SLURM_ID} {id} is none of {least}, {}, ..",
                    least.saturating_add(step)
                )
            })?
            / step
            + 1;
        Ok(Self {
            part,
            parts: variable(text, environment, "SLURM_ARRAY_TASK_COUNT")?,
        })
    }
}

fn one_of_environment(
    text: &str,
    environment: &impl Fn(&str) -> Option<String>,
) -> anyhow::Result<u32> {
    match (environment(SLURM_ID), environment(KUBERNETES_INDEX)) {
        (Some(_), Some(_)) => bail!(
            "--part {text}: both {SLURM_ID} and {KUBERNETES_INDEX} are set; say which part with --part I/N"
        ),
        (None, Some(index)) => number(&index)
            .ok()
            .and_then(|index| index.checked_add(1))
            .with_context(|| format!("--part {text}: {KUBERNETES_INDEX} {index} is no index")),
        (Some(id), None) => {
            match number(&id).with_context(|| format!("--part {text}: {SLURM_ID}"))? {
                0 => bail!(
                    "--part {text}: {SLURM_ID} is 0; submit the array as 1-N, its ids are the parts"
                ),
                id => Ok(id),
            }
        }
        (None, None) => bail!(
            "--part {text}: neither {SLURM_ID} nor {KUBERNETES_INDEX} is set; \
            outside an array or an indexed job use --part I/N"
        ),
    }
}

fn variable(
    text: &str,
    environment: &impl Fn(&str) -> Option<String>,
    name: &str,
) -> anyhow::Result<u32> {
    let value = environment(name).with_context(|| {
        format!("--part {text}: {name} is not set; outside a Slurm array use --part I/N")
    })?;
    number(&value).with_context(|| format!("--part {text}: {name}"))
}

fn number(text: &str) -> anyhow::Result<u32> {
    text.trim()
        .parse()
        .with_context(|| format!("{text:?} is no whole number"))
}

fn expected(text: &str) -> String {
    format!("--part {text}: expected I/N like 1/4, auto, or auto/N")
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<(u32, u32), String> {
        let environment = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Share::parse(text, environment)
            .map(|share| (share.part, share.parts))
            .map_err(|error| format!("{error:#}"))
    }

    const SLURM: [(&str, &str); 4] = [
        ("SLURM_ARRAY_TASK_ID", "14"),
        ("SLURM_ARRAY_TASK_MIN", "10"),
        ("SLURM_ARRAY_TASK_STEP", "2"),
        ("SLURM_ARRAY_TASK_COUNT", "4"),
    ];

    #[test]
    fn an_explicit_part_wins_over_the_environment() {
        assert_eq!(parse("1/4", &[]), Ok((1, 4)));
        assert_eq!(parse("4/4", &SLURM), Ok((4, 4)));
        for bad in [
            "0/4",
            "5/4",
            "1/0",
            "1",
            "a/b",
            "1/4/2",
            "-1/4",
            "",
            "autos",
            "auto/",
            "1/4294967296",
        ] {
            assert!(parse(bad, &SLURM).is_err(), "{bad}");
        }
    }

    #[test]
    fn batch_systems_are_read_when_asked_for() {
        assert_eq!(parse("auto", &SLURM), Ok((3, 4)));
        assert_eq!(parse("auto/16", &SLURM), Ok((14, 16)));
        assert!(
            parse("auto/8", &SLURM)
                .unwrap_err()
                .contains("part 14 of 8")
        );
        let index = |value| [("JOB_COMPLETION_INDEX", value)];
        assert_eq!(parse("auto/4", &index("0")), Ok((1, 4)));
        assert_eq!(parse("auto/4", &index("3")), Ok((4, 4)));
        assert!(parse("auto/4", &index("4")).is_err());
        assert!(parse("auto", &index("0")).unwrap_err().contains("auto/N"));
        assert!(parse("auto", &[]).unwrap_err().contains("--part I/N"));
        assert!(parse("auto/4", &[]).unwrap_err().contains("--part I/N"));
        let both = [("SLURM_ARRAY_TASK_ID", "1"), ("JOB_COMPLETION_INDEX", "1")];
        assert!(parse("auto/4", &both).unwrap_err().contains("both"));
        let zero = [("SLURM_ARRAY_TASK_ID", "0")];
        assert!(parse("auto/4", &zero).unwrap_err().contains("1-N"));
    }

    #[test]
    fn every_chunk_belongs_to_one_part() {
        for chunk in 0..100 {
            let holding = (1..=7).filter(|&part| Share { part, parts: 7 }.holds(chunk));
            assert_eq!(holding.count(), 1);
        }
    }
}
