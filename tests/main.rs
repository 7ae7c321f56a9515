//! System tests across the crates: one file a promise, one binary for all, so that they share the built programs' chain
//! and wait side by side for what takes its time.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails by panicking"
)]

mod aarch64;
mod bad_input;
mod chain;
mod ensemble;
mod external;
mod live;
mod networks;
mod study;

mod support {
    pub(crate) mod answers;
    #[path = "../../bundle/tests/arrays/mod.rs"]
    pub(crate) mod arrays;
    pub(crate) mod model;
    pub(crate) mod musicnn;
    pub(crate) mod programs;
    pub(crate) mod pty;
    pub(crate) mod second;
    pub(crate) mod torchvision;
    mod weights_file;
}
