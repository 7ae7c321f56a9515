//! Weights that others trained: a safetensors file or an exported model, to row-major f32 tensors by name.

mod error;
pub(crate) mod layers;

pub use error::Error;

use crate::settings::Head;
use clap::ValueEnum;
use half::{bf16, f16};
use needledrop_data::digest::to_hex;
use onnx_protobuf::tensor_proto::DataType;
use onnx_protobuf::{Message, ModelProto};
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest file that is read: twenty times MobileNetV2 in f32.
const MAX_BYTES: u64 = 1 << 28;
/// Key of the header's metadata that says which padding the weights want.
const PADDING_KEY: &str = "padding";
/// What an exported model says of itself.
const EXPORTED_NAME: &str = "needledrop.name";
const EXPORTED_SHA256: &str = "needledrop.sha256";
const EXPORTED_NOTES: &str = "needledrop.notes";

/// Which zeros the weights were trained with, where a 3 x 3 convolution has stride 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Padding {
    /// TensorFlow's SAME: right and bottom alone.
    Same,
    /// On every side, as torchvision's own weights want it.
    #[default]
    Symmetric,
}

/// Weights that others published for a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// What file that is, as a request.
    pub wanted: &'static str,
    /// Preset of the frontend that they were trained on, if they know one alone.
    pub frontend: Option<&'static str>,
    /// Stages of the network that may learn on, or stay.
    pub stages: usize,
    /// What they were trained on, and for whom they are not; for the model card.
    pub about: Option<&'static str>,
    /// How the best preset has the last layer learn while all others stay.
    pub head: Head,
}

/// What a run starts from instead of random weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pretrained {
    /// SHA-256 of its bytes, 64 hex.
    pub sha256: String,
    /// The padding that its weights want.
    pub padding: Padding,
    /// Last stages that learn with the head; the others stay as they are.
    pub finetune: usize,
    /// Where they come from and under which licence, as the file says, and what is known of them.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A weights file in memory.
#[derive(Clone, Debug)]
pub struct Weights {
    path: PathBuf,
    sha256: String,
    /// What the header says, by key.
    metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, Stored>,
}

#[derive(Clone, Debug)]
struct Stored {
    shape: Vec<usize>,
    dtype: Dtype,
    /// None for a type that no weight has.
    values: Option<Vec<f32>>,
}

