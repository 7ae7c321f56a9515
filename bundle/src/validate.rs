//! Rules that metadata must keep, checked when a model is sealed and again when it is read.
use crate::{Error, InputKind, MAX_WINDOW_VALUES, Metadata, NO_MUSIC, keys};
use std::collections::BTreeSet;

/// Most classes a model may have.
pub const MAX_CLASSES: usize = 1024;
/// Longest name of a model, as long as a text of a serial record.
pub const MAX_NAME_BYTES: usize = 64;

impl Metadata {
    /// Checks every rule that needs nothing but the metadata; `name` names the file in errors.
    ///
    /// # Errors
    /// [`Error::Value`] with the key, its value and what would do.
    pub fn check(&self, name: &str) -> Result<(), Error> {
        let rule = |holds: bool, key: &str, value: &dyn std::fmt::Display, expected: &str| {
            if holds {
                Ok(())
            } else {
                Err(keys::value_error(name, key, &value.to_string(), expected))
            }
        };
        rule(
            is_model_name(&self.name),
            keys::KEY_NAME,
            &self.name,
            "letters, digits, `-`, `_` and `.`, not first `.` or `-`",
        )?;
        rule(
            !self.model.trim().is_empty(),
            keys::KEY_MODEL,
            &self.model,
            "the name of an architecture",
        )?;
        self.check_labels(name)?;
        self.check_window(name)?;
        self.check_probabilities(name)?;
        for (key, digest) in [
            (keys::KEY_DATA_SHA256, &self.data_sha256),
            (keys::KEY_SPLIT_SHA256, &self.split_sha256),
        ] {
            rule(is_sha256(digest), key, digest, SHA256_EXPECTED)?;
        }
        rule(
            self.metrics.is_object(),
            keys::KEY_METRICS,
            &self.metrics,
            "a JSON object",
        )?;
        for key in self.unknown.keys() {
            let foreign = key.starts_with(keys::PREFIX) && !keys::is_known(key);
            rule(
                foreign,
                key,
                &"an unknown key",
                "a key under `needledrop.` without a meaning of its own",
            )?;
        }
        Ok(())
    }

    /// Compares the frontend identity with the one that this build computes for the stored configuration.
    ///
    /// Models of external features have none to compare.
    ///
    /// # Errors
    /// [`Error::Frontend`] with both identities; [`Error::Value`] when the configuration itself is refused.
    pub fn check_frontend(&self, name: &str) -> Result<(), Error> {
        let Some(frontend) = self.origin.frontend() else {
            return Ok(());
        };
        let actual = frontend.actual_id().map_err(|failed| Error::Value {
            name: name.to_owned(),
            key: keys::KEY_FRONTEND.to_owned(),
            value: "a configuration this firmware refuses".to_owned(),
            expected: failed.to_string(),
        })?;
        if actual == frontend.id {
            return Ok(());
        }
        Err(Error::Frontend {
            name: name.to_owned(),
            expected: frontend.id,
            actual,
        })
    }

    fn check_labels(&self, name: &str) -> Result<(), Error> {
        let refuse = |value: &str, expected: &str| {
            Err(keys::value_error(name, keys::KEY_LABELS, value, expected))
        };
        if !(2..=MAX_CLASSES).contains(&self.labels.len()) {
            return refuse(
                &format!("{} labels", self.labels.len()),
                &format!("2 to {MAX_CLASSES}"),
            );
        }
        let mut seen = BTreeSet::new();
        for (index, label) in self.labels.iter().enumerate() {
            if label.trim().is_empty() {
                return refuse(label, "labels that are not blank");
            }
            if !seen.insert(label) {
                return refuse(label, "each label once");
            }
            if label == NO_MUSIC && index + 1 != self.labels.len() {
                return refuse(label, &format!("`{NO_MUSIC}` as the last label"));
            }
        }
        Ok(())
    }

    fn check_window(&self, name: &str) -> Result<(), Error> {
        let refuse = |key: &str, value: usize, expected: &str| {
            Err(keys::value_error(name, key, &value.to_string(), expected))
        };
        let window = &self.window;
        if window.frames == 0 {
            return refuse(keys::KEY_WINDOW, 0, "at least 1 row");
        }
        if window.hop == 0 {
            return refuse(keys::KEY_HOP, 0, "at least 1 row");
        }
        let bands = match self.input {
            InputKind::LogMel => self.origin.bands(),
            InputKind::Pcm => 1,
        };
        if window.bands != bands || bands == 0 {
            return refuse(
                keys::KEY_BANDS,
                window.bands,
                &format!("{bands}, as the input has"),
            );
        }
        if window
            .frames
            .checked_mul(bands)
            .is_none_or(|values| values > MAX_WINDOW_VALUES)
        {
            return refuse(
                keys::KEY_WINDOW,
                window.frames,
                &format!("at most {MAX_WINDOW_VALUES} values"),
            );
        }
        if window.hop > MAX_WINDOW_VALUES {
            return refuse(
                keys::KEY_HOP,
                window.hop,
                &format!("at most {MAX_WINDOW_VALUES}"),
            );
        }
        Ok(())
    }

    fn check_probabilities(&self, name: &str) -> Result<(), Error> {
        let refuse = |key: &str, value: String, expected: &str| {
            Err(keys::value_error(name, key, &value, expected))
        };
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return refuse(
                keys::KEY_TEMPERATURE,
                self.temperature.to_string(),
                "a finite number above 0",
            );
        }
        if self.thresholds.len() != self.labels.len() {
            let count = format!("{} thresholds", self.thresholds.len());
            return refuse(
                keys::KEY_THRESHOLDS,
                count,
                &format!("{}, one a label", self.labels.len()),
            );
        }
        if let Some(odd) = self
            .thresholds
            .iter()
            .find(|threshold| !(0.0..=1.0).contains(*threshold))
        {
            return refuse(
                keys::KEY_THRESHOLDS,
                odd.to_string(),
                "probabilities from 0 to 1",
            );
        }
        let decision = &self.decision;
        if !(decision.stay > 0.0 && decision.stay < 1.0) {
            return refuse(
                keys::KEY_DECISION,
                format!("stay {}", decision.stay),
                "a probability above 0 and below 1",
            );
        }
        if !(0.0..=1.0).contains(&decision.confident) {
            return refuse(
                keys::KEY_DECISION,
                format!("confident {}", decision.confident),
                "a probability from 0 to 1",
            );
        }
        if !(-200.0..=0.0).contains(&decision.gate_dbfs) {
            return refuse(
                keys::KEY_DECISION,
                format!("gate_dbfs {}", decision.gate_dbfs),
                "a level from -200 to 0 dBFS",
            );
        }
        Ok(())
    }
}

/// Whether a model may have this name: a folder's on any file system, and a single word in serial records.
pub fn is_model_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && name.chars().all(allowed)
        && !name.starts_with(['.', '-'])
}

/// What a digest must be, in words.
pub(crate) const SHA256_EXPECTED: &str = "64 lower-case hex digits";

/// Whether a text is [`SHA256_EXPECTED`].
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}
