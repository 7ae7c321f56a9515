//! The program as a person runs it, and as systemd does: files, pipes, serial lines, sockets, signals, and what it says
//! when something is wrong.
mod bench;
mod checks;
mod files;
mod inputs;
mod ports;
mod recordings;
mod service;
mod sockets;
