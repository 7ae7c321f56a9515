//! The program `monitor` on serial lines, as a user starts it. Pseudo-terminals stand in for the ports.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::line::Line;

const JAZZ: &[u8] = b"$NDTAG,1,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*EC8C\r\n";
const ROCK: &[u8] =
    b"$NDTAG,2,198450,44100,uncertain,,rock,402,\"pop\" %2A,391,R&B%2C soul,101,-187,0,0*6C6F\r\n";

fn monitor(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monitor"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Ended with the test.
struct Running {
    child: Child,
    shown: BufReader<ChildStdout>,
}

impl Running {
    fn new(arguments: &[&str]) -> Self {
        let mut child = monitor(arguments).spawn().expect("the program");
        let shown = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, shown }
    }

    fn next(&mut self) -> String {
        let mut line = String::new();
        self.shown.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_finds_the_board_and_remarks_once_that_the_line_went_and_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = folder.path().join("port");
    let name = port.to_str().expect("UTF-8");
    let silent = Line::new();
    let mut board = Line::named(&port);
    board.says(JAZZ);
    let mut running = Running::new(&["--plain", "--among", &format!("{},{name}", silent.path)]);
    assert_eq!(
        running.next(),
        "00:03.0 #1 music jazz 87 %, blues 10 %, rock 2 %, -21.4 dBFS"
    );
    drop(board);
    let remark = running.next();
    assert!(
        remark.starts_with(&format!("! {name} went away")),
        "{remark}"
    );
    let mut board = Line::named(&port);
    assert_eq!(running.next(), format!("! back on {name}"));
    board.says(ROCK);
    assert!(running.next().contains("#2 uncertain rock 40 %"));
    drop(silent);
}

#[test]
fn json_has_the_same_remarks() {
    let mut board = Line::new();
    let mut running = Running::new(&["--json", &board.path]);
    board.says(JAZZ);
    assert!(running.next().starts_with(r#"{"type":"tag","sequence":1"#));
    drop(board);
    let remark = running.next();
    assert!(
        remark.contains(r#""type":"remark""#) && remark.contains("went away"),
        "{remark}"
    );
}

#[test]
fn a_busy_port_is_one_sentence_that_names_who_has_it() {
    let board = Line::new();
    let held = serialport::new(&board.path, 115_200).open_native();
    let held = held.expect("the port for us");
    let output = monitor(&["--plain", &board.path])
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(&board.path) && said.contains("is busy"),
        "{said}"
    );
    let pid = std::process::id();
    assert!(said.contains(&format!("(pid {pid})")), "{said}");
    drop(held);
}

#[test]
fn what_is_fed_to_stdin_is_read_to_its_end() {
    let mut child = monitor(&[])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(JAZZ).expect("room in the pipe");
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("music jazz 87 %"), "{shown}");
}
