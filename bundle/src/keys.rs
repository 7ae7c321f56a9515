//! Metadata as text: one `needledrop.*` key for each field.
use crate::{Error, InputKind, Metadata, Norm, Origin, Window, error::shown, origin::Stored};
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, str::FromStr};

/// Format version, `major.minor`, that this crate writes. A reader takes any minor of its own major.
pub const FORMAT: &str = "1.0";
/// Every key of ours starts with this.
pub(crate) const PREFIX: &str = "needledrop.";
/// Format version of the file.
pub(crate) const KEY_FORMAT: &str = "needledrop.format";
/// Digest of the file.
pub(crate) const KEY_SHA256: &str = "needledrop.sha256";

/// Names for keys, and [`KEYS`], all of them.
macro_rules! keys {
    ($($name:ident = $key:literal;)+) => {
        $(pub(crate) const $name: &str = $key;)+

        /// The known keys except format and digest.
        const KEYS: &[&str] = &[$($name),+];
    };
}

// One for each field of the metadata; an origin has three, two of them optional; so are the notes.
keys! {
    KEY_NAME = "needledrop.name";
    KEY_MODEL = "needledrop.model";
    KEY_LABELS = "needledrop.labels";
    KEY_INPUT = "needledrop.input";
    KEY_NORM = "needledrop.norm";
    KEY_FRONTEND = "needledrop.frontend";
    KEY_FRONTEND_ID = "needledrop.frontend_id";
    KEY_ASSUMED = "needledrop.assumed";
    KEY_WINDOW = "needledrop.window";
    KEY_HOP = "needledrop.hop";
    KEY_BANDS = "needledrop.bands";
    KEY_TEMPERATURE = "needledrop.temperature";
    KEY_THRESHOLDS = "needledrop.thresholds";
    KEY_DECISION = "needledrop.decision";
    KEY_DATA_SHA256 = "needledrop.data_sha256";
    KEY_SPLIT_SHA256 = "needledrop.split_sha256";
    KEY_METRICS = "needledrop.metrics";
    KEY_SEED = "needledrop.seed";
    KEY_VERSIONS = "needledrop.versions";
    KEY_NOTES = "needledrop.notes";
}

/// Whether this version gives the key a meaning.
pub(crate) fn is_known(key: &str) -> bool {
    key == KEY_FORMAT || key == KEY_SHA256 || KEYS.contains(&key)
}

/// Keys and values in the order of the file: the format first, unknown keys last; the digest is not among them.
pub(crate) fn encode(metadata: &Metadata) -> Result<Vec<(String, String)>, serde_json::Error> {
    // Exhaustive, so that a new field cannot be forgotten.
    let Metadata {
        name,
        model,
        labels,
        input,
        norm,
        origin,
        window,
        temperature,
        thresholds,
        decision,
        data_sha256,
        split_sha256,
        metrics,
        seed,
        versions,
        notes,
        unknown,
    } = metadata;
    let stored = Stored::from(*origin);
    let known = [
        (KEY_NAME, Some(name.clone())),
        (KEY_MODEL, Some(model.clone())),
        (KEY_LABELS, Some(serde_json::to_string(labels)?)),
        (KEY_INPUT, Some(input.to_string())),
        (KEY_NORM, Some(norm.to_string())),
        (
            KEY_FRONTEND,
            stored
                .frontend
                .map(|frontend| serde_json::to_string(&frontend))
                .transpose()?,
        ),
        (KEY_FRONTEND_ID, Some(stored.frontend_id)),
        (KEY_ASSUMED, stored.assumed.map(String::from)),
        (KEY_WINDOW, Some(window.frames.to_string())),
        (KEY_HOP, Some(window.hop.to_string())),
        (KEY_BANDS, Some(window.bands.to_string())),
        (KEY_TEMPERATURE, Some(temperature.to_string())),
        (KEY_THRESHOLDS, Some(serde_json::to_string(thresholds)?)),
        (KEY_DECISION, Some(serde_json::to_string(decision)?)),
        (KEY_DATA_SHA256, Some(data_sha256.clone())),
        (KEY_SPLIT_SHA256, Some(split_sha256.clone())),
        (KEY_METRICS, Some(serde_json::to_string(metrics)?)),
        (KEY_SEED, Some(seed.to_string())),
        (KEY_VERSIONS, Some(serde_json::to_string(versions)?)),
        (
            KEY_NOTES,
            match notes.is_empty() {
                true => None,
                false => Some(serde_json::to_string(notes)?),
            },
        ),
    ];
    let known = known
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    let kept = unknown
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()));
    Ok(std::iter::once((KEY_FORMAT.to_owned(), FORMAT.to_owned()))
        .chain(known)
        .chain(kept)
        .collect())
}

