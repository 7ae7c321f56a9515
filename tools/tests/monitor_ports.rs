//! The monitor finds the board among serial ports and stays with it. Pseudo-terminals stand in for the ports.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::line::Line;
use needledrop_protocol::DEFAULT_BAUD;
use needledrop_tools::monitor::feed::{self, Event};
use needledrop_tools::monitor::find::Search;
use needledrop_tools::monitor::find::follow::Port;
use needledrop_tools::monitor::port::candidate::{Candidate, Usb};

const BEGIN: &[u8] =
    b"$NDBEG,0,0,44100,1,needledrop-device 0.1.0,tunes,3f9a10c2,71c05b1e9d00a4f3,default*7809\r\n";
const JAZZ: &[u8] = b"$NDTAG,1,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*EC8C\r\n";

/// Longest wait for anything that must come.
const PATIENCE: Duration = Duration::from_secs(20);

fn usb(path: &str, serial: &str) -> Candidate {
    let usb = Usb {
        vendor: 0x10c4,
        product: 0xea60,
        name: Some("CP2102N USB to UART".to_owned()),
        serial: Some(serial.to_owned()),
    };
    Candidate::new(path, Some(usb))
}

/// A search among ports that the test changes as it goes.
fn search(ports: &Arc<Mutex<Vec<Candidate>>>, seconds: u64) -> Search {
    let ports = Arc::clone(ports);
    Search::among(
        move || Ok(ports.lock().expect("the list").clone()),
        Duration::from_secs(seconds),
    )
}

fn among(candidates: Vec<Candidate>) -> Arc<Mutex<Vec<Candidate>>> {
    Arc::new(Mutex::new(candidates))
}

fn start(port: Port) -> Receiver<Event> {
    let (sender, events) = feed::channel();
    feed::start(Box::new(port), None, sender).expect("an open port");
    events
}

fn next_line(events: &Receiver<Event>) -> Vec<u8> {
    let event = events.recv_timeout(PATIENCE);
    let line = match event {
        Ok(Event::Line(line)) => Ok(line),
        other => Err(other),
    };
    line.expect("a line")
}

fn away(events: &Receiver<Event>) -> String {
    let event = events.recv_timeout(PATIENCE);
    let reason = match event {
        Ok(Event::Away(reason)) => Ok(reason),
        other => Err(other),
    };
    reason.expect("a line that goes")
}

fn back(events: &Receiver<Event>) -> String {
    let event = events.recv_timeout(PATIENCE);
    let name = match event {
        Ok(Event::Back(name)) => Ok(name),
        other => Err(other),
    };
    name.expect("a line that returns")
}

fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r\n").expect("a whole line")
}

#[test]
fn the_board_is_found_among_a_silent_and_a_babbling_port() {
    let (silent, mut babbling, mut board) = (Line::new(), Line::new(), Line::new());
    let ports = among(vec![
        Candidate::new(&silent.path, None),
        Candidate::new(&babbling.path, None),
        usb(&board.path, "A1"),
    ]);
    babbling.says(b"[    1.0] usb 1-1: new device\r\n$NDTAG,1,damaged*0000\r\n");
    board.says(b"0,871,blues*1\r\n");
    board.says(BEGIN);
    board.says(JAZZ);
    let search = search(&ports, 12);
    let found = search.find(DEFAULT_BAUD).expect("a board");
    assert_eq!(found.candidate.path, board.path);
    assert_eq!(
        found.to_string(),
        format!(
            "a board on {} (CP2102N USB to UART), needledrop-device 0.1.0, model tunes",
            board.path
        )
    );
    let events = start(Port::found(found, DEFAULT_BAUD, search));
    assert_eq!(next_line(&events), b"0,871,blues*1");
    assert_eq!(
        next_line(&events),
        without_end(BEGIN),
        "nothing heard meanwhile is lost"
    );
    assert_eq!(next_line(&events), without_end(JAZZ));
}

#[test]
fn without_a_board_every_port_is_accounted_for() {
    let (silent, mut babbling, held) = (Line::new(), Line::new(), Line::new());
    let holder = serialport::new(&held.path, DEFAULT_BAUD)
        .open_native()
        .expect("the port for us");
    let ports = among(
        [
            &silent.path,
            &babbling.path,
            &held.path,
            "/dev/no-such-port",
        ]
        .map(|path| Candidate::new(path, None))
        .to_vec(),
    );
    babbling.says(b"login: ");
    let Err(error) = search(&ports, 1).find(DEFAULT_BAUD) else {
        panic!("there is no board");
    };
    let sentence = error.to_string();
    let pid = std::process::id();
    for part in [
        format!("{} is silent", silent.path),
        format!("{} sends something else (7 bytes", babbling.path),
        format!("{} is busy", held.path),
        "/dev/no-such-port is not there".to_owned(),
        format!(
            "name its port to wait for it: tools/monitor {}",
            silent.path
        ),
    ] {
        assert!(
            sentence.contains(&part),
            "{part} is missing from: {sentence}"
        );
    }
    assert!(sentence.contains(&format!("(pid {pid})")), "{sentence}");
    drop(holder);
    let nothing = search(&among(Vec::new()), 1).find(DEFAULT_BAUD);
    let sentence = nothing.err().expect("no port at all").to_string();
    assert!(sentence.contains("no serial port here"), "{sentence}");
}

