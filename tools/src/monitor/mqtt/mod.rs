//! Records for home automation: published to an MQTT broker, announced to Home Assistant.
//!
//! ```text
//! watch -> publisher (a thread) -> service -> report (which messages?) -> outbox (bounded)
//!                                                                            -> delivery -> connection -> broker
//! ```
//!
//! Order of calls: [`Arguments::settings`], [`Publisher::start`] before the views, and the publisher as one of
//! their [`super::watch::Consumer`]s.
//!
//! Every message is sent with QoS 1 and awaited; one that the broker has not acknowledged when the connection breaks is
//! sent again on the next. What the broker keeps is told anew on every connection, as it may have forgotten.
//! Limits: [`KEPT_RECORDS`] records wait for a broker that is away; those given up are counted and said.

mod address;
mod arguments;
mod attempts;
mod connection;
mod delivery;
mod discovery;
mod entities;
mod message;
mod outbox;
mod password;
mod payload;
mod publisher;
mod refusal;
mod report;
mod service;
mod settings;
mod signals;
mod tls;
mod topics;

pub use arguments::Arguments;
pub use outbox::KEPT_RECORDS;
pub use publisher::Publisher;
pub use settings::Settings;
