//! Serial ports, opened and listed: the one file that names the crate for them. Names and rates in baud in, bytes out,
//! or a [`Refusal`] that says why not.

pub mod candidate;
mod group;
mod holder;
pub mod refusal;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serialport::{ErrorKind, SerialPortType};

use super::feed::Input;
use candidate::{Candidate, Usb};
use refusal::Refusal;

/// How long a read waits, and so how long the end of a search may take.
const READ_TIMEOUT: Duration = Duration::from_millis(250);

/// Opens a port for this program alone.
///
/// # Errors
/// Why it can't be opened.
pub fn open(path: &str, baud: u32) -> Result<Input, Refusal> {
    let opened = serialport::new(path, baud)
        .timeout(READ_TIMEOUT)
        .open_native();
    match opened {
        Ok(port) => Ok(Box::new(port)),
        Err(error) => Err(match error.kind {
            // The crate says `NoDevice` both for a port that is taken and, on Windows, for one that is missing.
            ErrorKind::NoDevice if exists(path) => Refusal::Busy(holder::of(path)),
            ErrorKind::NoDevice | ErrorKind::Io(std::io::ErrorKind::NotFound) => Refusal::Missing,
            ErrorKind::Io(std::io::ErrorKind::PermissionDenied) => {
                Refusal::NoPermission(group::of(path))
            }
            _ => Refusal::NoPort(error.description),
        }),
    }
}

/// Whether a port of this name is there.
pub fn exists(path: &str) -> bool {
    if cfg!(windows) {
        list().is_ok_and(|ports| {
            ports
                .iter()
                .any(|port| port.path.eq_ignore_ascii_case(path))
        })
    } else {
        Path::new(path).exists()
    }
}

/// Every serial port of this machine on which a board may be, in no order. Bluetooth is left out: opening such a port
/// calls the other side. So are the call-in twins that macOS has of each port.
///
/// # Errors
/// The system does not list them.
pub fn list() -> Result<Vec<Candidate>> {
    // Without sysfs (some containers) the crate would panic.
    if cfg!(target_os = "linux") && !Path::new("/sys/class/tty").is_dir() {
        return Ok(Vec::new());
    }
    let ports = serialport::available_ports().context("could not list serial ports")?;
    let is_twin = |name: &str| cfg!(target_os = "macos") && name.starts_with("/dev/tty.");
    Ok(ports
        .into_iter()
        .filter(|port| port.port_type != SerialPortType::BluetoothPort)
        .filter(|port| !is_twin(&port.port_name))
        .map(|port| {
            let usb = match port.port_type {
                SerialPortType::UsbPort(usb) => Some(Usb {
                    vendor: usb.vid,
                    product: usb.pid,
                    name: usb.product,
                    serial: usb.serial_number,
                }),
                _ => None,
            };
            Candidate::new(&port.port_name, usb)
        })
        .collect())
}
