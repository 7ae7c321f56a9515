//! A port on which a board may be, and how likely it is there.

use std::path::{Path, PathBuf};

use crate::monitor::words::printable;

/// Adapters from USB to a serial line that people put between a board and a PC: vendor, products.
const ADAPTERS: [(u16, &[u16]); 4] = [
    // Silicon Labs CP210x.
    (0x10c4, &[0xea60, 0xea61, 0xea63, 0xea70, 0xea71]),
    // FTDI FT232R, FT2232, FT4232, FT232H, FT-X.
    (0x0403, &[0x6001, 0x6010, 0x6011, 0x6014, 0x6015]),
    // WCH CH340, CH341, CH343, CH9102.
    (0x1a86, &[0x7523, 0x5523, 0x55d3, 0x55d4]),
    // Prolific PL2303.
    (0x067b, &[0x2303, 0x23a3, 0x23c3, 0x23d3]),
];

/// What a USB device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usb {
    /// Vendor.
    pub vendor: u16,
    /// Product of that vendor.
    pub product: u16,
    /// Name of the product, in words.
    pub name: Option<String>,
    /// Serial number; cheap adapters have none, or all the same.
    pub serial: Option<String>,
}

/// How likely a board is on a port; the likeliest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A USB device that calls itself needledrop: the board's own USB port.
    Board,
    /// A known adapter.
    Adapter,
    /// Any other USB device.
    Usb,
    /// A port that is part of the machine.
    Fixed,
}

/// A serial port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What opens it.
    pub path: String,
    /// The USB device behind it.
    pub usb: Option<Usb>,
    /// Its lasting name in `/dev/serial/by-id`, where there is one.
    pub link: Option<PathBuf>,
}

impl Candidate {
    /// The port of this name; its lasting name is looked up.
    pub fn new(path: &str, usb: Option<Usb>) -> Self {
        Self {
            path: path.to_owned(),
            usb,
            link: lasting_name(Path::new("/dev/serial/by-id"), Path::new(path)),
        }
    }

    /// The same device on another port.
    pub fn at(&self, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..self.clone()
        }
    }

    /// How likely a board is here.
    pub fn rank(&self) -> Rank {
        let product = self.usb.as_ref().and_then(|usb| usb.name.as_deref());
        let link = self.link.as_deref().and_then(Path::file_name);
        let says_so = |name: &str| name.to_ascii_lowercase().contains("needledrop");
        if product.is_some_and(says_so) || link.is_some_and(|it| says_so(&it.to_string_lossy())) {
            return Rank::Board;
        }
        match &self.usb {
            Some(usb) if is_adapter(usb) => Rank::Adapter,
            Some(_) => Rank::Usb,
            None => Rank::Fixed,
        }
    }

    /// Whether `other` is the same device, though it may have another path by now. Not known without USB.
    pub fn is(&self, other: &Self) -> bool {
        self.usb.is_some() && self.usb == other.usb
    }
}

impl std::fmt::Display for Candidate {
    /// `/dev/ttyUSB0 (CP2102N USB to UART)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        match &self.usb {
            Some(Usb {
                name: Some(name), ..
            }) => write!(f, " ({})", printable(name)),
            Some(usb) => write!(f, " (USB {:04x}:{:04x})", usb.vendor, usb.product),
            None => Ok(()),
        }
    }
}

fn is_adapter(usb: &Usb) -> bool {
    ADAPTERS
        .iter()
        .any(|(vendor, products)| usb.vendor == *vendor && products.contains(&usb.product))
}

/// The link in `folder` that leads to `port`.
fn lasting_name(folder: &Path, port: &Path) -> Option<PathBuf> {
    let port = port.canonicalize().ok()?;
    let links = folder.read_dir().ok()?;
    links
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|link| link.canonicalize().is_ok_and(|target| target == port))
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Rank, Usb};

    fn usb(vendor: u16, product: u16, name: Option<&str>) -> Candidate {
        let name = name.map(str::to_owned);
        Candidate {
            path: "/dev/port".to_owned(),
            usb: Some(Usb {
                vendor,
                product,
                name,
                serial: None,
            }),
            link: None,
        }
    }

    #[test]
    fn our_gadget_comes_before_adapters_before_the_rest() {
        let gadget = usb(0x1d6b, 0x0104, Some("needledrop"));
        assert_eq!(gadget.rank(), Rank::Board);
        assert_eq!(usb(0x1d6b, 0x0104, None).rank(), Rank::Usb);
        for (vendor, product) in [
            (0x10c4, 0xea60),
            (0x0403, 0x6001),
            (0x0403, 0x6015),
            (0x1a86, 0x7523),
            (0x067b, 0x2303),
        ] {
            assert_eq!(usb(vendor, product, None).rank(), Rank::Adapter);
        }
        let mut fixed = usb(0, 0, None);
        fixed.usb = None;
        assert_eq!(fixed.rank(), Rank::Fixed);
        fixed.link = Some("/dev/serial/by-id/usb-Needledrop_board-if00".into());
        assert_eq!(fixed.rank(), Rank::Board, "by its lasting name");
        assert!(Rank::Board < Rank::Adapter && Rank::Usb < Rank::Fixed);
    }

    #[test]
    fn a_name_from_the_device_can_not_send_control_sequences() {
        let named = usb(1, 2, Some("evil\u{1b}[2J"));
        assert_eq!(named.to_string(), "/dev/port (evil?[2J)");
        assert_eq!(usb(1, 2, None).to_string(), "/dev/port (USB 0001:0002)");
    }

    #[cfg(unix)]
    #[test]
    fn the_lasting_name_leads_to_the_port() {
        let folder = tempfile::tempdir().unwrap();
        let port = folder.path().join("ttyUSB0");
        std::fs::write(&port, "").unwrap();
        let links = folder.path().join("by-id");
        std::fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink("../gone", links.join("usb-a")).unwrap();
        let link = links.join("usb-b");
        std::os::unix::fs::symlink("../ttyUSB0", &link).unwrap();
        assert_eq!(super::lasting_name(&links, &port), Some(link));
        assert_eq!(super::lasting_name(&links, &folder.path().join("x")), None);
    }
}
