//! One file that a killed run goes on from.
//!
//! `checkpoint/last` holds weights, optimizer state and counters of the last whole epoch, `checkpoint/best` the weights
//! of the best one. Each is one file, written whole or not at all. There is no generator state: order and augmentation
//! are pure functions of (seed, epoch, step).
//!
//! Layout: magic, SHA-256 of the rest, then three parts (JSON state, weights, optimizer) each after its length.

use super::epoch_row::EpochRow;
use crate::corpus::Corpus;
use crate::error::Error;
use needledrop_bundle::file;
use needledrop_networks::Settings;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"NDCKPT3\n";
const DIGEST_BYTES: usize = 32;
const LENGTH_BYTES: usize = size_of::<u64>();

/// Counters of a run after a whole epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What the run was started with.
    pub settings: Settings,
    /// SHA-256 of the data.
    pub data_sha256: String,
    /// SHA-256 of the split.
    pub split_sha256: String,
    /// Frontend of the features.
    pub frontend_id: String,
    /// Whole epochs so far.
    pub epochs_done: usize,
    /// Epoch with the best validation log-loss, from 1.
    pub best_epoch: usize,
    /// One row an epoch.
    #[serde(with = "as_csv")]
    pub curves: Vec<EpochRow>,
}

/// Rows as the text of `curves.csv`: JSON as serde_json reads it can move an f64 by one bit, CSV gives it back exactly.
mod as_csv {
    use super::EpochRow;
    use crate::run::table::csv;
    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    pub(super) fn serialize<S: Serializer>(rows: &[EpochRow], to: S) -> Result<S::Ok, S::Error> {
        let text = String::from_utf8(csv(rows.iter())).map_err(ser::Error::custom)?;
        to.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<EpochRow>, D::Error> {
        let text = String::deserialize(from)?;
        ::csv::Reader::from_reader(text.as_bytes())
            .deserialize()
            .collect::<Result<_, _>>()
            .map_err(de::Error::custom)
    }
}

impl State {
    /// Before the first epoch.
    pub(crate) fn start(settings: &Settings, corpus: &Corpus) -> Self {
        Self {
            settings: settings.clone(),
            data_sha256: corpus.data_sha256.clone(),
            split_sha256: corpus.split_sha256.clone(),
            frontend_id: corpus.origin.to_string(),
            epochs_done: 0,
            best_epoch: 0,
            curves: Vec::new(),
        }
    }

    /// Best validation log-loss so far.
    pub(crate) fn best_log_loss(&self) -> f64 {
        self.best_epoch
            .checked_sub(1)
            .and_then(|row| self.curves.get(row))
            .map_or(f64::INFINITY, |row| row.valid_log_loss)
    }

    /// Whether no epoch is to follow.
    pub(crate) fn is_finished(&self) -> bool {
        self.epochs_done >= self.settings.epochs
            || self.epochs_done - self.best_epoch >= self.settings.patience
    }

    /// `name was, not is` for whatever differs between this checkpoint and a run about to resume from it.
    pub(crate) fn differences(&self, now: &Self) -> Vec<String> {
        let mut all = now.settings.differences(&self.settings);
        let named = [
            ("data", &self.data_sha256, &now.data_sha256),
            ("split", &self.split_sha256, &now.split_sha256),
            ("frontend", &self.frontend_id, &now.frontend_id),
        ];
        for (name, was, is) in named {
            if was != is {
                let short = |digest: &str| digest.chars().take(16).collect::<String>();
                all.push(format!("{name} {}, not {}", short(was), short(is)));
            }
        }
        all
    }
}

/// A checkpoint in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Counters.
    pub state: State,
    /// The network, as burn records it.
    pub weights: Vec<u8>,
    /// The optimizer, as burn records it; empty in `best`.
    pub optimizer: Vec<u8>,
}

impl Checkpoint {
    /// File of the last whole epoch.
    pub const LAST: &'static str = "last";
    /// File of the best epoch.
    pub const BEST: &'static str = "best";

    /// Where a run folder has [`Checkpoint::LAST`] or [`Checkpoint::BEST`].
    pub fn path(run: &Path, which: &str) -> PathBuf {
        run.join(file::CHECKPOINT).join(which)
    }

