//! Where records come from: `PORT[:BAUD]`, `FILE` or `-` of the command line in, an [`Origin`] to read out.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use needledrop_protocol::DEFAULT_BAUD;

use super::feed::{Input, Origin};
use super::find::Search;
use super::find::follow::Port;

/// Where records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A serial port, reopened when it goes away.
    Port {
        /// Path of the device, or its name on Windows.
        path: String,
        /// Bits per second.
        baud: u32,
    },
    /// A file or named pipe, read to its end.
    File(PathBuf),
    /// Standard input, read to its end.
    Stdin,
}

impl Source {
    /// Understands `PORT`, `PORT:BAUD`, `FILE` and `-`.
    ///
    /// # Errors
    /// Nothing of that name is there, or it is a folder.
    pub fn parse(argument: &str) -> Result<Self> {
        if argument == "-" {
            return Ok(Self::Stdin);
        }
        if let Some((path, baud)) = port(argument, cfg!(windows)) {
            return Ok(Self::Port {
                path: path.to_owned(),
                baud,
            });
        }
        match Path::new(argument).metadata() {
            Ok(metadata) if metadata.is_dir() => {
                bail!("{argument} is a folder; give a serial port, a file of records, or -")
            }
            Ok(_) => Ok(Self::File(PathBuf::from(argument))),
            Err(_) => bail!(
                "no serial port or file {argument}; plug the board in, or give a file of records or -"
            ),
        }
    }

    /// What reads it.
    pub fn origin(&self) -> Box<dyn Origin> {
        match self {
            Self::Port { path, baud } => Box::new(Port::named(path, *baud, Search::everywhere())),
            Self::File(path) => Box::new(Once(Self::File(path.clone()))),
            Self::Stdin => Box::new(Once(Self::Stdin)),
        }
    }
}

/// A file or stdin, whose end is the end.
struct Once(Source);

impl Origin for Once {
    fn name(&self) -> String {
        self.0.to_string()
    }

    fn open(&mut self) -> Result<Input> {
        match &self.0 {
            Source::File(path) => {
                let file = File::open(path)
                    .with_context(|| format!("could not open {}", path.display()))?;
                Ok(Box::new(file))
            }
            _ => Ok(Box::new(io::stdin())),
        }
    }

    fn returns(&self) -> bool {
        false
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Port { path, baud } => write!(f, "{path} at {baud}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

/// Whether something is fed to stdin: a pipe or file, not a terminal and not nothing.
pub fn stdin_is_fed() -> bool {
    use std::io::IsTerminal as _;
    !io::stdin().is_terminal() && !stdin_is_a_device()
}

/// `/dev/null`, as a service has it.
#[cfg(unix)]
fn stdin_is_a_device() -> bool {
    use std::os::fd::AsFd as _;
    let stdin = io::stdin().as_fd().try_clone_to_owned();
    stdin
        .and_then(|stdin| File::from(stdin).metadata())
        .is_ok_and(|metadata| is_character_device(&metadata))
}

#[cfg(not(unix))]
fn stdin_is_a_device() -> bool {
    false
}

/// The port and rate that `PORT` or `PORT:BAUD` names: on Windows by the name alone, elsewhere a character device.
fn port(argument: &str, windows: bool) -> Option<(&str, u32)> {
    let is_port = |name: &str| {
        if windows {
            is_com(name)
        } else {
            Path::new(name)
                .metadata()
                .is_ok_and(|metadata| is_character_device(&metadata))
        }
    };
    if is_port(argument) {
        return Some((argument, DEFAULT_BAUD));
    }
    let (name, baud) = argument.rsplit_once(':')?;
    let baud = baud.parse().ok()?;
    is_port(name).then_some((name, baud))
}

/// `COM3`, or `\\.\COM12` as Windows itself spells high numbers.
fn is_com(name: &str) -> bool {
    let name = name.strip_prefix(r"\\.\").unwrap_or(name);
    let Some((letters, digits)) = name.split_at_checked(3) else {
        return false;
    };
    letters.eq_ignore_ascii_case("com")
        && (1..=3).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(unix)]
fn is_character_device(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_character_device(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::{Source, port};

    #[test]
    fn names_are_told_apart() {
        assert_eq!(Source::parse("-").unwrap(), Source::Stdin);
        let error = Source::parse("/dev/no-such-port").unwrap_err().to_string();
        assert!(error.contains("/dev/no-such-port"), "{error}");
        let error = Source::parse("/").unwrap_err().to_string();
        assert!(error.contains("folder"), "{error}");
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(Source::parse(path).unwrap(), Source::File(path.into()));
    }

    #[cfg(unix)]
    #[test]
    fn a_character_device_is_a_port_and_may_carry_its_rate() {
        let port = |baud| Source::Port {
            path: "/dev/null".to_owned(),
            baud,
        };
        assert_eq!(Source::parse("/dev/null").unwrap(), port(115_200));
        assert_eq!(Source::parse("/dev/null:9600").unwrap(), port(9_600));
    }

    #[test]
    fn windows_names_its_ports() {
        assert_eq!(port("COM3", true), Some(("COM3", 115_200)));
        assert_eq!(port("com12:9600", true), Some(("com12", 9_600)));
        assert_eq!(port(r"\\.\COM12", true), Some((r"\\.\COM12", 115_200)));
        for other in ["COM", "COMB3", r"C:\records", "C:9600", "COM3:x", "COM1234"] {
            assert_eq!(port(other, true), None, "{other}");
        }
    }
}
