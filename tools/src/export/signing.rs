//! Signs with a minisign secret key: the bytes of a model file in, the text of its `.minisig` out.
use anyhow::{Context, Result, anyhow};
use minisign::{PublicKey, SecretKey, SecretKeyBox};
use std::{env, fs, io::Cursor, path::Path};

/// Where the password of an encrypted key is looked for.
const PASSWORD: &str = "NEEDLEDROP_SIGN_PASSWORD";

/// A secret key, decrypted.
pub(crate) struct Key(SecretKey);

impl Key {
    /// Reads a key file as `minisign -G` writes it.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("secret key {}", path.display()))?;
        let refused = |failed: minisign::PError| anyhow!("secret key {}: {failed}", path.display());
        let parse = || SecretKeyBox::from_string(&text).map_err(refused);
        if let Ok(key) = parse()?.into_unencrypted_secret_key() {
            return Ok(Self(key));
        }
        let password = env::var(PASSWORD)
            .ok()
            .filter(|password| !password.is_empty());
        let password = password.with_context(|| {
            format!(
                "secret key {} has a password or is damaged; put its password into {PASSWORD}",
                path.display()
            )
        })?;
        parse()?
            .into_secret_key(Some(password))
            .map(Self)
            .map_err(refused)
    }

    /// Text of the detached signature.
    pub(crate) fn sign(&self, name: &str, file: &[u8]) -> Result<String> {
        let public =
            PublicKey::from_secret_key(&self.0).map_err(|failed| anyhow!("signing: {failed}"))?;
        let trusted = format!("needledrop model {name}");
        let untrusted = "signature of a needledrop model";
        let signed = minisign::sign(
            Some(&public),
            &self.0,
            Cursor::new(file),
            Some(&trusted),
            Some(untrusted),
        );
        Ok(signed
            .map_err(|failed| anyhow!("signing: {failed}"))?
            .into_string())
    }

    /// Identity of the key, as `minisign` prints it.
    pub(crate) fn id(&self) -> String {
        self.0
            .keynum()
            .iter()
            .rev()
            .map(|byte| format!("{byte:02X}"))
            .collect()
    }
}
