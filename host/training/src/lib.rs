//! From a prepared data set to a run folder.
//!
//! ```text
//! data set -> corpus -> train (networks; classic models by classic) -> run, the folder's files
//!                                     finished run folders -> ensemble -> another run folder
//!                                       one of a network's -> pictures
//! ```
//!
//! [`Corpus`] holds the clips. [`train`] makes runs of networks and of [`classic`] models, [`ensemble`] of
//! finished runs; all of them write a folder by [`run`]. [`pictures`] shows what a trained network learned, and
//! [`models`] lists what can be trained.

pub mod classic;
mod corpus;
pub mod ensemble;
mod error;
pub mod models;
pub mod pictures;
pub(crate) mod places;
mod progress;
pub mod run;
pub mod train;

pub use corpus::{Corpus, JudgedBy};
pub use error::Error;
pub use progress::Progress;

#[cfg(test)]
#[path = "../../../tests/support/torchvision.rs"]
mod torchvision;
#[cfg(test)]
#[path = "../../../tests/support/weights_file.rs"]
mod weights_file;
