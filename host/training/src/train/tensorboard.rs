//! The curves of a run as TensorBoard reads them: `tensorboard --logdir RUN`.
//!
//! One event file in the run folder's `tensorboard/`: TFRecords of `tensorflow.Event`, the first with the version,
//! then one an epoch with all scalars of it. After each epoch what is missing is appended, so that a TensorBoard that
//! has the file open goes on. A run that goes on from a checkpoint first cuts off what lies behind it (a torn record,
//! an epoch that the checkpoint does not have): no step is there twice. All but the wall times is a function of the
//! curves.
//!
//! # Source
//! TensorFlow, `tensorflow/core/util/event.proto` and `tensorflow/core/framework/summary.proto`.

use crate::error::Error;
use crate::run::EpochRow;
use needledrop_data::{RecordReader, write_record};
use prost::Message;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folder in the run folder.
const FOLDER: &str = "tensorboard";
/// TensorBoard takes files with `tfevents` in their name; a time and a machine usually follow, which would make two
/// runs differ.
const FILE: &str = "events.out.tfevents.0.needledrop";
/// What the first event says.
const VERSION: &str = "brain.Event:2";

/// `tensorflow.Event`.
#[derive(Clone, PartialEq, prost::Message)]
struct Event {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(oneof = "What", tags = "3, 5")]
    what: Option<What>,
}

/// What an event says.
#[derive(Clone, PartialEq, prost::Oneof)]
enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
}

/// `tensorflow.Summary`.
#[derive(Clone, PartialEq, prost::Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

/// `tensorflow.Summary.Value`, of a scalar.
#[derive(Clone, PartialEq, prost::Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, tag = "2")]
    simple_value: f32,
}

/// Sees that the event file holds exactly the epochs of `curves`.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn write(run: &Path, curves: &[EpochRow]) -> Result<(), Error> {
    let path = path(run);
    let folder = run.join(FOLDER);
    if curves.is_empty() && !path.exists() {
        return Ok(());
    }
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    append(&path, curves).map_err(Error::io(&path))
}

fn path(run: &Path) -> PathBuf {
    run.join(FOLDER).join(FILE)
}

fn append(path: &Path, curves: &[EpochRow]) -> std::io::Result<()> {
    let options = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .clone();
    let mut file = options.open(path)?;
    let held = Held::read(&file, curves.len())?;
    file.set_len(held.bytes)?;
    file.seek(SeekFrom::End(0))?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let wall_time = now.map_or(0.0, |time| time.as_secs_f64());
    let mut bytes = Vec::new();
    if held.bytes == 0 {
        let version = Event {
            wall_time,
            step: 0,
            what: Some(What::FileVersion(VERSION.to_owned())),
        };
        write_record(&mut bytes, &version.encode_to_vec())?;
    }
    for row in &curves[held.epochs..] {
        let event = Event {
            wall_time,
            step: row.epoch as i64,
            what: Some(What::Summary(scalars(row))),
        };
        write_record(&mut bytes, &event.encode_to_vec())?;
    }
    file.write_all(&bytes)
}

fn scalars(row: &EpochRow) -> Summary {
    let values = [
        ("loss/train", row.train_loss),
        ("loss/valid", row.valid_log_loss),
        ("accuracy/valid", row.valid_accuracy),
        ("macro_f1/valid", row.valid_macro_f1),
        ("rate", row.rate),
    ];
    let value = values.map(|(tag, value)| Value {
        tag: tag.to_owned(),
        simple_value: value as f32,
    });
    Summary {
        value: value.into(),
    }
}

/// The head of a file that may stay.
struct Held {
    /// Its bytes.
    bytes: u64,
    /// Epochs in it, from the first.
    epochs: usize,
}

