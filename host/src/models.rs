//! The models that `needledrop train` knows.

use crate::train::{Error, Preset, Settings};

/// Names, separated by commas.
pub fn names() -> String {
    "compact".to_owned()
}

/// Default settings of a model.
///
/// # Errors
/// [`Error::UnknownModel`].
pub fn settings(model: &str, preset: Preset) -> Result<Settings, Error> {
    match model {
        "compact" => Ok(Settings::compact(preset)),
        _ => Err(Error::UnknownModel {
            name: model.to_owned(),
            known: names(),
        }),
    }
}
