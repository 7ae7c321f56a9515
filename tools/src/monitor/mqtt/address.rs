//! Where the broker is: `HOST[:PORT]` of the command line in, host and port out.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// `HOST` or `HOST:PORT`; an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Name or IP address, without brackets.
    pub(super) host: String,
    /// Port, where one is given.
    pub(super) port: Option<u16>,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains("://") {
            return Err(
                "give HOST or HOST:PORT without mqtt://, and --mqtt-tls for TLS".to_owned(),
            );
        }
        let (host, port) = split(text)?;
        let named = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        if host.is_empty() || !(host.chars().all(named) || host.parse::<Ipv6Addr>().is_ok()) {
            return Err(
                "no host of that name can exist; give HOST or HOST:PORT, IPv6 as [::1]:1883"
                    .to_owned(),
            );
        }
        let port = match port {
            None => None,
            Some(port) => match port.parse() {
                Ok(port @ 1..) => Some(port),
                _ => return Err(format!("port {port:?} is no number from 1 to 65535")),
            },
        };
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest
            .split_once(']')
            .ok_or("the bracket of the IPv6 address is not closed; write [::1]:1883")?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(format!("{rest:?} after the address; write [::1]:1883")),
        };
    }
    if text.matches(':').count() > 1 {
        return Err("an IPv6 address needs brackets, as in [::1] or [::1]:1883".to_owned());
    }
    Ok(text
        .split_once(':')
        .map_or((text, None), |(host, port)| (host, Some(port))))
}

/// A broker's host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Name or IP address, without brackets.
    pub(super) host: String,
    /// TCP port.
    pub(super) port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Endpoint};

    #[test]
    fn hosts_and_ports_are_told_apart() {
        for (text, host, port) in [
            ("homeassistant.local", "homeassistant.local", None),
            ("10.0.0.2:1884", "10.0.0.2", Some(1884)),
            ("[::1]", "::1", None),
            ("[fe80::1]:8883", "fe80::1", Some(8883)),
        ] {
            let expected = Address {
                host: host.to_owned(),
                port,
            };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_can_be_no_address_is_refused_with_the_way_out() {
        for (text, said) in [
            ("mqtt://broker", "without mqtt://"),
            ("::1", "brackets"),
            ("[::1", "not closed"),
            ("[::1]1883", "after the address"),
            ("broker:", "no number from 1 to 65535"),
            ("broker:0", "no number from 1 to 65535"),
            ("broker:70000", "no number from 1 to 65535"),
            ("", "no host"),
            (":1883", "no host"),
            ("a b", "no host"),
            ("user@broker", "no host"),
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn an_ipv6_endpoint_is_shown_in_brackets() {
        let endpoint = |host: &str| Endpoint {
            host: host.to_owned(),
            port: 1883,
        };
        assert_eq!(endpoint("::1").to_string(), "[::1]:1883");
        assert_eq!(endpoint("broker").to_string(), "broker:1883");
    }
}
