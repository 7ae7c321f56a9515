//! The board's program: its pipeline without a device, and the program as it is run.

#[path = "../../bundle/tests/graphs/mod.rs"]
mod graphs;
mod pipeline;
mod program;
mod support;
