//! The board's program and a model, brought onto boards: as a Debian package, over the network, or on an SD card.
//!
//! [`options`] understands the command line; [`model`] and [`program`] check what goes to a board before anything is
//! done with it. [`package`] makes a Debian package of it, and [`host`] installs that over the network; [`image`] makes
//! the image of an SD card, and [`card`] writes it.

pub mod card;
mod digest;
pub mod host;
pub mod image;
pub mod model;
pub mod options;
pub mod package;
pub mod program;
pub mod talk;
mod whole_file;
