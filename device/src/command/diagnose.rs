//! `diagnose`: what a person needs to know when it does not work; this machine's facts in, lines of text out.
use super::surroundings;
use needledrop_device::{
    capture,
    serial::{self, PortName},
    version,
    vitals::{THERMAL_DIR, temperature_c_x10},
};
use needledrop_protocol::PROTOCOL_VERSION;
use std::{
    fs,
    io::{self, Write},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Says what this machine has, in plain text.
pub(crate) fn diagnose() -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    program(&mut out)?;
    machine(&mut out)?;
    writeln!(out, "groups       {}", surroundings::groups())?;
    writeln!(out, "records      {}", surroundings::socket())?;
    audio(&mut out)?;
    ports(&mut out)?;
    Ok(true)
}

fn program(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "program      {} for {}-{}",
        version::FIRMWARE,
        std::env::consts::ARCH,
        std::env::consts::OS
    )?;
    writeln!(out, "protocol     {PROTOCOL_VERSION}")?;
    writeln!(out, "model format {}", needledrop_bundle::FORMAT)?;
    for (name, id) in version::frontends() {
        writeln!(out, "frontend     {name} {id}")?;
    }
    Ok(())
}

fn machine(out: &mut impl Write) -> io::Result<()> {
    let first_line = |path: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text
            .trim_end_matches('\0')
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        Some(line).filter(|line| !line.is_empty())
    };
    if let Some(board) = first_line("/proc/device-tree/model") {
        writeln!(out, "board        {board}")?;
    }
    if let Some(kernel) = first_line("/proc/sys/kernel/osrelease") {
        writeln!(out, "kernel       {kernel}")?;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    writeln!(out, "cores        {cores}")?;
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    for key in ["MemTotal", "MemAvailable"] {
        let line = memory
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        writeln!(
            out,
            "memory       {key} {}",
            line.map_or("unknown", str::trim)
        )?;
    }
    match temperature_c_x10(Path::new(THERMAL_DIR)) {
        Some(x10) => writeln!(out, "temperature  {}.{} C", x10 / 10, (x10 % 10).abs())?,
        None => writeln!(out, "temperature  no sensor")?,
    }
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let set = Path::new("/run/systemd/timesync/synchronized").exists();
    let trust = if set {
        "set from the network"
    } else {
        "not known to be set; records do not use it"
    };
    writeln!(out, "clock        {seconds} s since 1970 UTC, {trust}")
}

fn audio(out: &mut impl Write) -> io::Result<()> {
    match capture::devices() {
        Err(error) => writeln!(out, "audio        {error}"),
        Ok(inputs) if inputs.is_empty() => {
            writeln!(out, "audio        no inputs; is a microphone plugged in?")
        }
        Ok(inputs) => inputs.iter().try_for_each(|input| {
            writeln!(
                out,
                "audio        {} ({}): {}",
                input.id, input.name, input.format
            )
        }),
    }
}

fn ports(out: &mut impl Write) -> io::Result<()> {
    let ports = serial::ports();
    if ports.is_empty() {
        return writeln!(out, "serial       no ports");
    }
    let consoles = surroundings::console_ports();
    for port in ports {
        let device = fs::canonicalize(&port).unwrap_or_else(|_| (&port).into());
        let is_console = consoles.iter().any(|name| device.ends_with(name));
        let state = match PortName::parse(&port).open() {
            Ok(_) => "can be written".to_owned(),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                "permission denied; add this user to the group dialout".to_owned()
            }
            Err(error) => error.to_string(),
        };
        let console = if is_console {
            "; the kernel's messages go there: take its console= out of the kernel command line (cmdline.txt)"
        } else {
            ""
        };
        writeln!(out, "serial       {port}: {state}{console}")?;
    }
    Ok(())
}
