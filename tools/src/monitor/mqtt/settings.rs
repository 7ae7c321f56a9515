//! What the publisher is told once, at the start.

use std::path::PathBuf;

use rumqttc::Transport;

use super::address::Endpoint;
use super::discovery::Discovery;
use super::topics::Topics;

/// Longest time until the broker has answered to a connection.
pub(super) const CONNECT_TIMEOUT_S: u64 = 5;

/// Settings of the publisher.
pub struct Settings {
    /// The broker.
    pub(super) broker: Endpoint,
    /// TCP, or TLS with its roots.
    pub(super) transport: Transport,
    /// The file of certificate authorities that replaces the system's.
    pub(super) ca: Option<PathBuf>,
    /// User name at the broker.
    pub(super) user: Option<String>,
    /// Password at the broker.
    pub(super) password: Option<Vec<u8>>,
    /// Name of this client at the broker; a second client of that name takes the first one's place.
    pub(super) client_id: String,
    /// Topics.
    pub(super) topics: Topics,
    /// What Home Assistant is told, unless nothing.
    pub(super) discovery: Option<Discovery>,
}

impl Settings {
    /// Over plain TCP, nobody's user, with the default topics.
    #[cfg(test)]
    pub(super) fn plain(host: &str, port: u16) -> Self {
        Self {
            broker: Endpoint {
                host: host.to_owned(),
                port,
            },
            transport: Transport::tcp(),
            ca: None,
            user: None,
            password: None,
            client_id: "needledrop-board".to_owned(),
            topics: Topics::new("needledrop", "board"),
            discovery: None,
        }
    }

    /// Whose word is taken for the broker's certificate, in words.
    pub(super) fn authority(&self) -> String {
        self.ca.as_ref().map_or_else(
            || "this system's list".to_owned(),
            |path| path.display().to_string(),
        )
    }
}
