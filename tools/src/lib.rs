//! What the programs in `src/bin` are made of; one module each.

pub mod monitor;