#[test]
fn a_device_that_calls_itself_needledrop_needs_no_proof() {
    let (mut other, silent) = (Line::new(), Line::new());
    other.says(BEGIN);
    let mut gadget = usb(&silent.path, "B2");
    gadget.usb.as_mut().expect("USB").name = Some("needledrop".to_owned());
    let ports = among(vec![usb(&other.path, "A1"), gadget]);
    let found = search(&ports, 1).find(DEFAULT_BAUD).expect("the gadget");
    assert_eq!(found.candidate.path, silent.path);
    assert!(found.record.is_none());
}

#[test]
fn a_port_that_was_named_is_read_again_when_it_returns() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().join("port");
    let mut board = Line::named(&name);
    let ports = among(Vec::new());
    let port = Port::named(
        name.to_str().expect("UTF-8"),
        DEFAULT_BAUD,
        search(&ports, 1),
    );
    let events = start(port);
    board.says(BEGIN);
    assert_eq!(next_line(&events), without_end(BEGIN));
    board.says(b"$NDTAG,1,1323");
    // The half line must not be put before what comes after the return.
    drop(board);
    let reason = away(&events);
    assert!(reason.contains("went away"), "{reason}");
    let mut board = Line::named(&name);
    assert_eq!(back(&events), name.to_str().expect("UTF-8"));
    board.says(JAZZ);
    assert_eq!(next_line(&events), without_end(JAZZ));
}

#[test]
fn a_board_is_followed_to_another_name_past_a_stranger_on_the_old_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (zero, one) = (folder.path().join("ttyUSB0"), folder.path().join("ttyUSB1"));
    let [zero_name, one_name] = [&zero, &one].map(|it| it.to_str().expect("UTF-8").to_owned());
    let mut board = Line::named(&zero);
    let ports = among(vec![usb(&zero_name, "A1")]);
    let events = start(Port::named(&zero_name, DEFAULT_BAUD, search(&ports, 1)));
    board.says(BEGIN);
    assert_eq!(next_line(&events), without_end(BEGIN));

    *ports.lock().expect("the list") = vec![usb(&zero_name, "Z9")];
    drop(board);
    let mut stranger = Line::named(&zero);
    away(&events);
    stranger.says(b"$NDTAG,9,0,16000,no-audio,lost,,,,,,,,0,0*C2C6\r\n");
    let waiting = events.recv_timeout(Duration::from_millis(2_500));
    assert!(waiting.is_err(), "a stranger's line was read: {waiting:?}");

    let mut board = Line::named(&one);
    ports.lock().expect("the list").push(usb(&one_name, "A1"));
    assert_eq!(back(&events), format!("{one_name} (CP2102N USB to UART)"));
    board.says(JAZZ);
    assert_eq!(next_line(&events), without_end(JAZZ));
}

#[test]
fn a_board_that_can_not_be_told_apart_is_searched_for_again() {
    let (mut board, mut stranger) = (Line::new(), Line::new());
    let other = Candidate::new(&stranger.path, None);
    let ports = among(vec![other.clone(), Candidate::new(&board.path, None)]);
    board.says(BEGIN);
    let search = search(&ports, 3);
    let found = search.find(DEFAULT_BAUD).expect("a board");
    let events = start(Port::found(found, DEFAULT_BAUD, search));
    assert_eq!(next_line(&events), without_end(BEGIN));
    *ports.lock().expect("the list") = vec![other];
    drop(board);
    away(&events);
    stranger.says(BEGIN);
    let waiting = events.recv_timeout(Duration::from_millis(2_500));
    assert!(
        waiting.is_err(),
        "a port that was there all the time was taken: {waiting:?}"
    );
    let mut moved = Line::new();
    let new = Candidate::new(&moved.path, None);
    ports.lock().expect("the list").push(new);
    moved.says(JAZZ);
    assert_eq!(back(&events), moved.path);
    assert_eq!(next_line(&events), without_end(JAZZ));
}

#[test]
fn a_twin_without_a_serial_number_is_not_taken_for_the_board() {
    let (mut board, mut twin) = (Line::new(), Line::new());
    let ports = among(vec![usb(&board.path, ""), usb(&twin.path, "")]);
    let events = start(Port::named(&board.path, DEFAULT_BAUD, search(&ports, 1)));
    board.says(BEGIN);
    assert_eq!(next_line(&events), without_end(BEGIN));
    ports.lock().expect("the list").remove(0);
    drop(board);
    away(&events);
    twin.says(JAZZ);
    let waiting = events.recv_timeout(Duration::from_millis(2_500));
    assert!(waiting.is_err(), "the twin was taken: {waiting:?}");
    let mut board = Line::new();
    let new = usb(&board.path, "");
    ports.lock().expect("the list").push(new);
    assert_eq!(
        back(&events),
        format!("{} (CP2102N USB to UART)", board.path)
    );
    board.says(JAZZ);
    assert_eq!(next_line(&events), without_end(JAZZ));
}
