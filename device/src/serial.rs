//! The serial port: `PORT[:BAUD]` in, an open line to write to out. The only file that names the crate `serialport`.
use needledrop_protocol::DEFAULT_BAUD;
use std::{
    io::{self, Write},
    time::Duration,
};

/// How long one write waits for a slow line before the writer looks around.
const WRITE_TIMEOUT: Duration = Duration::from_millis(200);

/// A port and its rate, `PORT[:BAUD]`; always 8 data bits, no parity, 1 stop bit, no flow control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortName {
    /// Path of the port.
    pub path: String,
    /// Rate in baud.
    pub baud: u32,
}

impl PortName {
    /// What follows the last colon is the rate when it is a number.
    ///
    /// ```
    /// use needledrop_device::serial::PortName;
    /// let port = PortName::parse("/dev/ttyS0:9600");
    /// assert_eq!((port.path.as_str(), port.baud), ("/dev/ttyS0", 9600));
    /// assert_eq!(PortName::parse("/dev/serial/by-id/usb:1-if0").baud, 115_200);
    /// ```
    pub fn parse(text: &str) -> Self {
        let split = text.rsplit_once(':').and_then(|(path, baud)| {
            let baud = baud.parse().ok().filter(|&baud| baud > 0)?;
            (!path.is_empty()).then(|| (path.to_owned(), baud))
        });
        let (path, baud) = split.unwrap_or_else(|| (text.to_owned(), DEFAULT_BAUD));
        Self { path, baud }
    }

    /// Opens it for writing.
    ///
    /// # Errors
    /// The operating system's, with the port's name and what to look at.
    pub fn open(&self) -> io::Result<impl Write + Send + use<>> {
        let port = serialport::new(&self.path, self.baud)
            .data_bits(serialport::DataBits::Eight)
            .parity(serialport::Parity::None)
            .stop_bits(serialport::StopBits::One)
            .flow_control(serialport::FlowControl::None)
            .timeout(WRITE_TIMEOUT)
            .open_native();
        port.map_err(|error| {
            let kind = match error.kind() {
                serialport::ErrorKind::NoDevice => io::ErrorKind::NotFound,
                serialport::ErrorKind::Io(kind) => kind,
                _ => io::ErrorKind::Other,
            };
            io::Error::new(kind, error.description)
        })
    }
}

/// Names of the ports that the system lists.
pub fn ports() -> Vec<String> {
    let listed = serialport::available_ports().unwrap_or_default();
    listed.into_iter().map(|port| port.port_name).collect()
}
