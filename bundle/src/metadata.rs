//! What a model says about itself: the fields of its metadata, as values.
use crate::{Origin, Window};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// The reserved label of clips that hold no music, always last.
pub const NO_MUSIC: &str = "no-music";

/// What goes into the graph's input `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum InputKind {
    /// `int16 [N, frames, bands]`, Q8.8 dB as the frontend gives it.
    LogMel,
    /// `int16 [N, samples]` at the frontend's rate.
    Pcm,
}

impl InputKind {
    /// Sizes of an input of so many rows behind the batch axis: `[rows, bands]`, or `[samples]`.
    pub fn axes(self, rows: usize, bands: usize) -> Vec<usize> {
        match self {
            Self::LogMel => vec![rows, bands],
            Self::Pcm => vec![rows],
        }
    }
}

impl fmt::Display for InputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LogMel => "logmel",
            Self::Pcm => "pcm",
        })
    }
}

impl FromStr for InputKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "logmel" => Ok(Self::LogMel),
            "pcm" => Ok(Self::Pcm),
            _ => Err("`logmel` or `pcm`".to_owned()),
        }
    }
}

/// Normalisation done by the graph; nothing outside the graph normalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Norm {
    /// One mean and one deviation over all bands and frames of the window are removed, divisor
    /// max(deviation, 1 dB): microphone gain vanishes.
    Window,
    /// A trailing average of this many frames is subtracted (causal models); as text `trailing:N`.
    Trailing(u32),
    /// The window's mean power is brought to this many dB, for models that compress absolutely: microphone gain
    /// vanishes; as text `level:DB`.
    Level(i16),
    /// The graph takes its input as it is.
    None,
    /// The parts of an ensemble's graph each do what their own model does first, and not all the same.
    Mixed,
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Window => f.write_str("window"),
            Self::Trailing(frames) => write!(f, "trailing:{frames}"),
            Self::Level(reference_db) => write!(f, "level:{reference_db}"),
            Self::None => f.write_str("none"),
            Self::Mixed => f.write_str("mixed"),
        }
    }
}

impl FromStr for Norm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || "`window`, `trailing:N` with N at least 1, `level:DB`, `none` or `mixed`".to_owned();
        match text.split_once(':') {
            None if text == "window" => Ok(Self::Window),
            None if text == "none" => Ok(Self::None),
            None if text == "mixed" => Ok(Self::Mixed),
            Some(("level", reference_db)) => reference_db
                .parse()
                .map(Self::Level)
                .map_err(|_| expected()),
            Some(("trailing", frames)) => match frames.parse() {
                Ok(frames) if frames > 0 => Ok(Self::Trailing(frames)),
                _ => Err(expected()),
            },
            _ => Err(expected()),
        }
    }
}

impl TryFrom<String> for Norm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
            .map_err(|expected| format!("norm is `{text}`, expected {expected}"))
    }
}

impl From<Norm> for String {
    fn from(norm: Norm) -> Self {
        norm.to_string()
    }
}

/// Parameters of the decision on the board.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Probability per second that the genre stays what it is, in (0, 1).
    pub stay: f64,
    /// Below this posterior the state is `uncertain`, unless a per-class threshold says otherwise.
    pub confident: f64,
    /// Level below which there is no music whatever the net says, in dBFS.
    pub gate_dbfs: f64,
}

/// All metadata of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Name given at export.
    pub name: String,
    /// Architecture, `compact`.
    pub model: String,
    /// Labels in the order of the logits; [`NO_MUSIC`], if there, last.
    pub labels: Vec<String>,
    /// What the graph takes.
    pub input: InputKind,
    /// What the graph does to it first.
    pub norm: Norm,
    /// What makes the input.
    pub origin: Origin,
    /// Window and hop.
    pub window: Window,
    /// Logits are divided by this before softmax.
    pub temperature: f32,
    /// Per class: least posterior at which the class is said.
    pub thresholds: Vec<f32>,
    /// How windows become a decision.
    pub decision: Decision,
    /// SHA-256 of the data set, 64 hex.
    pub data_sha256: String,
    /// SHA-256 of the split lists, 64 hex.
    pub split_sha256: String,
    /// Metrics with their protocol, a JSON object.
    pub metrics: serde_json::Value,
    /// Seed of the run.
    pub seed: u64,
    /// Versions of what made it: `needledrop`, `burn`.
    pub versions: BTreeMap<String, String>,
    /// [`RunRecord::notes`](crate::RunRecord::notes): licences among them.
    pub notes: Vec<String>,
    /// Keys under `needledrop.` that this version does not know, with their prefix; kept.
    pub unknown: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::{InputKind, Norm};

    #[test]
    fn norms_round_trip_as_text_and_as_json() {
        for (norm, text) in [
            (Norm::Window, "window"),
            (Norm::Trailing(43), "trailing:43"),
            (Norm::Level(-4), "level:-4"),
            (Norm::None, "none"),
            (Norm::Mixed, "mixed"),
        ] {
            assert_eq!(norm.to_string(), text);
            assert_eq!(text.parse(), Ok(norm));
            assert_eq!(serde_json::to_string(&norm).unwrap(), format!("{text:?}"));
            assert_eq!(
                serde_json::from_str::<Norm>(&format!("{text:?}")).unwrap(),
                norm
            );
        }
        for text in [
            "",
            "trailing",
            "trailing:",
            "trailing:0",
            "trailing:-1",
            "window:3",
        ] {
            assert!(text.parse::<Norm>().is_err(), "{text}");
        }
    }

    #[test]
    fn inputs_are_the_same_text_in_json_and_metadata() {
        for kind in [InputKind::LogMel, InputKind::Pcm] {
            assert_eq!(
                serde_json::to_string(&kind).unwrap(),
                format!("{:?}", kind.to_string())
            );
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
    }
}
