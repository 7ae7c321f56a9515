//! All models by name: networks, classic ones, and what is none of both.

use crate::classic;
use crate::ensemble;
use crate::train::Error;

mod cost;

pub use cost::{Cost, Listed, list};
pub use needledrop_networks::models::{Architecture, MODELS, Model, NetworkTask};

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
