//! What the programs in `src/bin` are made of; one module each.

pub mod demo;
pub mod monitor;
