//! What the program's build wrote about itself: manual page and completions.
use anyhow::{Context as _, Result};
use std::{fs, path::Path};

/// Manual page and completions of the board's program.
#[derive(Clone, Debug)]
pub struct Manual {
    /// `needledrop-device.1`
    pub page: Vec<u8>,
    /// For bash.
    pub bash: Vec<u8>,
    /// For zsh.
    pub zsh: Vec<u8>,
    /// For fish.
    pub fish: Vec<u8>,
}

impl Manual {
    /// Reads the folder that `tools/flash --build-only` leaves beside the program.
    ///
    /// # Errors
    /// One of the files cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).with_context(|| {
                format!(
                    "could not read {}: tools/flash --build-only writes it",
                    path.display()
                )
            })
        };
        Ok(Self {
            page: read("needledrop-device.1")?,
            bash: read("needledrop-device.bash")?,
            zsh: read("_needledrop-device")?,
            fish: read("needledrop-device.fish")?,
        })
    }
}
