//! The model file: seals a plain ONNX file and its metadata into one, and reads and verifies it.
use crate::{Error, Metadata, graph, keys, validate, wire};
use onnx_protobuf::{Message, StringStringEntryProto};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    ops::Range,
    path::Path,
};

/// Largest model file that is read or written.
pub const MAX_MODEL_BYTES: u64 = 256 << 20;

/// Field numbers of `ModelProto` and `StringStringEntryProto` in onnx.proto.
const MODEL_IR_VERSION: u32 = 1;
const MODEL_GRAPH: u32 = 7;
const MODEL_METADATA_PROPS: u32 = 14;
const ENTRY_VALUE: u32 = 2;
/// What stands for the digest while the digest is computed: ASCII zeros.
const BLANK_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A verified model file: digest checked, metadata parsed and valid, format version understood, graph input
/// and output as the metadata declare them.
///
/// Whether this build's frontend fits is a question of its own: [`Metadata::check_frontend`].
#[derive(Clone, Debug)]
pub struct ModelFile {
    /// What the model says about itself.
    pub metadata: Metadata,
    /// The value of `needledrop.sha256`, 64 hex.
    pub sha256: String,
    /// The file's bytes, for the runtime.
    pub onnx: Vec<u8>,
}

impl ModelFile {
    /// Reads and verifies a file.
    ///
    /// # Errors
    /// [`Error::MissingModel`], [`Error::Io`] when it cannot be read, [`Error::TooLarge`], and those of
    /// [`ModelFile::from_bytes`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |reason| Error::Io {
            path: path.to_owned(),
            reason,
        };
        let file = File::open(path).map_err(|reason| match reason.kind() {
            io::ErrorKind::NotFound => Error::MissingModel {
                path: path.to_owned(),
            },
            _ => failed(reason),
        })?;
        let mut onnx = Vec::new();
        file.take(MAX_MODEL_BYTES + 1)
            .read_to_end(&mut onnx)
            .map_err(failed)?;
        Self::from_bytes(&path.display().to_string(), onnx)
    }

    /// Verifies bytes; `name` names them in errors.
    ///
    /// # Errors
    /// [`Error::NotOnnx`], [`Error::NoMetadata`], [`Error::Format`], [`Error::Digest`], then whatever is wrong
    /// with the metadata or the graph.
    pub fn from_bytes(name: &str, onnx: Vec<u8>) -> Result<Self, Error> {
        let layout = Layout::scan(name, &onnx)?;
        let ours = layout.ours(name)?;
        if ours.is_empty() {
            return Err(Error::NoMetadata {
                name: name.to_owned(),
            });
        }
        let missing = |key: &str| Error::MissingKey {
            name: name.to_owned(),
            key: key.to_owned(),
        };
        let format = ours
            .get(keys::KEY_FORMAT)
            .ok_or_else(|| missing(keys::KEY_FORMAT))?;
        keys::check_format(name, &format.value)?;

        let stored = ours
            .get(keys::KEY_SHA256)
            .ok_or_else(|| missing(keys::KEY_SHA256))?;
        if !validate::is_sha256(&stored.value) {
            return Err(keys::value_error(
                name,
                keys::KEY_SHA256,
                &stored.value,
                validate::SHA256_EXPECTED,
            ));
        }
        let sha256 = digest(&onnx, &stored.value_at);
        if sha256 != stored.value {
            return Err(Error::Digest {
                name: name.to_owned(),
                expected: stored.value.clone(),
                actual: sha256,
            });
        }

        let props = ours
            .iter()
            .map(|(key, entry)| ((*key).to_owned(), entry.value.clone()))
            .collect();
        let metadata = keys::decode(name, props)?;
        metadata.check(name)?;
        graph::check(name, &onnx, layout.graph, &metadata)?;
        Ok(Self {
            metadata,
            sha256,
            onnx,
        })
    }
}

