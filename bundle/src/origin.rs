//! Where the values of windows come from: our frontend, or somebody else's program.
use crate::MAX_WINDOW_VALUES;
use needledrop_frontend::{ConfigError, FrontendConfig, FrontendId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Starts the identity of matrices that our frontend did not make.
const EXTERNAL: &str = "external:";

/// Origin of the features in a data set, a run or a model. Features of one origin may be compared, no others.
///
/// As JSON it is two fields of the record that holds it, `frontend` (a configuration or null) and `frontend_id` (16 hex
/// digits or `external:<bands>x<frames>`), and a third, `assumed`, where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub enum Origin {
    /// Our frontend.
    Frontend(Frontend),
    /// Imported matrices of any program: for study, not for live input.
    External(Matrix),
}

/// A frontend by configuration and identity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frontend {
    /// Its configuration.
    pub config: FrontendConfig,
    /// Its identity, as stored: whether this build computes the same one is a question of its own
    /// ([`Frontend::actual_id`]).
    pub id: FrontendId,
    /// Set when the features were imported and are only said to be this frontend's.
    pub assumed: Option<Matrix>,
}

impl Frontend {
    /// The identity that this build computes for the configuration.
    ///
    /// # Errors
    /// The configuration's.
    pub fn actual_id(&self) -> Result<FrontendId, ConfigError> {
        self.config.id()
    }
}

/// Size of imported matrices, at most [`MAX_WINDOW_VALUES`] values; as text `<bands>x<frames>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Matrix {
    /// Values in a frame.
    pub bands: usize,
    /// Frames.
    pub frames: usize,
}

impl Matrix {
    /// A size; none when there is nothing in it, or more than a window may hold.
    pub fn new(bands: usize, frames: usize) -> Option<Self> {
        let values = bands.checked_mul(frames)?;
        (1..=MAX_WINDOW_VALUES)
            .contains(&values)
            .then_some(Self { bands, frames })
    }

    /// What the text of a size must be.
    fn expected() -> String {
        format!("<bands>x<frames>, 1 to {MAX_WINDOW_VALUES} values")
    }
}

impl Origin {
    /// What this build's frontend computes.
    ///
    /// # Errors
    /// The configuration's.
    pub fn of(config: FrontendConfig) -> Result<Self, ConfigError> {
        Ok(Self::Frontend(Frontend {
            config,
            id: config.id()?,
            assumed: None,
        }))
    }

    /// The frontend; none for external features.
    pub const fn frontend(&self) -> Option<&Frontend> {
        match self {
            Self::Frontend(frontend) => Some(frontend),
            Self::External(_) => None,
        }
    }

    /// Whether an identity says that our frontend did not make the features.
    pub(crate) fn is_external(id: &str) -> bool {
        id.starts_with(EXTERNAL)
    }

    /// Size of the matrices, when they were imported.
    pub const fn imported(&self) -> Option<Matrix> {
        match self {
            Self::Frontend(frontend) => frontend.assumed,
            Self::External(matrix) => Some(*matrix),
        }
    }

    /// Values in a frame.
    pub const fn bands(&self) -> usize {
        match self {
            Self::Frontend(frontend) => frontend.config.mel_bands,
            Self::External(matrix) => matrix.bands,
        }
    }

    /// Whether features of `other` may stand for these: the identities are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Frontend(a), Self::Frontend(b)) => a.id == b.id,
            (Self::External(a), Self::External(b)) => a == b,
            _ => false,
        }
    }
}

/// The identity: 16 hex digits or `external:<bands>x<frames>`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frontend(frontend) => frontend.id.fmt(f),
            Self::External(matrix) => write!(f, "{EXTERNAL}{matrix}"),
        }
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.bands, self.frames)
    }
}

impl FromStr for Matrix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split_once('x')
            .and_then(|(bands, frames)| Self::new(bands.parse().ok()?, frames.parse().ok()?))
            // `+3` and `03` are numbers, too, but an identity has one spelling.
            .filter(|matrix| matrix.to_string() == text)
            .ok_or_else(|| format!("`{text}` is no size, expected {}", Self::expected()))
    }
}

impl TryFrom<String> for Matrix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Matrix> for String {
    fn from(matrix: Matrix) -> Self {
        matrix.to_string()
    }
}

/// An origin as records and model files store it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) frontend: Option<FrontendConfig>,
    pub(crate) frontend_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) assumed: Option<Matrix>,
}

impl From<Origin> for Stored {
    fn from(origin: Origin) -> Self {
        Self {
            frontend: origin.frontend().map(|frontend| frontend.config),
            frontend_id: origin.to_string(),
            assumed: origin.frontend().and_then(|frontend| frontend.assumed),
        }
    }
}

