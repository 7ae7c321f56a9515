//! Why there is no connection, in one sentence each, and whether waiting can help.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use rumqttc::tokio_rustls::rustls::{CertificateError, Error as RustlsError};
use rumqttc::{ConnectReturnCode, ConnectionError, StateError, TlsError, Transport};

use super::settings::{CONNECT_TIMEOUT_S, Settings};

/// The host has no address.
#[derive(Debug)]
pub(super) struct NameUnknown;

impl fmt::Display for NameUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("name unknown")
    }
}

impl StdError for NameUnknown {}

/// Why the broker can't be spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The sentence, with the next step where one is known.
    pub(super) text: String,
    /// Only the user can change it: at the start of the program it is an error.
    pub(super) lasting: bool,
}

impl Refusal {
    fn lasting(text: String) -> Self {
        Self {
            text,
            lasting: true,
        }
    }

    fn passing(text: String) -> Self {
        Self {
            text,
            lasting: false,
        }
    }

    /// The broker stopped answering.
    pub(super) fn silent(settings: &Settings) -> Self {
        Self::passing(format!("broker {} no longer answers", settings.broker))
    }

    /// What the error means to the user of these settings.
    pub(super) fn of(error: &ConnectionError, settings: &Settings) -> Self {
        let broker = &settings.broker;
        match error {
            ConnectionError::ConnectionRefused(code) => refused(*code, settings),
            ConnectionError::Tls(error) => tls(error, settings),
            ConnectionError::Io(error) => io_error(error, settings),
            ConnectionError::NetworkTimeout => Self::passing(format!(
                "broker {broker} did not answer within {CONNECT_TIMEOUT_S} s"
            )),
            ConnectionError::FlushTimeout => {
                Self::passing(format!("broker {broker} takes nothing any more"))
            }
            ConnectionError::MqttState(StateError::Io(error)) => io_error(error, settings),
            ConnectionError::MqttState(StateError::AwaitPingResp) => Self::silent(settings),
            ConnectionError::MqttState(StateError::ConnectionAborted) => closed(settings),
            ConnectionError::MqttState(StateError::Deserialization(_))
            | ConnectionError::NotConnAck(_) => Self::passing(match settings.transport {
                Transport::Tcp => format!(
                    "what answers at {broker} does not speak MQTT in the clear; it may be its TLS port, which \
                     --mqtt-tls is for"
                ),
                _ => format!("what answers at {broker} does not speak MQTT; check host and port"),
            }),
            other => Self::passing(format!("broker {broker}: {}", chain(other))),
        }
    }
}

fn refused(code: ConnectReturnCode, settings: &Settings) -> Refusal {
    let broker = &settings.broker;
    match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
            Refusal::lasting(match &settings.user {
                None => format!(
                    "broker {broker} takes nobody without a user name; give --mqtt-user and --mqtt-password-file"
                ),
                Some(user) => format!(
                    "broker {broker} refuses user {user}; check --mqtt-user and the password in --mqtt-password-file"
                ),
            })
        }
        ConnectReturnCode::BadClientId => Refusal::lasting(format!(
            "broker {broker} refuses the client name {}; give another --mqtt-name",
            settings.client_id
        )),
        ConnectReturnCode::RefusedProtocolVersion => {
            Refusal::lasting(format!("broker {broker} does not speak MQTT 3.1.1"))
        }
        ConnectReturnCode::ServiceUnavailable | ConnectReturnCode::Success => {
            Refusal::passing(format!("broker {broker} is not available now"))
        }
    }
}

fn tls(error: &TlsError, settings: &Settings) -> Refusal {
    let broker = &settings.broker;
    match error {
        TlsError::TLS(error) => rustls(error, settings),
        TlsError::Io(error) => match error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<RustlsError>())
        {
            Some(error) => rustls(error, settings),
            None if is_closed(error) => Refusal::passing(format!(
                "broker {broker} ended the TLS handshake; check that this is its TLS port, usually 8883"
            )),
            None => io_error(error, settings),
        },
        other => Refusal::lasting(format!("TLS with broker {broker}: {}", chain(other))),
    }
}