/// Puts metadata and digest into a plain ONNX file, replacing any `needledrop.*` of before; the graph's bytes and
/// foreign metadata stay as they are.
///
/// The result is read back before it is returned, so that what is sealed can be opened.
///
/// # Errors
/// As [`ModelFile::from_bytes`] for the result, [`Metadata::check_frontend`], and [`Error::Value`] for a value that
/// would not survive being written as text.
pub fn seal(onnx: &[u8], metadata: &Metadata) -> Result<Vec<u8>, Error> {
    let name = metadata.name.as_str();
    metadata.check(name)?;
    metadata.check_frontend(name)?;
    let layout = Layout::scan(name, onnx)?;

    let mut sealed = Vec::with_capacity(onnx.len() + 8192);
    let mut from = 0;
    for entry in layout
        .entries
        .iter()
        .filter(|entry| entry.key.starts_with(keys::PREFIX))
    {
        sealed.extend_from_slice(onnx.get(from..entry.whole.start).unwrap_or_default());
        from = entry.whole.end;
    }
    sealed.extend_from_slice(onnx.get(from..).unwrap_or_default());

    let unwritable = |reason: String| Error::NotOnnx {
        name: name.to_owned(),
        reason,
    };
    let props = keys::encode(metadata).map_err(|failed| unwritable(failed.to_string()))?;
    let blank = (keys::KEY_SHA256.to_owned(), BLANK_DIGEST.to_owned());
    for (key, value) in props.into_iter().chain([blank]) {
        append(&mut sealed, key, value).map_err(|failed| unwritable(failed.to_string()))?;
    }
    // The digest is the last value of the last entry, so it ends the file.
    let value_at = sealed.len() - BLANK_DIGEST.len()..sealed.len();
    let sha256 = digest(&sealed, &value_at);
    sealed.truncate(value_at.start);
    sealed.extend_from_slice(sha256.as_bytes());

    let mut read = ModelFile::from_bytes(name, sealed)?;
    // Metrics are for people: a float's last bit may change in JSON. All else must come back as it went in.
    read.metadata.metrics.clone_from(&metadata.metrics);
    if read.metadata != *metadata {
        let odd = "one that changes when it is written as text";
        return Err(keys::value_error(
            name,
            "metadata",
            odd,
            "values that survive being written, such as round frequencies",
        ));
    }
    Ok(read.onnx)
}

/// Appends one `metadata_props` field.
fn append(file: &mut Vec<u8>, key: String, value: String) -> Result<(), protobuf::Error> {
    let entry = StringStringEntryProto {
        key,
        value,
        ..Default::default()
    }
    .write_to_bytes()?;
    let mut output = protobuf::CodedOutputStream::vec(file);
    output.write_bytes(MODEL_METADATA_PROPS, &entry)?;
    output.flush()
}

/// SHA-256 of the file with the digits at `value_at` read as ASCII zeros, as lower-case hex.
fn digest(file: &[u8], value_at: &Range<usize>) -> String {
    let mut hash = Sha256::new();
    hash.update(file.get(..value_at.start).unwrap_or_default());
    hash.update(BLANK_DIGEST);
    hash.update(file.get(value_at.end..).unwrap_or_default());
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// One entry of `metadata_props`.
struct Entry {
    whole: Range<usize>,
    key: String,
    value: String,
    value_at: Range<usize>,
}

/// Where the parts of an ONNX file lie.
struct Layout {
    graph: Range<usize>,
    entries: Vec<Entry>,
}

impl Layout {
    fn scan(name: &str, file: &[u8]) -> Result<Self, Error> {
        if file.len() as u64 > MAX_MODEL_BYTES {
            return Err(Error::TooLarge {
                name: name.to_owned(),
                limit: MAX_MODEL_BYTES,
            });
        }
        let not_onnx = |reason: String| Error::NotOnnx {
            name: name.to_owned(),
            reason,
        };
        let (mut graphs, mut entries, mut ir_version) = (Vec::new(), Vec::new(), 0);
        wire::walk::<String>(file, 0..file.len(), |field| {
            match field.number {
                MODEL_IR_VERSION => ir_version = field.varint,
                MODEL_GRAPH => graphs.push(field.payload),
                MODEL_METADATA_PROPS => entries.push(Entry::parse(file, field)?),
                _ => {}
            }
            Ok(())
        })
        .map_err(not_onnx)?;
        match graphs.as_slice() {
            [graph] if ir_version > 0 => Ok(Self {
                graph: graph.clone(),
                entries,
            }),
            [_] => Err(not_onnx("it has no version".to_owned())),
            [] => Err(not_onnx("it has no graph".to_owned())),
            // Protobuf would merge them; nothing writes such a file in earnest.
            _ => Err(not_onnx("it has more than one graph".to_owned())),
        }
    }

    /// Our entries by key.
    fn ours(&self, name: &str) -> Result<BTreeMap<&str, &Entry>, Error> {
        let mut ours = BTreeMap::new();
        for entry in self
            .entries
            .iter()
            .filter(|entry| entry.key.starts_with(keys::PREFIX))
        {
            if ours.insert(entry.key.as_str(), entry).is_some() {
                return Err(Error::DuplicateKey {
                    name: name.to_owned(),
                    key: entry.key.clone(),
                });
            }
        }
        Ok(ours)
    }
}

impl Entry {
    fn parse(file: &[u8], field: wire::Field) -> Result<Self, String> {
        let bytes = file.get(field.payload.clone()).unwrap_or_default();
        let entry =
            StringStringEntryProto::parse_from_bytes(bytes).map_err(|failed| failed.to_string())?;
        // A repeated field overrides the one before it: the last is the one that was parsed.
        let mut value_at = field.payload.end..field.payload.end;
        wire::walk::<String>(file, field.payload, |inner| {
            if inner.number == ENTRY_VALUE {
                value_at = inner.payload;
            }
            Ok(())
        })?;
        Ok(Self {
            whole: field.whole,
            key: entry.key,
            value: entry.value,
            value_at,
        })
    }
}
