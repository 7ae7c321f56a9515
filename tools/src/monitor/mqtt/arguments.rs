//! The flags of `--mqtt`: the command line in, [`Settings`] out.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::address::{Address, Endpoint};
use super::discovery::Discovery;
use super::settings::Settings;
use super::topics::{self, Topics};
use super::{password, tls};
use rumqttc::Transport;

/// Port of a broker without TLS.
const PLAIN_PORT: u16 = 1883;

/// Port of a broker with TLS.
const TLS_PORT: u16 = 8883;

/// Most bytes of the device's name.
const MOST_NAME_BYTES: usize = 100;

/// Publish to an MQTT broker, for home automation.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "MQTT")]
pub struct Arguments {
    /// Also publish everything to this MQTT broker (port 1883, with TLS 8883), announced to Home Assistant;
    /// together with --quiet, only publish
    #[arg(long, value_name = "HOST[:PORT]")]
    mqtt: Option<Address>,
    /// Encrypt, and believe the certificate authorities of this system
    #[arg(long, requires = "mqtt")]
    mqtt_tls: bool,
    /// Encrypt, and believe only the certificate authorities of this PEM file
    #[arg(long, value_name = "FILE", requires = "mqtt")]
    mqtt_ca: Option<PathBuf>,
    /// User name at the broker
    #[arg(long, value_name = "NAME", requires = "mqtt")]
    mqtt_user: Option<String>,
    /// File with the password at the broker
    #[arg(long, value_name = "FILE", requires = "mqtt_user")]
    mqtt_password_file: Option<PathBuf>,
    /// First part of the topics
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "needledrop",
        requires = "mqtt"
    )]
    mqtt_topic: String,
    /// Name of the device, second part of the topics; by default this machine's name
    #[arg(long, value_name = "NAME", requires = "mqtt")]
    mqtt_name: Option<String>,
    /// Home Assistant's discovery prefix; empty: announce nothing
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "homeassistant",
        requires = "mqtt"
    )]
    mqtt_discovery: String,
}

impl Arguments {
    /// What is to be done, if anything; a warning about the password file goes to stderr.
    ///
    /// # Errors
    /// A file can't be used, or a name can be no topic.
    pub fn settings(&self) -> Result<Option<Settings>> {
        let Some(address) = &self.mqtt else {
            return Ok(None);
        };
        check_prefix("--mqtt-topic", &self.mqtt_topic)?;
        if !self.mqtt_discovery.is_empty() {
            check_prefix("--mqtt-discovery", &self.mqtt_discovery)?;
        }
        let name = self.mqtt_name.clone().unwrap_or_else(machine_name);
        if name.is_empty() || name.len() > MOST_NAME_BYTES || name.chars().any(char::is_control) {
            bail!(
                "--mqtt-name {name:?} names nothing; give 1 to {MOST_NAME_BYTES} bytes such as \"Living room\""
            );
        }
        let encrypted = self.mqtt_tls || self.mqtt_ca.is_some();
        let id = topics::id(&name);
        let device_id = format!("{}_{id}", topics::id(&self.mqtt_topic));
        Ok(Some(Settings {
            broker: Endpoint {
                host: address.host.clone(),
                port: address
                    .port
                    .unwrap_or(if encrypted { TLS_PORT } else { PLAIN_PORT }),
            },
            transport: if encrypted {
                tls::transport(self.mqtt_ca.as_deref())?
            } else {
                Transport::tcp()
            },
            ca: self.mqtt_ca.clone(),
            user: self.mqtt_user.clone(),
            password: self.password()?,
            client_id: device_id.clone(),
            topics: Topics::new(&self.mqtt_topic, &id),
            discovery: (!self.mqtt_discovery.is_empty()).then(|| Discovery {
                prefix: self.mqtt_discovery.clone(),
                name,
                device_id,
            }),
        }))
    }

    fn password(&self) -> Result<Option<Vec<u8>>> {
        let Some(path) = &self.mqtt_password_file else {
            return Ok(None);
        };
        let password = password::read(path)?;
        if let Some(warning) = password.warning {
            eprintln!("monitor: mqtt: {warning}");
        }
        Ok(Some(password.bytes))
    }
}

fn check_prefix(flag: &str, prefix: &str) -> Result<()> {
    match topics::refuse_prefix(prefix) {
        Some(why) => bail!("{flag} {prefix:?} {why}"),
        None => Ok(()),
    }
}

/// The machine's name without its domain.
fn machine_name() -> String {
    let name = gethostname::gethostname().to_string_lossy().into_owned();
    match name.split('.').next() {
        Some(first) if !first.is_empty() => first.to_owned(),
        _ => "board".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use crate::monitor::mqtt::settings::Settings;
    use clap::{Args as _, Command, FromArgMatches as _};

    fn settings(arguments: &str) -> Result<Option<Settings>, String> {
        let command = Arguments::augment_args(Command::new("monitor"));
        let words = arguments.split_whitespace();
        let matches = command
            .try_get_matches_from(std::iter::once("monitor").chain(words))
            .map_err(|error| error.to_string())?;
        Arguments::from_arg_matches(&matches)
            .map_err(|error| error.to_string())?
            .settings()
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn nothing_is_published_unasked() {
        assert!(settings("").unwrap().is_none());
        assert!(settings("--mqtt-tls").is_err());
        assert!(settings("--mqtt b --mqtt-password-file x").is_err());
    }

    #[test]
    fn the_name_is_part_of_topics_and_identity() {
        let settings = settings("--mqtt broker --mqtt-name Küche --mqtt-topic home/nd")
            .unwrap()
            .unwrap();
        assert_eq!(settings.broker.to_string(), "broker:1883");
        assert_eq!(settings.topics.state, "home/nd/K_che/state");
        assert_eq!(settings.client_id, "home_nd_K_che");
        let discovery = settings.discovery.unwrap();
        assert_eq!(
            (discovery.name.as_str(), discovery.prefix.as_str()),
            ("Küche", "homeassistant")
        );
    }

    #[test]
    fn discovery_can_be_left_out() {
        assert!(
            settings("--mqtt broker --mqtt-discovery=")
                .unwrap()
                .unwrap()
                .discovery
                .is_none()
        );
    }

    #[test]
    fn what_can_be_no_topic_is_refused_by_its_flag() {
        for (arguments, said) in [
            ("--mqtt b --mqtt-topic a/#", "--mqtt-topic \"a/#\""),
            ("--mqtt b --mqtt-discovery a//b", "--mqtt-discovery"),
            ("--mqtt b --mqtt-name=", "--mqtt-name"),
        ] {
            let error = settings(arguments).err().unwrap();
            assert!(error.contains(said), "{arguments}: {error}");
        }
    }
}
