//! The connection: opened again for ever, ever more slowly.
//!
//! Runs beside [`super::service`] on one thread. [`drive`] alone touches the event loop; what happens goes to the
//! service as [`Change`]s, and `up` tells it at once whether anything may be sent.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use rumqttc::{
    AsyncClient, Event, EventLoop, LastWill, MqttOptions, NetworkOptions, Outgoing, Packet, QoS,
    default_socket_connect,
};
use tokio::net::lookup_host;
use tokio::sync::{Notify, mpsc::UnboundedSender};
use tokio::time::sleep;

use super::attempts::Attempts;
use super::outbox::WINDOW;
use super::refusal::{NameUnknown, Refusal};
use super::settings::{CONNECT_TIMEOUT_S, Settings};

/// A broker that hears nothing for 1.5 times as long publishes the last will.
const KEEP_ALIVE_S: u16 = 20;

/// What became of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It stands.
    Up,
    /// It does not; it is tried again.
    Down(Refusal),
    /// Home Assistant has started.
    Born,
}

/// A client and its event loop, not yet connected.
pub(super) fn open(settings: &Settings) -> (AsyncClient, EventLoop) {
    let broker = &settings.broker;
    let mut options = MqttOptions::new(&settings.client_id, (broker.host.clone(), broker.port));
    options
        .set_transport(settings.transport.clone())
        .set_keep_alive(KEEP_ALIVE_S)
        .set_last_will(LastWill::new(
            &settings.topics.availability,
            "offline",
            QoS::AtLeastOnce,
            true,
        ));
    if let Some(user) = &settings.user {
        match &settings.password {
            Some(password) => options.set_credentials(user, password.clone()),
            None => options.set_username(user),
        };
    }
    // rumqttc would join host and port without the brackets of IPv6, and says nothing of names that are not known.
    let target = broker.to_string();
    options.set_socket_connector(move |_, network| connect(target.clone(), network));
    let (client, mut event_loop) = AsyncClient::builder(options).capacity(2 * WINDOW).build();
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(CONNECT_TIMEOUT_S);
    event_loop.set_network_options(network);
    (client, event_loop)
}

async fn connect(target: String, network: NetworkOptions) -> io::Result<tokio::net::TcpStream> {
    let known = lookup_host(&target)
        .await
        .is_ok_and(|mut found| found.next().is_some());
    if !known {
        return Err(io::Error::new(io::ErrorKind::NotFound, NameUnknown));
    }
    default_socket_connect(target, network).await
}

/// Keeps the connection until the client says goodbye. `drop_it` breaks a connection whose broker has stopped
/// answering.
pub(super) async fn drive(
    mut event_loop: EventLoop,
    settings: &Settings,
    up: &Cell<bool>,
    drop_it: &Notify,
    changes: UnboundedSender<Change>,
) {
    let mut attempts = Attempts::new();
    loop {
        let change = tokio::select! {
            event = event_loop.poll() => match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => Change::Up,
                // A kept one says that Home Assistant was there before us: it has just been told everything.
                Ok(Event::Incoming(Packet::Publish(message)))
                    if message.payload.as_ref() == b"online" && !message.retain =>
                {
                    Change::Born
                }
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                Ok(_) => continue,
                Err(error) => Change::Down(Refusal::of(&error, settings)),
            },
            () = drop_it.notified() => {
                event_loop.clean();
                Change::Down(Refusal::silent(settings))
            }
        };
        let mut pause = Duration::ZERO;
        let change = match change {
            Change::Up => {
                attempts.up(Instant::now());
                up.set(true);
                change
            }
            Change::Down(mut refusal) => {
                up.set(false);
                pause = attempts.down(Instant::now());
                if attempts.are_suspicious() {
                    refusal.text.push_str(&format!(
                        ", perhaps because another program calls itself {} there, too",
                        settings.client_id
                    ));
                }
                Change::Down(refusal)
            }
            Change::Born => change,
        };
        // The service has ended: nobody is left to tell.
        if changes.send(change).is_err() {
            return;
        }
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }
}