impl Held {
    /// The version and the epochs 1, 2, ... up to `most`, until a record that is something else or not whole.
    fn read(file: &fs::File, most: usize) -> std::io::Result<Self> {
        let mut reader = RecordReader::new(file, file.metadata()?.len());
        let mut held = Self {
            bytes: 0,
            epochs: 0,
        };
        while let Some(record) = reader.next_record()? {
            let end = record.end();
            let is_next = match Event::decode(record.data) {
                Ok(Event {
                    what: Some(What::FileVersion(version)),
                    ..
                }) => held.bytes == 0 && version == VERSION,
                Ok(Event {
                    what: Some(What::Summary(_)),
                    step,
                    ..
                }) => held.bytes > 0 && held.epochs < most && step == held.epochs as i64 + 1,
                _ => false,
            };
            if !is_next {
                break;
            }
            held.epochs += usize::from(held.bytes > 0);
            held.bytes = end;
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::{EpochRow, Event, What, path, write};
    use needledrop_data::RecordReader;
    use prost::Message;
    use std::fs;
    use std::path::Path;

    fn curves(epochs: usize) -> Vec<EpochRow> {
        let row = |epoch: usize| EpochRow {
            epoch,
            rate: 1e-3 / epoch as f64,
            train_loss: 2.0 / epoch as f64,
            valid_log_loss: 2.5 / epoch as f64,
            valid_accuracy: 0.1 * epoch as f64,
            valid_macro_f1: 0.09 * epoch as f64,
        };
        (1..=epochs).map(row).collect()
    }

    fn events(run: &Path) -> Vec<Event> {
        let bytes = fs::read(path(run)).unwrap();
        let mut reader = RecordReader::new(&bytes[..], bytes.len() as u64);
        let mut events = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            events.push(Event::decode(record.data).unwrap());
        }
        assert!(reader.losses().is_empty());
        events
    }

    /// Steps after the version.
    fn steps(run: &Path) -> Vec<i64> {
        let events = events(run);
        assert_eq!(
            events[0].what,
            Some(What::FileVersion("brain.Event:2".to_owned()))
        );
        events[1..].iter().map(|event| event.step).collect()
    }

    #[test]
    fn every_epoch_is_there_once_with_all_its_scalars() {
        let run = tempfile::tempdir().unwrap();
        for epochs in 1..=3 {
            write(run.path(), &curves(epochs)).unwrap();
        }
        assert_eq!(steps(run.path()), [1, 2, 3]);
        let Some(What::Summary(summary)) = &events(run.path())[2].what else {
            unreachable!("the third event is the second epoch's")
        };
        let scalars: Vec<(&str, f32)> = summary
            .value
            .iter()
            .map(|value| (value.tag.as_str(), value.simple_value))
            .collect();
        let expected = [
            ("loss/train", 1.0),
            ("loss/valid", 1.25),
            ("accuracy/valid", 0.2),
            ("macro_f1/valid", 0.18),
            ("rate", 5e-4),
        ];
        assert_eq!(scalars, expected);
    }

    #[test]
    fn what_was_written_is_not_touched() {
        let run = tempfile::tempdir().unwrap();
        write(run.path(), &curves(2)).unwrap();
        let before = fs::read(path(run.path())).unwrap();
        write(run.path(), &curves(2)).unwrap();
        assert_eq!(fs::read(path(run.path())).unwrap(), before);
        write(run.path(), &curves(3)).unwrap();
        assert!(fs::read(path(run.path())).unwrap().starts_with(&before));
    }

    #[test]
    fn a_resumed_run_repeats_no_step() {
        let run = tempfile::tempdir().unwrap();
        write(run.path(), &curves(5)).unwrap();
        // The checkpoint that it goes on from has three epochs.
        write(run.path(), &curves(3)).unwrap();
        assert_eq!(steps(run.path()), [1, 2, 3]);
        write(run.path(), &curves(4)).unwrap();
        assert_eq!(steps(run.path()), [1, 2, 3, 4]);
    }

    #[test]
    fn a_torn_or_damaged_tail_is_written_again() {
        let run = tempfile::tempdir().unwrap();
        write(run.path(), &curves(3)).unwrap();
        let whole = fs::read(path(run.path())).unwrap();
        for (cut, flip) in [
            (1, None),
            (40, None),
            (whole.len() - 1, None),
            (0, Some(30)),
        ] {
            let mut bytes = whole[..whole.len() - cut].to_vec();
            if let Some(from_end) = flip {
                let at = bytes.len() - from_end;
                bytes[at] ^= 1;
            }
            fs::write(path(run.path()), bytes).unwrap();
            write(run.path(), &curves(4)).unwrap();
            assert_eq!(steps(run.path()), [1, 2, 3, 4], "{cut} {flip:?}");
        }
    }

    #[test]
    fn a_run_without_epochs_has_no_events() {
        let run = tempfile::tempdir().unwrap();
        write(run.path(), &[]).unwrap();
        assert!(!run.path().join("tensorboard").exists());
    }
}
