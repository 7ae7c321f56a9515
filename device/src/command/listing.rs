//! `devices`: the inputs of this machine, a line each.
use needledrop_device::capture;
use std::io::Write as _;

/// Lists the inputs: id, name, what would be asked for.
pub(crate) fn devices() -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    for input in capture::devices()? {
        writeln!(out, "{}\t{}\t{}", input.id, input.name, input.format)?;
    }
    Ok(true)
}
