//! The program as a person runs it, and as systemd does: files, pipes, serial lines, sockets, signals, and what it says
//! when something is wrong.
mod bench;
mod checks;
mod files;
#[path = "../../../bundle/tests/graphs/mod.rs"]
mod graphs;
mod inputs;
mod ports;
mod recordings;
mod service;
mod sockets;
#[path = "../support/mod.rs"]
mod support;
