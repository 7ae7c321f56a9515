//! The tools, run as a user runs them: one file a subject, one binary for all.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[cfg(feature = "export")]
#[path = "../../bundle/tests/arrays/mod.rs"]
mod arrays;
#[cfg(unix)]
mod demo;
#[cfg(feature = "export")]
mod export;
mod flash_card;
mod flash_image;
mod flash_package;
#[path = "../../bundle/tests/graphs/mod.rs"]
mod graphs;
#[cfg(target_os = "linux")]
mod line;
#[cfg(target_os = "linux")]
mod monitor;
mod monitor_picture;
#[cfg(target_os = "linux")]
mod monitor_ports;
#[cfg(feature = "mqtt")]
mod mqtt;