/// Refuses a format whose major version is not ours.
pub(crate) fn check_format(name: &str, actual: &str) -> Result<(), Error> {
    let major = |version: &str| {
        let (major, minor) = version.split_once('.')?;
        minor.parse::<u32>().ok()?;
        major.parse::<u32>().ok()
    };
    match major(actual) {
        Some(found) if Some(found) == major(FORMAT) => Ok(()),
        Some(_) => Err(Error::Format {
            name: name.to_owned(),
            actual: actual.to_owned(),
            expected: FORMAT.to_owned(),
        }),
        None => Err(value_error(name, KEY_FORMAT, actual, "a version like 1.0")),
    }
}

/// Metadata from the keys of a file.
pub(crate) fn decode(name: &str, mut props: BTreeMap<String, String>) -> Result<Metadata, Error> {
    props.remove(KEY_FORMAT);
    props.remove(KEY_SHA256);
    let mut source = Source { name, props };
    Ok(Metadata {
        name: source.text(KEY_NAME)?,
        model: source.text(KEY_MODEL)?,
        labels: source.json(KEY_LABELS, "a JSON list of strings")?,
        input: source.parse::<InputKind>(KEY_INPUT, "`logmel` or `pcm`")?,
        norm: source.parse::<Norm>(
            KEY_NORM,
            "`window`, `trailing:N`, `level:DB`, `none` or `mixed`",
        )?,
        origin: source.origin()?,
        window: Window {
            frames: source.parse(KEY_WINDOW, "a number of rows")?,
            hop: source.parse(KEY_HOP, "a number of rows")?,
            bands: source.parse(KEY_BANDS, "a number of values")?,
        },
        temperature: source.parse(KEY_TEMPERATURE, "a positive number")?,
        thresholds: source.json(KEY_THRESHOLDS, "a JSON list of numbers")?,
        decision: source.json(
            KEY_DECISION,
            "a JSON object with stay, confident and gate_dbfs",
        )?,
        data_sha256: source.text(KEY_DATA_SHA256)?,
        split_sha256: source.text(KEY_SPLIT_SHA256)?,
        metrics: source.json(KEY_METRICS, "a JSON object")?,
        seed: source.parse(KEY_SEED, "a whole number")?,
        versions: source.json(KEY_VERSIONS, "a JSON object of strings")?,
        notes: match source.props.contains_key(KEY_NOTES) {
            true => source.json(KEY_NOTES, "a JSON list of strings")?,
            false => Vec::new(),
        },
        unknown: source.props,
    })
}

/// A [`Error::Value`].
pub(crate) fn value_error(name: &str, key: &str, value: &str, expected: &str) -> Error {
    Error::Value {
        name: name.to_owned(),
        key: key.to_owned(),
        value: shown(value),
        expected: expected.to_owned(),
    }
}

/// Keys not yet read.
struct Source<'a> {
    name: &'a str,
    props: BTreeMap<String, String>,
}

impl Source<'_> {
    /// The three keys of an origin: external features have no frontend.
    fn origin(&mut self) -> Result<Origin, Error> {
        let frontend_id = self.text(KEY_FRONTEND_ID)?;
        let frontend =
            match self.props.contains_key(KEY_FRONTEND) || !Origin::is_external(&frontend_id) {
                true => Some(self.json(KEY_FRONTEND, "a frontend configuration as a JSON object")?),
                false => None,
            };
        let assumed = match self.props.contains_key(KEY_ASSUMED) {
            true => Some(self.parse(KEY_ASSUMED, "<bands>x<frames>")?),
            false => None,
        };
        let stored = Stored {
            frontend,
            frontend_id,
            assumed,
        };
        stored.origin().map_err(|expected| {
            value_error(self.name, KEY_FRONTEND_ID, &stored.frontend_id, &expected)
        })
    }

    fn text(&mut self, key: &str) -> Result<String, Error> {
        let missing = || Error::MissingKey {
            name: self.name.to_owned(),
            key: key.to_owned(),
        };
        self.props.remove(key).ok_or_else(missing)
    }

    fn parse<T: FromStr>(&mut self, key: &str, expected: &str) -> Result<T, Error> {
        let text = self.text(key)?;
        text.parse()
            .map_err(|_| value_error(self.name, key, &text, expected))
    }

    fn json<T: DeserializeOwned>(&mut self, key: &str, expected: &str) -> Result<T, Error> {
        let text = self.text(key)?;
        serde_json::from_str(&text).map_err(|_| value_error(self.name, key, &text, expected))
    }
}
