//! From a prepared data set to a run folder: networks ([`train`]), classic models ([`classic`]), ensembles of finished
//! runs ([`ensemble`]); and pictures of what a trained network learned ([`pictures`]).

pub mod classic;
pub mod ensemble;
pub mod models;
pub mod pictures;
pub mod train;

#[cfg(test)]
#[path = "../../../tests/support/torchvision.rs"]
mod torchvision;
