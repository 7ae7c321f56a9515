//! A model, read with what lies beside it, and checked for the board before it is packed or sent.
use crate::model_folder::{CARD, MODEL, MODEL_SIGNATURE, is_notice};
use anyhow::{Context as _, Result, bail};
use needledrop_bundle::ModelFile;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A model that the board's program of this version runs.
#[derive(Clone, Debug)]
pub struct BoardModel {
    /// Its `model.onnx`.
    pub path: PathBuf,
    /// Name given at export.
    pub name: String,
    /// `needledrop.sha256`, 64 hex: what `$NDSTA` shows and [`ModelFile`] verifies. Not the digest of the file's bytes.
    pub sha256: String,
    /// The file.
    pub onnx: Vec<u8>,
    /// `model.onnx.minisig` beside it, if there.
    pub signature: Option<Vec<u8>>,
    /// `card.md` beside it, if there.
    pub card: Option<Vec<u8>>,
    /// Licence notices beside it: name and content.
    pub notices: Vec<(String, Vec<u8>)>,
}

impl BoardModel {
    /// Reads `models/NAME`, or the `model.onnx` in it, with what lies beside.
    ///
    /// # Errors
    /// No model there, one that was changed after export, one of imported features, or one whose frontend this version
    /// does not have.
    pub fn read(path: &Path) -> Result<Self> {
        let path = if path.is_dir() {
            path.join(MODEL)
        } else {
            path.to_owned()
        };
        let file = ModelFile::read(&path)?;
        let name = path.display().to_string();
        if file.metadata.origin.frontend().is_none() {
            bail!(
                "{name} was trained on imported features ({}), which no board computes: train on audio prepared with \
                 needledrop prepare",
                file.metadata.origin
            );
        }
        file.metadata
            .check_frontend(&name)
            .context("a model whose frontend the program does not have")?;
        Ok(Self {
            name: file.metadata.name,
            sha256: file.sha256,
            onnx: file.onnx,
            signature: beside(&path, MODEL_SIGNATURE)?,
            card: beside(&path, CARD)?,
            notices: notices(&path)?,
            path,
        })
    }
}

/// Files in the model's folder that say under which licence it may be used, by name.
fn notices(model: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = match model.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failed = || format!("could not read the folder {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(failed)? {
        let name = entry.with_context(failed)?.file_name();
        let name = name.to_string_lossy().into_owned();
        if is_notice(&name)
            && let Some(bytes) = beside(model, &name)?
        {
            found.push((name, bytes));
        }
    }
    found.sort();
    Ok(found)
}

/// The file of that name in the model's folder; none is none.
fn beside(model: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let path = model.with_file_name(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(failed) if failed.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(failed) => Err(failed).with_context(|| format!("could not read {}", path.display())),
    }
}
