//! Where to look for a board: lists of ports in, the board's port out, or one sentence about every port.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use super::found::Found;
use super::listen;
use crate::monitor::link::STATUS_DUE;
use crate::monitor::port;
use crate::monitor::port::candidate::{Candidate, Rank};
use crate::monitor::port::refusal::Refusal;

/// A little longer than the time in which a status is due.
pub const LISTEN_FOR: Duration = STATUS_DUE.saturating_add(Duration::from_secs(2));

/// Where to look, and for how long.
#[derive(Clone)]
pub struct Search {
    ports: Arc<dyn Fn() -> Result<Vec<Candidate>> + Send + Sync>,
    listen_for: Duration,
}

impl Search {
    /// Every serial port of this machine.
    pub fn everywhere() -> Self {
        Self::among(port::list, LISTEN_FOR)
    }

    /// These ports, whatever they are.
    pub fn named(paths: &[String]) -> Self {
        let paths = paths.to_vec();
        let ports = move || {
            let known = port::list().unwrap_or_default();
            let candidate = |path: &String| {
                let same = known.iter().find(|it| it.path == *path).cloned();
                same.unwrap_or_else(|| Candidate::new(path, None))
            };
            Ok(paths.iter().map(candidate).collect())
        };
        Self::among(ports, LISTEN_FOR)
    }

    /// The ports that `ports` lists whenever it is asked.
    pub fn among(
        ports: impl Fn() -> Result<Vec<Candidate>> + Send + Sync + 'static,
        listen_for: Duration,
    ) -> Self {
        Self {
            ports: Arc::new(ports),
            listen_for,
        }
    }

    /// Just these ports, for the same time.
    pub(super) fn only(&self, candidates: Vec<Candidate>) -> Self {
        Self::among(move || Ok(candidates.clone()), self.listen_for)
    }

    /// The ports now, the likeliest first.
    ///
    /// # Errors
    /// The system does not list them.
    pub fn candidates(&self) -> Result<Vec<Candidate>> {
        let mut candidates = (self.ports)()?;
        candidates.sort_by_cached_key(|it| (it.rank(), it.path.len(), it.path.clone()));
        Ok(candidates)
    }

    /// Listens on all candidates at once until one turns out to be a board.
    ///
    /// # Errors
    /// None did; the sentence says why not, port by port.
    pub fn find(&self, baud: u32) -> Result<Found> {
        let candidates = self.candidates()?;
        let mut ours = candidates.iter().filter(|it| it.rank() == Rank::Board);
        // One that calls itself ours needs no proof; of two, the one that speaks is meant.
        if let (Some(board), None) = (ours.next(), ours.next())
            && let Ok(input) = port::open(&board.path, baud)
        {
            return Ok(Found {
                candidate: board.clone(),
                input,
                heard: Vec::new(),
                record: None,
            });
        }
        listen::listen(&candidates, baud, self.listen_for).or_else(|tried| refuse(&tried))
    }
}

/// One sentence about every port.
fn refuse(tried: &[(Candidate, Refusal)]) -> Result<Found> {
    if tried.is_empty() {
        bail!("no serial port here; plug the board in, or give a file of records or -");
    }
    let each: Vec<String> = tried
        .iter()
        .map(|(candidate, refusal)| format!("{candidate} {refusal}"))
        .collect();
    // A port that can be waited for, if there is one.
    let open = tried.iter().find(|(_, it)| *it == Refusal::Silent);
    let name = &open.unwrap_or(&tried[0]).0.path;
    bail!(
        "no board found: {}; plug the board in, or name its port to wait for it: tools/monitor {name}",
        each.join("; ")
    )
}
