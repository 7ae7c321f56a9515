//! `monitor --mqtt` at a real broker: mosquitto, started by each test on a port of its own, heard by mosquitto_sub.
//!
//! Where mosquitto is not installed, each test says so and does nothing.

mod away;
mod broker;
mod ear;
mod presence;
mod program;
mod refusals;
mod transport;
