//! The picture of the monitor in the docs is what the monitor draws.

use needledrop_tools::monitor::picture;

#[test]
fn the_picture_in_the_docs_is_drawn_by_this_code() {
    let records = include_str!("../examples/evening.txt");
    let port = "/dev/ttyUSB0 (CP2102N USB to UART)";
    let drawn = picture::svg(records, port, 80, 24).expect("records");
    assert!(
        drawn == include_str!("../../docs/monitor.svg"),
        "docs/monitor.svg is not what the monitor draws; make it anew with the command in tools/examples/monitor_picture.rs"
    );
}
