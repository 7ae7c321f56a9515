//! Loads, verifies and runs needledrop models.
//!
//! The steps of a model on the board, in order: [`Model::open`] reads the file, checks digest, format, frontend and
//! graph, and loads it; [`Features`] makes rows of PCM, [`Windows`] overlapping windows of rows; [`Net::logits`] runs
//! one window; [`Calibration::probabilities`] turns logits into probabilities whose bits are the same on every target.
//! [`Parity`] is the rule by which a graph counts as the network that was trained.
//!
//! tract is named in `net.rs` and the folder `net` alone.

mod cost;
mod error;
mod features;
mod model;
mod net;
mod parity;
mod probability;
mod windows;

pub use error::Error;
pub use features::{Features, RowTimes};
pub use model::Model;
pub use net::Net;
pub use parity::Parity;
pub use probability::{Calibration, argmax};
pub use windows::{WindowView, Windows};
