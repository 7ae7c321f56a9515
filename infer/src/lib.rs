//! Loads and runs models in tract (skeleton).
mod model;
mod net;
mod probability;
mod windows;

pub use model::Model;
pub use net::{Error, Net};
pub use probability::Calibration;
pub use windows::{Windows, WindowView};
