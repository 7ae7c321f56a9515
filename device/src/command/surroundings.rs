//! For `diagnose`: what of the system around the program most often stands in its way.
use crate::args::RECORDS_SOCKET;
use std::{collections::BTreeSet, fs, io, os::unix::net::UnixStream};

/// Groups that may use the sound card and the serial ports.
const NEEDED_GROUPS: [&str; 2] = ["audio", "dialout"];

/// Whether this user may use sound and serial ports.
pub(super) fn groups() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let names = fs::read_to_string("/etc/group").unwrap_or_default();
    judged(&status, &names)
}

fn judged(status: &str, group_file: &str) -> String {
    let field = |name: &str| {
        let values = status.lines().find_map(|line| line.strip_prefix(name));
        values.unwrap_or_default().split_ascii_whitespace()
    };
    if field("Uid:").nth(1) == Some("0") {
        return "root, which needs none".to_owned();
    }
    let own: BTreeSet<&str> = field("Groups:").chain(field("Gid:").nth(1)).collect();
    let has = |wanted: &str| {
        group_file.lines().any(|line| {
            let mut parts = line.split(':');
            parts.next() == Some(wanted) && parts.nth(1).is_some_and(|id| own.contains(id))
        })
    };
    let missing: Vec<&str> = NEEDED_GROUPS
        .into_iter()
        .filter(|name| !has(name))
        .collect();
    if missing.is_empty() {
        return NEEDED_GROUPS.join(" and ");
    }
    let missing = missing.join(",");
    format!("{missing} missing; `sudo usermod -aG {missing} USER`, then log in again")
}

/// The serial ports on which the kernel and perhaps a login speak, by their names without `/dev/`.
pub(super) fn console_ports() -> Vec<String> {
    named_consoles(&fs::read_to_string("/proc/cmdline").unwrap_or_default())
}

fn named_consoles(command_line: &str) -> Vec<String> {
    let words = command_line.split_ascii_whitespace();
    let consoles = words.filter_map(|word| word.strip_prefix("console="));
    let names = consoles.filter_map(|console| console.split(',').next());
    // tty0 and its like are screens.
    let is_serial = |name: &&str| {
        name.trim_start_matches("tty")
            .starts_with(char::is_alphabetic)
    };
    names.filter(is_serial).map(str::to_owned).collect()
}

/// Whether the service offers its records.
pub(super) fn socket() -> String {
    let next = "`systemctl status needledrop` says whether the service runs";
    match UnixStream::connect(RECORDS_SOCKET) {
        Ok(_) => format!("{RECORDS_SOCKET} is served; `needledrop-device records` reads it"),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            format!("{RECORDS_SOCKET} is there, but not for this user; use sudo")
        }
        Err(error) => format!("{RECORDS_SOCKET}: {error}; {next}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{judged, named_consoles};

    #[test]
    fn missing_groups_are_named_with_what_to_do() {
        let file = "root:x:0:\nadm:x:4:pi\ndialout:x:20:pi\naudio:x:29:pi\npi:x:1000:\n";
        let user = |groups: &str| {
            format!("Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\nGroups:\t{groups}\n")
        };
        assert_eq!(judged(&user("4 20 29 1000"), file), "audio and dialout");
        assert!(
            judged(&user("4 29"), file)
                .starts_with("dialout missing; `sudo usermod -aG dialout USER`")
        );
        assert!(judged(&user(""), file).starts_with("audio,dialout missing"));
        assert!(judged("Uid:\t0\t0\t0\t0\nGroups:\t\n", file).starts_with("root"));
    }

    #[test]
    fn serial_consoles_are_told_from_screens() {
        let line = "coherent_pool=1M console=ttyS0,115200 console=tty1 root=/dev/mmcblk0p2 console=ttyAMA10";
        assert_eq!(named_consoles(line), ["ttyS0", "ttyAMA10"]);
        assert!(named_consoles("quiet console=tty0").is_empty());
    }
}