impl Stored {
    /// The origin, or what its identity was expected to be.
    pub(crate) fn origin(&self) -> Result<Origin, String> {
        match (self.frontend_id.strip_prefix(EXTERNAL), self.frontend) {
            (Some(matrix), None) if self.assumed.is_none() => {
                let bad = |_| format!("{EXTERNAL}{}", Matrix::expected());
                matrix.parse().map(Origin::External).map_err(bad)
            }
            (Some(_), _) => Err("a frontend's, or no frontend and nothing assumed".to_owned()),
            (None, None) => Err(format!(
                "{EXTERNAL}<bands>x<frames> where there is no frontend"
            )),
            (None, Some(config)) => {
                if let Some(matrix) = self.assumed.filter(|it| it.bands != config.mel_bands) {
                    return Err(format!("a frontend of {} bands, as assumed", matrix.bands));
                }
                let id = self.frontend_id.parse();
                let id = id.map_err(|_| "16 lower-case hex digits".to_owned())?;
                Ok(Origin::Frontend(Frontend {
                    config,
                    id,
                    assumed: self.assumed,
                }))
            }
        }
    }
}

impl TryFrom<Stored> for Origin {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        stored.origin().map_err(|expected| {
            format!(
                "frontend_id is `{}`, expected {expected}",
                stored.frontend_id
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Frontend, Matrix, Origin};
    use needledrop_frontend::FrontendConfig;
    use serde::{Deserialize, Serialize};

    /// Records hold an origin among fields of their own.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Record {
        format: u32,
        #[serde(flatten)]
        origin: Origin,
    }

    const MATRIX: Matrix = Matrix {
        bands: 128,
        frames: 130,
    };

    fn ours() -> Frontend {
        *Origin::of(FrontendConfig::SEED)
            .unwrap()
            .frontend()
            .unwrap()
    }

    #[test]
    fn every_origin_round_trips_within_a_record() {
        let assumed = Frontend {
            assumed: Some(MATRIX),
            ..ours()
        };
        for (origin, id, imported) in [
            (
                Origin::Frontend(ours()),
                FrontendConfig::SEED.id().unwrap().to_string(),
                None,
            ),
            (
                Origin::Frontend(assumed),
                FrontendConfig::SEED.id().unwrap().to_string(),
                Some(MATRIX),
            ),
            (
                Origin::External(MATRIX),
                "external:128x130".to_owned(),
                Some(MATRIX),
            ),
        ] {
            let record = Record { format: 1, origin };
            let json = serde_json::to_value(&record).unwrap();
            assert_eq!(json["frontend_id"], id);
            assert_eq!(json["frontend"].is_null(), origin.frontend().is_none());
            assert_eq!(origin.imported(), imported);
            assert_eq!(origin.bands(), 128);
            assert_eq!(serde_json::from_value::<Record>(json).unwrap(), record);
        }
    }

    #[test]
    fn an_assumed_frontend_is_that_frontend_and_an_external_one_is_not() {
        let assumed = Origin::Frontend(Frontend {
            assumed: Some(MATRIX),
            ..ours()
        });
        let external = Origin::External(MATRIX);
        assert!(Origin::Frontend(ours()).is_same(&assumed));
        assert!(external.is_same(&external) && !external.is_same(&assumed));
        let longer = Origin::External(Matrix {
            frames: 131,
            ..MATRIX
        });
        assert!(!external.is_same(&longer));
    }

    #[test]
    fn what_is_neither_is_refused() {
        let frontend = serde_json::to_value(FrontendConfig::SEED).unwrap();
        let id = FrontendConfig::SEED.id().unwrap().to_string();
        let refusal = |json: serde_json::Value| {
            serde_json::from_value::<Record>(json)
                .expect_err("refused")
                .to_string()
        };
        let none = serde_json::Value::Null;
        for (frontend, id, assumed, expected) in [
            (&frontend, "external:128x130", None, "or no frontend"),
            (&none, id.as_str(), None, "where there is no frontend"),
            (
                &none,
                "external:128x130",
                Some("128x130"),
                "nothing assumed",
            ),
            (&none, "external:0x130", None, "1 to 16777216 values"),
            (&none, "external:128x+3", None, "1 to 16777216 values"),
            (
                &none,
                "external:4294967296x4294967296",
                None,
                "1 to 16777216 values",
            ),
            (&none, "external:4097x4096", None, "1 to 16777216 values"),
            (&none, "external:128", None, "1 to 16777216 values"),
            (
                &none,
                "external:99999999999999999999x1",
                None,
                "1 to 16777216 values",
            ),
            (&frontend, "71C0", None, "16 lower-case hex digits"),
            (&frontend, id.as_str(), Some("128"), "is no size"),
            (
                &frontend,
                id.as_str(),
                Some("64x10"),
                "a frontend of 64 bands",
            ),
        ] {
            let mut json =
                serde_json::json!({ "format": 1, "frontend": frontend, "frontend_id": id });
            if let Some(assumed) = assumed {
                json["assumed"] = assumed.into();
            }
            let found = refusal(json);
            assert!(found.contains(expected), "{id}: {found}");
        }
    }
}
