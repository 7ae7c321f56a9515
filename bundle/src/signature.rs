//! Detached minisign signatures: a model file, the signature beside it and a public key in, yes or why not out.
use crate::{Error, ModelFile};
use minisign_verify::{PublicKey, Signature as Minisign};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Keys and signatures are a few hundred bytes.
const MAX_BYTES: u64 = 16 << 10;

/// What the check of a signature found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signature {
    /// No key is installed: nothing was asked for and nothing was checked.
    NotRequired,
    /// Signed by the installed key.
    Valid {
        /// The signer's comment, covered by the signature.
        trusted_comment: String,
    },
}

impl ModelFile {
    /// Where the signature of the model at `path` lies: `model.onnx.minisig` beside `model.onnx`.
    fn signature_path(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(".minisig");
        PathBuf::from(name)
    }

    /// Checks the signature beside `path`, the file these bytes were read from.
    ///
    /// The policy: with a public key installed (`key` is its file), a model must carry a valid signature by that key;
    /// without one, nothing is asked for. A key that is named but missing or unreadable is an error, so that deleting
    /// it by accident does not open the door. Signatures must be prehashed, minisign's default.
    ///
    /// # Errors
    /// [`Error::PublicKey`] for the key, [`Error::Signature`] for a missing or wrong signature.
    pub fn check_signature(&self, path: &Path, key: Option<&Path>) -> Result<Signature, Error> {
        let Some(key_path) = key else {
            return Ok(Signature::NotRequired);
        };
        let bad_key = |reason: String| Error::PublicKey {
            key: key_path.to_owned(),
            reason,
        };
        let key_text = read_text(key_path).map_err(|failed| bad_key(failed.to_string()))?;
        let key = PublicKey::decode(&key_text)
            .map_err(|failed| bad_key(failed.to_string().to_lowercase()))?;

        let refused = |reason: String| Error::Signature {
            name: path.display().to_string(),
            reason,
            key: key_path.to_owned(),
        };
        let signature_path = Self::signature_path(path);
        let text = read_text(&signature_path).map_err(|failed| match failed.kind() {
            io::ErrorKind::NotFound => refused("the model is not signed".to_owned()),
            _ => refused(format!("{}: {failed}", signature_path.display())),
        })?;
        let signature = Minisign::decode(&text).map_err(|failed| {
            refused(format!(
                "{}: {}",
                signature_path.display(),
                failed.to_string().to_lowercase()
            ))
        })?;
        key.verify(&self.onnx, &signature, false)
            .map_err(|failed| refused(failed.to_string().to_lowercase()))?;
        Ok(Signature::Valid {
            trusted_comment: signature.trusted_comment().to_owned(),
        })
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}
