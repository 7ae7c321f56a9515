//! What goes to the broker: bytes for a topic.

/// One message, sent with QoS 1: at least once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Where it goes.
    pub(super) topic: String,
    /// What it says.
    pub(super) payload: Vec<u8>,
    /// Whether the broker keeps it for those who come later. A newer one replaces it; a record is never replaced.
    pub(super) retain: bool,
}

impl Message {
    /// One of a sequence, each of which counts.
    pub(super) fn record(topic: &str, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            topic: topic.to_owned(),
            payload: payload.into(),
            retain: false,
        }
    }

    /// The newest value of its topic.
    pub(super) fn retained(topic: &str, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            topic: topic.to_owned(),
            payload: payload.into(),
            retain: true,
        }
    }
}
