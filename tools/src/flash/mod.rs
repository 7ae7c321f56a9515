//! The board's program and a model, brought onto boards.
//!
//! [`model`] and [`program`] check what goes there before anything is done with it; [`package`] makes a Debian package
//! of it.

pub mod card;
pub mod image;
pub mod model;
pub mod package;
pub mod program;