impl Weights {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::NotSafetensors`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |reason| Error::Io {
            path: path.to_owned(),
            reason,
        };
        let refused = |reason: String| Error::NotSafetensors {
            path: path.to_owned(),
            reason,
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(refused(format!("larger than {MAX_BYTES} bytes")));
        }
        let is_onnx = path.extension().is_some_and(|it| it == "onnx");
        let (metadata, tensors) = match is_onnx {
            true => of_onnx(&bytes).map_err(|reason| Error::NotOnnx {
                path: path.to_owned(),
                reason,
            })?,
            false => of_safetensors(&bytes).map_err(|error| refused(error.to_string()))?,
        };
        Ok(Self {
            path: path.to_owned(),
            sha256: to_hex(&Sha256::digest(&bytes)),
            metadata,
            tensors,
        })
    }

    /// A tensor of a type that weights have.
    pub(crate) fn floats(&self, key: &str) -> Option<Floats> {
        let stored = self.tensors.get(key)?;
        Some(Floats {
            shape: stored.shape.clone(),
            values: stored.values.clone()?,
        })
    }

    /// The same file with other tensors.
    pub(crate) fn with_floats(&self, tensors: BTreeMap<String, Floats>) -> Self {
        let stored = tensors.into_iter().map(|(key, Floats { shape, values })| {
            let stored = Stored {
                shape,
                dtype: Dtype::F32,
                values: Some(values),
            };
            (key, stored)
        });
        Self {
            tensors: stored.collect(),
            ..self.clone()
        }
    }

    /// What a run that starts from it records; `padding` overrules what the file says.
    ///
    /// # Errors
    /// [`Error::UnknownPadding`].
    pub fn pretrained(
        &self,
        padding: Option<Padding>,
        finetune: usize,
    ) -> Result<Pretrained, Error> {
        let padding = match (padding, self.metadata(PADDING_KEY)) {
            (Some(padding), _) => padding,
            (None, None) => Padding::default(),
            (None, Some(text)) => {
                Padding::from_str(text, false).map_err(|_| Error::UnknownPadding {
                    path: self.path.clone(),
                    padding: text.to_owned(),
                })?
            }
        };
        Ok(Pretrained {
            sha256: self.sha256.clone(),
            padding,
            finetune,
            notes: self.notes(),
        })
    }

    /// What the file says of where its weights come from: its header, or an exported model's notes.
    fn notes(&self) -> Vec<String> {
        let named = [
            "source",
            "licence",
            "license",
            EXPORTED_NAME,
            EXPORTED_SHA256,
        ];
        let named = named
            .into_iter()
            .filter_map(|key| Some(format!("Weights, {key}: {}", self.metadata(key)?)));
        let notes = self.metadata(EXPORTED_NOTES);
        let notes = notes.and_then(|notes| serde_json::from_str::<Vec<String>>(notes).ok());
        named.chain(notes.into_iter().flatten()).collect()
    }

    /// What the header says under a key.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// For a tag that the header should name.
    pub(crate) fn no_tag(&self, tag: &str) -> Error {
        Error::NoTag {
            path: self.path.clone(),
            tag: tag.to_owned(),
        }
    }

    /// SHA-256 of the file, 64 hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The tensors, to be taken one by one; `wanted` says of which file they should be.
    pub fn tensors(&self, wanted: &'static str) -> Tensors<'_> {
        Tensors {
            path: &self.path,
            wanted,
            left: self
                .tensors
                .iter()
                .map(|(key, it)| (&key[..], it))
                .collect(),
        }
    }
}

/// Values with their shape, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Floats {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Floats {
    pub(crate) const fn new(shape: Vec<usize>, values: Vec<f32>) -> Self {
        Self { shape, values }
    }
}

/// What a file holds: its header's words, its tensors.
type Contents = (BTreeMap<String, String>, BTreeMap<String, Stored>);

fn of_safetensors(bytes: &[u8]) -> Result<Contents, SafeTensorError> {
    let parsed = SafeTensors::deserialize(bytes)?;
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let metadata = header.metadata().iter().flatten();
    let metadata = metadata.map(|(key, value)| (key.clone(), value.clone()));
    let tensors = parsed.tensors().into_iter().map(|(name, view)| {
        let stored = Stored {
            shape: view.shape().to_vec(),
            dtype: view.dtype(),
            values: floats(view.dtype(), view.data()),
        };
        (name, stored)
    });
    Ok((metadata.collect(), tensors.collect()))
}

/// The weights of an exported model, by their names in the graph; its counts and axes are none.
fn of_onnx(bytes: &[u8]) -> Result<Contents, String> {
    let model = ModelProto::parse_from_bytes(bytes).map_err(|error| error.to_string())?;
    let metadata = model.metadata_props.into_iter();
    let metadata: BTreeMap<String, String> = metadata.map(|it| (it.key, it.value)).collect();
    let weights = model.graph.unwrap_or_default().initializer.into_iter();
    let weights = weights.filter(|it| it.data_type == DataType::FLOAT as i32);
    let tensors = weights.map(|weight| {
        let shape: Option<Vec<usize>> = weight.dims.iter().map(|&it| it.try_into().ok()).collect();
        let values = floats(Dtype::F32, &weight.raw_data).unwrap_or_default();
        match shape {
            Some(shape) if shape.iter().product::<usize>() == values.len() => {
                let stored = Stored {
                    shape,
                    dtype: Dtype::F32,
                    values: Some(values),
                };
                Ok((weight.name, stored))
            }
            _ => Err(format!(
                "the weight {} is not as large as its shape",
                weight.name
            )),
        }
    });
    Ok((metadata, tensors.collect::<Result<_, String>>()?))
}

/// A file's tensors that were not taken yet.
pub struct Tensors<'a> {
    path: &'a Path,
    wanted: &'static str,
    left: BTreeMap<&'a str, &'a Stored>,
}

impl Tensors<'_> {
    /// A tensor's values, row-major.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Shape`], [`Error::Type`], [`Error::Value`].
    pub fn take(&mut self, key: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let Some(stored) = self.left.remove(key) else {
            return Err(Error::Missing {
                path: self.path.to_owned(),
                key: key.to_owned(),
                expected: shape.to_vec(),
                wanted: self.wanted,
            });
        };
        if stored.shape != shape {
            return Err(Error::Shape {
                path: self.path.to_owned(),
                key: key.to_owned(),
                expected: shape.to_vec(),
                actual: stored.shape.clone(),
                wanted: self.wanted,
            });
        }
        let Some(values) = &stored.values else {
            return Err(Error::Type {
                path: self.path.to_owned(),
                key: key.to_owned(),
                expected: shape.to_vec(),
                actual: format!("{:?}", stored.dtype),
            });
        };
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(self.bad_value(key, *value)),
            None => Ok(values.clone()),
        }
    }

    /// A value that no such tensor has.
    pub fn bad_value(&self, key: &str, value: f32) -> Error {
        Error::Value {
            path: self.path.to_owned(),
            key: key.to_owned(),
            value,
        }
    }

    /// Holds what is left against what may be there besides: parts of names.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn finish(&self, besides: &[&str]) -> Result<(), Error> {
        let known = |key: &str| besides.iter().any(|part| key.contains(part));
        match self.left.iter().find(|(key, _)| !known(key)) {
            Some((key, stored)) => Err(Error::Unknown {
                path: self.path.to_owned(),
                key: (*key).to_owned(),
                actual: stored.shape.clone(),
                wanted: self.wanted,
            }),
            None => Ok(()),
        }
    }
}

/// Little-endian values of a type that weights have.
fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    match dtype {
        Dtype::F32 => {
            let (values, _) = bytes.as_chunks();
            Some(values.iter().map(|&v| f32::from_le_bytes(v)).collect())
        }
        Dtype::F16 => {
            let (values, _) = bytes.as_chunks();
            let value = |&v: &[u8; 2]| f16::from_le_bytes(v).to_f32();
            Some(values.iter().map(value).collect())
        }
        Dtype::BF16 => {
            let (values, _) = bytes.as_chunks();
            let value = |&v: &[u8; 2]| bf16::from_le_bytes(v).to_f32();
            Some(values.iter().map(value).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
