//! Prints the picture of the monitor in the docs:
//! `cargo run --release -p needledrop-tools --no-default-features --example monitor_picture > docs/monitor.svg`

use needledrop_tools::monitor::picture;

fn main() -> anyhow::Result<()> {
    let records = include_str!("evening.txt");
    let port = "/dev/ttyUSB0 (CP2102N USB to UART)";
    print!("{}", picture::svg(records, port, 80, 24)?);
    Ok(())
}
