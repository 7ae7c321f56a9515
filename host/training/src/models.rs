//! All models by name: networks, classic ones, and what is none of both.

use crate::classic;
use crate::ensemble;
use crate::error::Error;
use needledrop_bundle::Origin;
use needledrop_networks::models::{MODELS, Model};

mod cost;

pub use cost::{Cost, Listed, list};

/// A network by name.
///
/// # Errors
/// [`Error::UnknownModel`], [`Error::NotTrained`].
pub fn find(name: &str) -> Result<&'static Model, Error> {
    if name == ensemble::NAME {
        return Err(Error::NotTrained);
    }
    needledrop_networks::models::find(name).ok_or_else(|| Error::UnknownModel {
        name: name.to_owned(),
        known: names(),
    })
}

/// Names of all models, networks and classic ones, separated by commas.
pub fn names() -> String {
    let networks = MODELS.iter().map(|model| model.name);
    let classic = classic::Kind::ALL.iter().map(|kind| kind.name());
    networks.chain(classic).collect::<Vec<_>>().join(", ")
}

/// Refuses features of another frontend than the one that published weights were trained on.
///
/// # Errors
/// [`Error::OtherFrontend`].
pub(crate) fn check_frontend(model: &Model, origin: &Origin) -> Result<(), Error> {
    let Some(preset) = model.published.and_then(|it| it.frontend) else {
        return Ok(());
    };
    match origin.frontend().and_then(|it| it.config.preset_name()) {
        Some(actual) if actual == preset => Ok(()),
        actual => Err(Error::OtherFrontend {
            model: model.name,
            preset,
            actual: actual.map_or_else(|| origin.to_string(), |name| format!("preset {name}")),
        }),
    }
}

/// Refuses windows of so few rows that nothing is left of them between the network's layers.
///
/// # Errors
/// [`Error::TooShort`].
pub(crate) fn check_rows(model: &Model, rows: usize) -> Result<(), Error> {
    match rows < model.least_rows {
        true => Err(Error::TooShort {
            model: model.name,
            least: model.least_rows,
            rows,
        }),
        false => Ok(()),
    }
}
