//! All candidates listened to at once: ports in, the first that sends a record out.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use needledrop_protocol::{Lines, Record, parse};

use super::found::Found;
use crate::monitor::feed::{Input, is_wait};
use crate::monitor::port;
use crate::monitor::port::candidate::Candidate;
use crate::monitor::port::refusal::Refusal;

/// Time beyond the search in which a port may still answer: some drivers take long to open.
const GRACE: Duration = Duration::from_secs(1);

/// What one port turned out to be.
struct Report {
    index: usize,
    outcome: Result<(Input, Vec<u8>, Record), Refusal>,
}

/// The first candidate that sends a record, or why each does not, in their order.
pub(super) fn listen(
    candidates: &[Candidate],
    baud: u32,
    listen_for: Duration,
) -> Result<Found, Vec<(Candidate, Refusal)>> {
    let deadline = Instant::now() + listen_for;
    let done = Arc::new(AtomicBool::new(false));
    let (sender, reports) = channel();
    for (index, candidate) in candidates.iter().enumerate() {
        let path = candidate.path.clone();
        let (done, sender) = (Arc::clone(&done), sender.clone());
        // A thread that can't be had, or that hangs in its driver, reports nothing and is passed over.
        let _ = thread::Builder::new()
            .name(format!("listen {path}"))
            .spawn(move || report(index, &path, baud, deadline, &done, &sender));
    }
    drop(sender);
    let mut refusals = vec![None; candidates.len()];
    let last = deadline + GRACE;
    while let Ok(report) = reports.recv_timeout(last.saturating_duration_since(Instant::now())) {
        match report.outcome {
            Ok((input, heard, record)) => {
                done.store(true, Ordering::Relaxed);
                return Ok(Found {
                    candidate: candidates[report.index].clone(),
                    input,
                    heard,
                    record: Some(record),
                });
            }
            Err(refusal) => refusals[report.index] = Some(refusal),
        }
    }
    let unanswered = || Refusal::NoPort("it does not answer".to_owned());
    let tried = candidates.iter().cloned().zip(refusals);
    Err(tried
        .map(|(candidate, refusal)| (candidate, refusal.unwrap_or_else(unanswered)))
        .collect())
}

fn report(
    index: usize,
    path: &str,
    baud: u32,
    deadline: Instant,
    done: &AtomicBool,
    reports: &Sender<Report>,
) {
    let outcome = port::open(path, baud).and_then(|mut input| {
        let (heard, record) = first_record(&mut input, deadline, done)?;
        Ok((input, heard, record))
    });
    // Nobody waits any more: another port was first, and this one is closed here.
    let _ = reports.send(Report { index, outcome });
}

/// What was heard up to the first record, and that record.
fn first_record(
    input: &mut Input,
    deadline: Instant,
    done: &AtomicBool,
) -> Result<(Vec<u8>, Record), Refusal> {
    let mut lines = Lines::new();
    let mut heard = Vec::new();
    let mut buffer = [0; 1024];
    while Instant::now() < deadline && !done.load(Ordering::Relaxed) {
        let count = match input.read(&mut buffer) {
            Ok(0) => return Err(Refusal::Gone),
            Ok(count) => count,
            Err(error) if is_wait(&error) => continue,
            Err(_) => return Err(Refusal::Gone),
        };
        heard.extend_from_slice(&buffer[..count]);
        let mut record = None;
        lines.push(&buffer[..count], |line| {
            record = record.take().or_else(|| parse(line).ok());
        });
        if let Some(record) = record {
            return Ok((heard, record));
        }
    }
    Err(match heard.len() {
        0 => Refusal::Silent,
        bytes => Refusal::OtherData(bytes),
    })
}
