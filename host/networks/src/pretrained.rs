//! Weights that others trained: a safetensors file, to row-major f32 tensors by name.

mod error;

pub use error::Error;

use clap::ValueEnum;
use half::{bf16, f16};
use needledrop_data::digest::to_hex;
use safetensors::{Dtype, SafeTensors};
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

/// What a run starts from instead of random weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pretrained {
    /// SHA-256 of its bytes, 64 hex.
    pub sha256: String,
    /// The padding that its weights want.
    pub padding: Padding,
    /// Last stages that learn with the head; the others stay as they are.
    pub finetune: usize,
}

/// A weights file in memory.
#[derive(Clone, Debug)]
pub struct Weights {
    path: PathBuf,
    sha256: String,
    /// What the header says.
    padding: Option<String>,
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
        let parsed =
            SafeTensors::deserialize(&bytes).map_err(|error| refused(error.to_string()))?;
        let (_, header) =
            SafeTensors::read_metadata(&bytes).map_err(|error| refused(error.to_string()))?;
        let metadata = header.metadata().as_ref();
        let padding = metadata.and_then(|all| all.get(PADDING_KEY)).cloned();
        let tensors = parsed.tensors().into_iter().map(|(name, view)| {
            let stored = Stored {
                shape: view.shape().to_vec(),
                dtype: view.dtype(),
                values: floats(view.dtype(), view.data()),
            };
            (name, stored)
        });
        Ok(Self {
            path: path.to_owned(),
            sha256: to_hex(&Sha256::digest(&bytes)),
            padding,
            tensors: tensors.collect(),
        })
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
        let padding = match (padding, &self.padding) {
            (Some(padding), _) => padding,
            (None, None) => Padding::default(),
            (None, Some(text)) => {
                Padding::from_str(text, false).map_err(|_| Error::UnknownPadding {
                    path: self.path.clone(),
                    padding: text.clone(),
                })?
            }
        };
        Ok(Pretrained {
            sha256: self.sha256.clone(),
            padding,
            finetune,
        })
    }

    /// SHA-256 of the file, 64 hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The tensors, to be taken one by one.
    pub fn tensors(&self) -> Tensors<'_> {
        Tensors {
            path: &self.path,
            left: self
                .tensors
                .iter()
                .map(|(key, it)| (&key[..], it))
                .collect(),
        }
    }
}

/// A file's tensors that were not taken yet.
pub struct Tensors<'a> {
    path: &'a Path,
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
            });
        };
        if stored.shape != shape {
            return Err(Error::Shape {
                path: self.path.to_owned(),
                key: key.to_owned(),
                expected: shape.to_vec(),
                actual: stored.shape.clone(),
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
