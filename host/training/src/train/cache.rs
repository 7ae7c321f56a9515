//! What frozen layers gave for a clip, kept from one run to the next: a file a clip, named by everything that it depends
//! on, so that none is ever out of date.

use crate::error::Error;
use needledrop_data::Clip;
use needledrop_data::digest::to_hex;
use needledrop_networks::backend::BURN_VERSION;
use needledrop_networks::{Input, Settings};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Raised when layers give other values for the same window.
const FORMAT: u32 = 1;

/// Values of frozen layers by clip, in a folder.
pub(super) struct Cache {
    folder: PathBuf,
    /// Of weights, stages, device and window.
    layers: Sha256,
}

impl Cache {
    /// For the frozen layers of a run with such settings; none for layers that were not read from a file, nor where the
    /// last of them learn: what is before those is a hundred times larger.
    pub(super) fn new(folder: Option<&Path>, settings: &Settings, input: &Input) -> Option<Self> {
        let pretrained = settings.pretrained.as_ref().filter(|it| it.finetune == 0)?;
        let versions = (env!("CARGO_PKG_VERSION"), BURN_VERSION);
        let about = (
            versions,
            settings.device,
            pretrained,
            &settings.model,
            input,
        );
        let mut layers = Sha256::new();
        layers.update(FORMAT.to_le_bytes());
        layers.update(format!("{about:?}"));
        Some(Self {
            folder: folder?.to_owned(),
            layers,
        })
    }

    /// Where the values of a clip are, or would be.
    ///
    /// # Errors
    /// Those of reading the clip.
    pub(super) fn path(&self, clip: &Clip) -> Result<PathBuf, Error> {
        let mut key = self.layers.clone();
        key.update((clip.rows as u64).to_le_bytes());
        for value in clip.read()?.iter() {
            key.update(value.to_le_bytes());
        }
        let name = to_hex(&key.finalize()[..16]);
        Ok(self.folder.join(name).with_extension("f32"))
    }
}

/// Whether so many values are there.
pub(super) fn holds(path: &Path, values: usize) -> bool {
    let bytes = path.metadata().map(|it| it.len());
    bytes.is_ok_and(|bytes| bytes == (values * size_of::<f32>()) as u64)
}

/// The values.
pub(super) fn read(path: &Path) -> Result<Vec<f32>, Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let (numbers, _) = bytes.as_chunks::<4>();
    Ok(numbers.iter().map(|&it| f32::from_le_bytes(it)).collect())
}

/// Keeps the values, if that is possible: a run needs none of it.
pub(super) fn write(path: &Path, values: &[f32]) {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let _ = folder.and_then(|()| needledrop_bundle::write_atomic(path, &bytes));
}
