//! Models from file to logits: what is loaded, what is refused, what comes out.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../../bundle/tests/graphs/mod.rs"]
mod graphs;
mod model;
mod net;
