//! The board's program and a model, brought onto boards.
//!
//! [`model`] and [`program`] check what goes there before anything is done with it; [`package`] makes a Debian package
//! of it, [`host`] installs that over the network.

pub mod card;
pub mod host;
pub mod image;
pub mod model;
pub mod package;
pub mod program;
mod whole_file;