    /// Whether a run that begins as `start` says may go on from this checkpoint of `run`.
    ///
    /// # Errors
    /// [`Error::OtherSettings`].
    pub(crate) fn check(&self, start: &State, run: &Path) -> Result<(), Error> {
        let differences = self.state.differences(start);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::OtherSettings {
            path: Self::path(run, Self::LAST),
            differences,
        })
    }

    /// Writes it, atomically.
    ///
    /// # Errors
    /// [`Error::Io`]; the old file is untouched then.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let state =
            serde_json::to_vec(&self.state).map_err(|error| Error::bad_checkpoint(path, error))?;
        let mut body = Vec::new();
        for part in [&state, &self.weights, &self.optimizer] {
            body.extend_from_slice(&(part.len() as u64).to_le_bytes());
            body.extend_from_slice(part);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&Sha256::digest(&body));
        bytes.extend_from_slice(&body);
        needledrop_bundle::write_atomic(path, &bytes).map_err(Error::io(path))
    }

    /// Reads the best epoch's of a run that has one.
    ///
    /// # Errors
    /// Those of [`Checkpoint::read`]; [`Error::BadCheckpoint`] when it is gone.
    pub(crate) fn read_best(run: &Path) -> Result<Self, Error> {
        let path = Self::path(run, Self::BEST);
        Self::read(&path)?.ok_or_else(|| Error::bad_checkpoint(&path, "it is gone"))
    }

    /// Reads it; none when there is no such file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadCheckpoint`] when the bytes are not those that were written.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(path)(error)),
        };
        let body = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| Error::bad_checkpoint(path, "no checkpoint of this version"))?;
        let (digest, mut body) = body
            .split_at_checked(DIGEST_BYTES)
            .ok_or_else(|| Error::bad_checkpoint(path, "it ends too soon"))?;
        if Sha256::digest(body).as_slice() != digest {
            return Err(Error::bad_checkpoint(path, "its digest does not fit"));
        }
        let mut part = || {
            let (len, rest) = body.split_at_checked(LENGTH_BYTES)?;
            let len = usize::try_from(u64::from_le_bytes(len.try_into().ok()?)).ok()?;
            let (part, rest) = rest.split_at_checked(len)?;
            body = rest;
            Some(part.to_vec())
        };
        let parts = (part(), part(), part());
        let (Some(state), Some(weights), Some(optimizer)) = parts else {
            return Err(Error::bad_checkpoint(path, "it ends too soon"));
        };
        let state =
            serde_json::from_slice(&state).map_err(|error| Error::bad_checkpoint(path, error))?;
        Ok(Some(Self {
            state,
            weights,
            optimizer,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Checkpoint, State};
    use crate::error::Error;
    use crate::models::find;
    use crate::run::epoch_row::EpochRow;
    use needledrop_networks::{Preset, Settings};

    fn checkpoint() -> Checkpoint {
        let row = |valid_log_loss| EpochRow {
            epoch: 1,
            rate: 1e-3,
            // serde_json reads this one back as its neighbour.
            train_loss: 0.991_141_825_914_382_9,
            valid_log_loss,
            valid_accuracy: 0.5,
            valid_macro_f1: 0.4,
        };
        Checkpoint {
            state: State {
                settings: Settings {
                    patience: 2,
                    ..find("compact").unwrap().settings(Preset::Best)
                },
                data_sha256: "d".repeat(64),
                split_sha256: "s".repeat(64),
                frontend_id: "f".repeat(16),
                epochs_done: 2,
                best_epoch: 1,
                curves: vec![row(0.1 + 0.2), row(0.7)],
            },
            weights: vec![1, 2, 3],
            optimizer: vec![4; 300],
        }
    }

    #[test]
    fn it_reads_back_to_the_bit_and_damage_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(Checkpoint::LAST);
        assert!(Checkpoint::read(&path).unwrap().is_none());
        checkpoint().write(&path).unwrap();
        assert_eq!(Checkpoint::read(&path).unwrap(), Some(checkpoint()));
        let whole = std::fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(37) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert!(
                matches!(Checkpoint::read(&path), Err(Error::BadCheckpoint { .. })),
                "byte {at}"
            );
        }
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(matches!(
            Checkpoint::read(&path),
            Err(Error::BadCheckpoint { .. })
        ));
    }

    #[test]
    fn patience_and_epochs_end_a_run() {
        let mut state = checkpoint().state;
        assert!(!state.is_finished());
        assert!((state.best_log_loss() - 0.3).abs() < 1e-9);
        state.epochs_done = 3;
        assert!(state.is_finished(), "two epochs without a better one");
        state.best_epoch = 3;
        assert!(!state.is_finished());
        state.settings.epochs = 3;
        assert!(state.is_finished());
    }
}
