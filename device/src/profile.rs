//! What the pipeline needs to know of a model, checked once: its metadata in, window and hop in rows and seconds out.
use crate::limits::MAX_WINDOW_SECONDS;
use needledrop_bundle::{Frontend, InputKind, Metadata, Window};
use needledrop_frontend::{FrontendConfig, FrontendId};
use needledrop_infer::Calibration;
use needledrop_protocol::{Hex, Text};

/// Why a model can't be run this way.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// A hop that is not a time.
    #[error("hop of {actual} s: expected more than 0 and at most the window, {window} s")]
    Hop {
        /// Asked for, in seconds.
        actual: f64,
        /// Window of the model, in seconds.
        window: f64,
    },
    /// A window longer than the level meter remembers.
    #[error(
        "the model's window is {actual:.1} s, this program takes at most {expected} s; train it with a shorter window"
    )]
    Window {
        /// Longest window, in seconds.
        expected: u32,
        /// Window of the model, in seconds.
        actual: f64,
    },
    /// A model of imported features; opening it for live input was refused before.
    #[error("the model was trained on imported features ({origin}), which no board computes")]
    NotLive {
        /// Their identity.
        origin: String,
    },
    /// A digest that is none; a verified model file never gives it.
    #[error("model digest {actual} does not start with 8 lower-case hex digits")]
    Digest {
        /// What was there.
        actual: String,
    },
}

/// A model as the pipeline sees it.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Metadata of the model.
    pub metadata: Metadata,
    /// Labels as they are written in records.
    pub labels: Vec<Text>,
    /// First four bytes of the model file's digest.
    pub digest: Hex<4>,
    /// Window, with the hop that is used.
    pub window: Window,
    frontend: Frontend,
}

impl Profile {
    /// From a verified model's metadata and digest; `hop_seconds` overrides the model's own hop.
    ///
    /// # Errors
    /// A hop or window that can't be used.
    pub fn new(
        metadata: Metadata,
        sha256: &str,
        hop_seconds: Option<f64>,
    ) -> Result<Self, ProfileError> {
        let digest = sha256
            .get(..8)
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| ProfileError::Digest {
                actual: sha256.to_owned(),
            })?;
        let frontend = *metadata
            .origin
            .frontend()
            .ok_or_else(|| ProfileError::NotLive {
                origin: metadata.origin.to_string(),
            })?;
        let labels = metadata
            .labels
            .iter()
            .map(|label| Text::shortened(label))
            .collect();
        let mut profile = Self {
            window: metadata.window,
            metadata,
            labels,
            digest,
            frontend,
        };
        let window = profile.window_seconds();
        if window > f64::from(MAX_WINDOW_SECONDS) {
            return Err(ProfileError::Window {
                expected: MAX_WINDOW_SECONDS,
                actual: window,
            });
        }
        if let Some(actual) = hop_seconds {
            if !(actual > 0.0 && actual <= window) {
                return Err(ProfileError::Hop { actual, window });
            }
            let rows = libm::rint(actual / profile.row_seconds()) as usize;
            profile.window.hop = rows.clamp(1, profile.window.frames);
        }
        Ok(profile)
    }

    /// Configuration of the frontend.
    pub fn frontend(&self) -> &FrontendConfig {
        &self.frontend.config
    }

    /// Identity of the frontend.
    pub fn frontend_id(&self) -> FrontendId {
        self.frontend.id
    }

    /// Time between two rows, in seconds.
    pub fn row_seconds(&self) -> f64 {
        let samples = match self.metadata.input {
            InputKind::Pcm => 1,
            _ => self.frontend().hop_samples,
        };
        samples as f64 / f64::from(self.frontend().sample_rate_hz)
    }

    /// Length of a window, in seconds.
    pub fn window_seconds(&self) -> f64 {
        self.window.frames as f64 * self.row_seconds()
    }

    /// Time between two windows, in seconds.
    pub fn hop_seconds(&self) -> f64 {
        self.window.hop as f64 * self.row_seconds()
    }

    /// The model's calibration.
    pub fn calibration(&self) -> Calibration {
        Calibration {
            temperature: f64::from(self.metadata.temperature),
        }
    }
}
