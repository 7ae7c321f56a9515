//! What a shard holds (kind), and for which part of training (split), with their names in files and options.

use super::Error;
use needledrop_bundle::{InputKind, RunInput};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What the values of a shard are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Whole-clip log-mel, `i16 [frames, bands]`, Q8.8 dB.
    LogMel,
    /// Whole-clip mono PCM at the frontend's rate, `i16 [samples]`.
    Pcm,
    /// The FMA paper's features of a whole clip, `f32 [518]`; see [`crate::fma518`].
    Fma518,
}

impl Kind {
    /// Every kind, in the order they are written.
    pub const ALL: [Self; 3] = [Self::LogMel, Self::Pcm, Self::Fma518];

    /// The name in file names, options and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogMel => "logmel",
            Self::Pcm => "pcm",
            Self::Fma518 => "fma518",
        }
    }
}

impl From<RunInput> for Kind {
    /// What a run of this input is trained and judged on.
    fn from(input: RunInput) -> Self {
        input.on_board().map_or(Self::Fma518, Self::from)
    }
}

impl From<InputKind> for Kind {
    /// What a model of this input is judged on.
    fn from(input: InputKind) -> Self {
        match input {
            InputKind::Pcm => Self::Pcm,
            _ => Self::LogMel,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| Error::UnknownKind {
                name: text.to_owned(),
            })
    }
}

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// To learn from.
    Train,
    /// To stop and calibrate by.
    Valid,
    /// To report on.
    Test,
}

impl Split {
    /// Every split, in the usual order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// The name in file names, options and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }

    /// Position in [`Split::ALL`].
    pub const fn index(self) -> usize {
        match self {
            Self::Train => 0,
            Self::Valid => 1,
            Self::Test => 2,
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = Error;

    /// Takes the names that published lists use: `training`, `validation`, `val`, `dev`, `eval` too.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim().to_ascii_lowercase().as_str() {
            "train" | "training" => Ok(Self::Train),
            "valid" | "validation" | "val" | "dev" => Ok(Self::Valid),
            "test" | "testing" | "eval" => Ok(Self::Test),
            _ => Err(Error::UnknownSplit {
                name: text.to_owned(),
            }),
        }
    }
}
