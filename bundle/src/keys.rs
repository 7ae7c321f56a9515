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

/// The known keys except format and digest, in the order in which they are written.
const KEYS: [&str; 19] = [
    "needledrop.name",
    "needledrop.model",
    "needledrop.labels",
    "needledrop.input",
    "needledrop.norm",
    "needledrop.frontend",
    "needledrop.frontend_id",
    "needledrop.assumed",
    "needledrop.window",
    "needledrop.hop",
    "needledrop.bands",
    "needledrop.temperature",
    "needledrop.thresholds",
    "needledrop.decision",
    "needledrop.data_sha256",
    "needledrop.split_sha256",
    "needledrop.metrics",
    "needledrop.seed",
    "needledrop.versions",
];

/// Whether this version gives the key a meaning.
pub(crate) fn is_known(key: &str) -> bool {
    key == KEY_FORMAT || key == KEY_SHA256 || KEYS.contains(&key)
}

/// Keys and values in the order of the file: the format first, unknown keys last; the digest is not among them.
pub(crate) fn encode(metadata: &Metadata) -> Result<Vec<(String, String)>, serde_json::Error> {
    let Metadata {
        name,
        model,
        labels,
        input,
        norm,
        origin,
        window,
        ..
    } = metadata;
    let Metadata {
        temperature,
        thresholds,
        decision,
        data_sha256,
        split_sha256,
        metrics,
        seed,
        ..
    } = metadata;
    let Metadata {
        versions, unknown, ..
    } = metadata;
    let stored = Stored::from(*origin);
    let values = [
        Some(name.clone()),
        Some(model.clone()),
        Some(serde_json::to_string(labels)?),
        Some(input.to_string()),
        Some(norm.to_string()),
        stored
            .frontend
            .map(|frontend| serde_json::to_string(&frontend))
            .transpose()?,
        Some(stored.frontend_id),
        stored.assumed.map(String::from),
        Some(window.frames.to_string()),
        Some(window.hop.to_string()),
        Some(window.bands.to_string()),
        Some(temperature.to_string()),
        Some(serde_json::to_string(thresholds)?),
        Some(serde_json::to_string(decision)?),
        Some(data_sha256.clone()),
        Some(split_sha256.clone()),
        Some(serde_json::to_string(metrics)?),
        Some(seed.to_string()),
        Some(serde_json::to_string(versions)?),
    ];
    let known = KEYS
        .into_iter()
        .zip(values)
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
        name: source.text("needledrop.name")?,
        model: source.text("needledrop.model")?,
        labels: source.json("needledrop.labels", "a JSON list of strings")?,
        input: source.parse::<InputKind>("needledrop.input", "`logmel` or `pcm`")?,
        norm: source.parse::<Norm>(
            "needledrop.norm",
            "`window`, `trailing:N`, `none` or `mixed`",
        )?,
        origin: source.origin()?,
        window: Window {
            frames: source.parse("needledrop.window", "a number of rows")?,
            hop: source.parse("needledrop.hop", "a number of rows")?,
            bands: source.parse("needledrop.bands", "a number of values")?,
        },
        temperature: source.parse("needledrop.temperature", "a positive number")?,
        thresholds: source.json("needledrop.thresholds", "a JSON list of numbers")?,
        decision: source.json(
            "needledrop.decision",
            "a JSON object with stay, confident and gate_dbfs",
        )?,
        data_sha256: source.text("needledrop.data_sha256")?,
        split_sha256: source.text("needledrop.split_sha256")?,
        metrics: source.json("needledrop.metrics", "a JSON object")?,
        seed: source.parse("needledrop.seed", "a whole number")?,
        versions: source.json("needledrop.versions", "a JSON object of strings")?,
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
        const FRONTEND: &str = "needledrop.frontend";
        const ID: &str = "needledrop.frontend_id";
        const ASSUMED: &str = "needledrop.assumed";
        let frontend_id = self.text(ID)?;
        let frontend = match self.props.contains_key(FRONTEND) || !Origin::is_external(&frontend_id)
        {
            true => Some(self.json(FRONTEND, "a frontend configuration as a JSON object")?),
            false => None,
        };
        let assumed = match self.props.contains_key(ASSUMED) {
            true => Some(self.parse(ASSUMED, "<bands>x<frames>")?),
            false => None,
        };
        let stored = Stored {
            frontend,
            frontend_id,
            assumed,
        };
        stored
            .origin()
            .map_err(|expected| value_error(self.name, ID, &stored.frontend_id, &expected))
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