fn rustls(error: &RustlsError, settings: &Settings) -> Refusal {
    let broker = &settings.broker;
    let authority = settings.authority();
    match error {
        RustlsError::InvalidCertificate(error) => match error {
            // A board without a clock of its own starts in the past.
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Refusal::passing(format!(
                    "the certificate of broker {broker} is not valid yet; check this machine's clock"
                ))
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Refusal::lasting(format!(
                    "the certificate of broker {broker} has expired; renew it, or check this machine's clock"
                ))
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Refusal::lasting(format!(
                    "the certificate of broker {broker} is for another name; connect by a name that it lists"
                ))
            }
            CertificateError::UnknownIssuer => Refusal::lasting(format!(
                "the certificate of broker {broker} is vouched for by nobody in {authority}; give its authority by \
                 --mqtt-ca"
            )),
            other => Refusal::lasting(format!(
                "the certificate of broker {broker} can't be trusted ({other}); check it against {authority}"
            )),
        },
        RustlsError::InvalidMessage(_) => Refusal::lasting(format!(
            "what answers at {broker} does not speak TLS; give its TLS port, usually 8883"
        )),
        RustlsError::AlertReceived(alert) => Refusal::lasting(format!(
            "broker {broker} ended the TLS handshake ({alert:?}); it may ask for a client certificate, which is not \
             supported"
        )),
        other => Refusal::lasting(format!("TLS with broker {broker}: {other}")),
    }
}

fn io_error(error: &io::Error, settings: &Settings) -> Refusal {
    let broker = &settings.broker;
    if error
        .get_ref()
        .is_some_and(|inner| inner.is::<NameUnknown>())
    {
        return Refusal::passing(format!(
            "the name {} is not known to this network; check it, or give the broker's address",
            broker.host
        ));
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            Refusal::passing(format!("no broker listens at {broker}"))
        }
        _ if is_closed(error) => closed(settings),
        _ => Refusal::passing(format!("broker {broker} can't be reached: {error}")),
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

fn closed(settings: &Settings) -> Refusal {
    Refusal::passing(format!("broker {} closed the connection", settings.broker))
}

/// An error and its causes in one line.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Refusal;
    use crate::monitor::mqtt::settings::Settings;
    use rumqttc::tokio_rustls::rustls::{CertificateError, Error as RustlsError};
    use rumqttc::{ConnectReturnCode, ConnectionError, TlsError};
    use std::io;

    fn said(error: ConnectionError, user: Option<&str>) -> (String, bool) {
        let mut settings = Settings::plain("broker", 1883);
        settings.user = user.map(str::to_owned);
        let refusal = Refusal::of(&error, &settings);
        (refusal.text, refusal.lasting)
    }

    fn certificate(error: CertificateError) -> ConnectionError {
        let inner = RustlsError::InvalidCertificate(error);
        ConnectionError::Tls(TlsError::Io(io::Error::new(
            io::ErrorKind::InvalidData,
            inner,
        )))
    }

    #[test]
    fn a_refused_user_is_told_which_flag_to_check() {
        let refused = || ConnectionError::ConnectionRefused(ConnectReturnCode::NotAuthorized);
        let (text, lasting) = said(refused(), None);
        assert!(lasting && text.contains("give --mqtt-user"), "{text}");
        let (text, lasting) = said(refused(), Some("anna"));
        assert!(lasting && text.contains("refuses user anna"), "{text}");
    }

    #[test]
    fn only_a_clock_can_heal_a_certificate() {
        let (text, lasting) = said(certificate(CertificateError::UnknownIssuer), None);
        assert!(lasting && text.contains("--mqtt-ca"), "{text}");
        let (text, lasting) = said(certificate(CertificateError::NotValidYet), None);
        assert!(!lasting && text.contains("clock"), "{text}");
    }

    #[test]
    fn an_absent_broker_may_come() {
        let absent = io::Error::from(io::ErrorKind::ConnectionRefused);
        let (text, lasting) = said(ConnectionError::Io(absent), None);
        assert_eq!(
            (text.as_str(), lasting),
            ("no broker listens at broker:1883", false)
        );
    }
}
