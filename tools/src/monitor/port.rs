//! Serial ports: the one file that names the crate for them.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::feed::{Input, Origin};
use super::source::{DEFAULT_BAUD, Source};

/// How long a read waits: as long as the end of the program may take.
const READ_TIMEOUT: Duration = Duration::from_millis(500);

/// A serial port that is read.
pub struct Port {
    path: String,
    baud: u32,
}

impl Port {
    /// The port of this name, not yet open.
    pub fn new(path: &str, baud: u32) -> Self {
        Self {
            path: path.to_owned(),
            baud,
        }
    }
}

impl Origin for Port {
    fn name(&self) -> String {
        format!("{} at {}", self.path, self.baud)
    }

    fn open(&mut self) -> Result<Input> {
        let port = serialport::new(&self.path, self.baud)
            .timeout(READ_TIMEOUT)
            .open_native()
            .with_context(|| format!("could not open serial port {}", self.path))?;
        Ok(Box::new(port))
    }

    fn returns(&self) -> bool {
        true
    }
}

/// The one serial port of this machine.
///
/// # Errors
/// There is none, or more than one.
pub fn only_port() -> Result<Source> {
    let ports = serialport::available_ports().context("could not list serial ports")?;
    match ports.as_slice() {
        [] => bail!("no serial port here; plug the board in, or give a file of records or -"),
        [port] => Ok(Source::Port {
            path: port.port_name.clone(),
            baud: DEFAULT_BAUD,
        }),
        several => {
            let names: Vec<&str> = several.iter().map(|port| port.port_name.as_str()).collect();
            bail!("several serial ports here, name one: {}", names.join(", "))
        }
    }
}
