//! A port that stays the board's, whatever name it has after it was unplugged.

use std::io::{Cursor, Read as _};

use anyhow::{Result, bail};
use needledrop_protocol::DEFAULT_BAUD;

use super::found::Found;
use super::search::Search;
use crate::monitor::feed::{Input, Origin};
use crate::monitor::port;
use crate::monitor::port::candidate::Candidate;
use crate::monitor::port::refusal::Refusal;

/// A serial port that is opened again wherever its device comes back.
pub struct Port {
    path: String,
    baud: u32,
    /// The device behind the port, once it was seen.
    device: Option<Candidate>,
    /// Found by what it sent, and so to be found again in the same way.
    was_found: bool,
    search: Search,
    /// The other ports that were there when this one was opened: they are not where it went.
    others: Vec<String>,
    /// Open already, from the search.
    ready: Option<Input>,
}

impl Port {
    /// The port that the user named.
    pub fn named(path: &str, baud: u32, search: Search) -> Self {
        Self {
            path: path.to_owned(),
            baud,
            device: None,
            was_found: false,
            search,
            others: Vec::new(),
            ready: None,
        }
    }

    /// The port that a search found; nothing that it sent meanwhile is lost.
    pub fn found(found: Found, baud: u32, search: Search) -> Self {
        let path = found.candidate.path.clone();
        Self {
            others: others(&search.candidates().unwrap_or_default(), &path),
            path,
            baud,
            device: Some(found.candidate),
            was_found: true,
            search,
            ready: Some(Box::new(Cursor::new(found.heard).chain(found.input))),
        }
    }

    /// Where the device is now, if anywhere.
    fn path_now(&self, candidates: &[Candidate]) -> Option<String> {
        let Some(device) = self.device.as_ref().filter(|device| device.usb.is_some()) else {
            return port::exists(&self.path).then(|| self.path.clone());
        };
        let same: Vec<&Candidate> = candidates
            .iter()
            .filter(|it| device.is(it) && !self.others.contains(&it.path))
            .collect();
        let by_link = |it: &&&Candidate| device.link.is_some() && it.link == device.link;
        let by_path = |it: &&&Candidate| it.path == self.path;
        let one = match same.as_slice() {
            [one] => Some(one),
            // Twins without serial numbers: only the same place tells them apart.
            several => several
                .iter()
                .find(by_link)
                .or_else(|| several.iter().find(by_path)),
        };
        one.map(|it| it.path.clone())
    }

    /// Listens on the ports that have appeared since this one was opened: to open those of others again and again would
    /// disturb whoever is there. A device that can be told apart is only waited for.
    fn search_again(&mut self, candidates: Vec<Candidate>) -> Result<Input> {
        let known = self.device.as_ref().is_some_and(|it| it.usb.is_some());
        let new: Vec<Candidate> = candidates
            .into_iter()
            .filter(|it| !self.others.contains(&it.path) && port::exists(&it.path))
            .collect();
        if known || !self.was_found || new.is_empty() {
            bail!("serial port {} {}", self.path, Refusal::Missing);
        }
        let found = self.search.only(new).find(self.baud)?;
        *self = Self::found(found, self.baud, self.search.clone());
        self.open()
    }

    fn open_at(&mut self, path: String) -> Result<Input> {
        match port::open(&path, self.baud) {
            Ok(input) => {
                self.path = path;
                Ok(input)
            }
            Err(refusal) => bail!("serial port {path} {refusal}"),
        }
    }
}

impl Origin for Port {
    fn name(&self) -> String {
        let mut name = self.device.as_ref().map_or_else(
            || self.path.clone(),
            |device| device.at(&self.path).to_string(),
        );
        if self.baud != DEFAULT_BAUD {
            name.push_str(&format!(" at {}", self.baud));
        }
        name
    }

    fn open(&mut self) -> Result<Input> {
        if let Some(input) = self.ready.take() {
            return Ok(input);
        }
        // A system that can't list its ports can still open them.
        let candidates = self.search.candidates().unwrap_or_default();
        self.others
            .retain(|other| candidates.iter().any(|it| it.path == *other));
        let Some(path) = self.path_now(&candidates) else {
            return self.search_again(candidates);
        };
        let input = self.open_at(path)?;
        self.others = others(&candidates, &self.path);
        if self.device.is_none() {
            let here = |it: &&Candidate| same_file(&it.path, &self.path);
            self.device = candidates.iter().find(here).cloned();
        }
        Ok(input)
    }

    fn returns(&self) -> bool {
        true
    }
}

/// All but this one, as far as they are there.
fn others(candidates: &[Candidate], path: &str) -> Vec<String> {
    candidates
        .iter()
        .map(|it| it.path.clone())
        .filter(|other| !same_file(other, path) && port::exists(other))
        .collect()
}

/// Whether two names lead to one port.
fn same_file(one: &str, other: &str) -> bool {
    let real = |path: &str| std::path::Path::new(path).canonicalize().ok();
    one == other || (real(one).is_some() && real(one) == real(other))
}
