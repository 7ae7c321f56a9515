//! Oracles: the frontend against an independent float64 reference, and that against librosa.
//!
//! `cargo test --release -p needledrop-frontend --test oracle -- --nocapture` prints the tables of docs/numerics.md.

mod accuracy;
mod librosa;
mod reference;
mod signals;
mod stages;
