//! Where a board is: what a person writes in, user, host and port out.
use anyhow::{Context as _, Result, bail};
use std::fmt;

/// A user on a board: `HOST`, `USER@HOST`, `USER@HOST:PORT` or `ssh://USER@HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The user; none is what ssh's configuration says.
    pub user: Option<String>,
    /// Name, alias of ssh's configuration, or address; an IPv6 address without its brackets.
    pub host: String,
    /// The port; none is what ssh's configuration says.
    pub port: Option<u16>,
}

impl Destination {
    /// Understands what a person wrote.
    ///
    /// # Errors
    /// It names no host, or has characters that no name has.
    pub fn parse(text: &str) -> Result<Self> {
        let place = text
            .strip_prefix("ssh://")
            .unwrap_or(text)
            .trim_end_matches('/');
        let (user, place) = match place.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, place),
        };
        let (host, port) = split_port(place);
        let port = port
            .map(|port| {
                port.parse()
                    .ok()
                    .filter(|&port: &u16| port > 0)
                    .with_context(|| {
                        format!("{text} has port {port}; a port is a number from 1 to 65535")
                    })
            })
            .transpose()?;
        // ssh would take a leading dash for an option.
        if !is_name(host) || user.as_deref().is_some_and(|user| !is_name(user)) {
            bail!("{text} names no board; write USER@HOST, as in pi@raspberrypi.local");
        }
        Ok(Self {
            user,
            host: host.to_owned(),
            port,
        })
    }

    /// What ssh takes for the place, without the port.
    pub fn user_at_host(&self) -> String {
        match &self.user {
            Some(user) => format!("{user}@{}", self.host),
            None => self.host.clone(),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.user_at_host())?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`; more than one colon without brackets is an IPv6 address.
fn split_port(place: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = place
        .strip_prefix('[')
        .and_then(|inside| inside.split_once(']'))
    {
        return (address, rest.strip_prefix(':'));
    }
    match place.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (place, None),
    }
}

fn is_name(text: &str) -> bool {
    let takes = |c: char| c.is_alphanumeric() || "-._:%\\+".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(takes)
}

#[cfg(test)]
mod tests {
    use super::Destination;

    #[test]
    fn the_usual_ways_to_write_it_are_understood() {
        for (text, user, host, port) in [
            ("raspberrypi.local", None, "raspberrypi.local", None),
            ("pi@board", Some("pi"), "board", None),
            ("pi@board:2222", Some("pi"), "board", Some(2222)),
            ("ssh://pi@board:2222/", Some("pi"), "board", Some(2222)),
            ("pi@[fe80::1%eth0]:22", Some("pi"), "fe80::1%eth0", Some(22)),
            ("fe80::1", None, "fe80::1", None),
        ] {
            let read = Destination::parse(text).unwrap();
            assert_eq!(
                (read.user.as_deref(), read.host.as_str(), read.port),
                (user, host, port),
                "{text}"
            );
        }
    }

    #[test]
    fn what_ssh_would_take_for_an_option_or_two_words_is_refused() {
        for text in [
            "",
            "pi@",
            "@board",
            "-oProxyCommand=x",
            "pi@-x",
            "pi@a b",
            "board:0",
            "board:x",
            "a;b",
        ] {
            assert!(Destination::parse(text).is_err(), "{text}");
        }
    }
}
