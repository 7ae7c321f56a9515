//! One line a record on stdout, and remarks between them.

use std::io::Write;

use anyhow::{Context as _, Result};
use needledrop_protocol::{Counts, Record};

use super::watch::Consumer;
use super::{json, plain};

/// Lines for people; a remark starts with `! `.
pub struct Plain<W: Write>(pub W);

/// JSON Lines; a remark is `{"type":"remark",...}`, the totals come last.
pub struct Json<W: Write>(pub W);

/// No lines; remarks on stderr.
pub struct Quiet;

impl Consumer for Quiet {
    fn remark(&mut self, text: &str) -> Result<()> {
        eprintln!("monitor: {text}");
        Ok(())
    }
}

impl<W: Write> Consumer for Plain<W> {
    fn record(&mut self, record: &Record, _: &Counts) -> Result<()> {
        print(&mut self.0, &plain::line(record))
    }

    fn remark(&mut self, text: &str) -> Result<()> {
        print(&mut self.0, &format!("! {text}"))
    }
}

impl<W: Write> Consumer for Json<W> {
    fn record(&mut self, record: &Record, _: &Counts) -> Result<()> {
        print(&mut self.0, &json::line(record))
    }

    fn remark(&mut self, text: &str) -> Result<()> {
        print(&mut self.0, &json::remark(text))
    }

    fn end(&mut self, counts: &Counts) -> Result<()> {
        print(&mut self.0, &json::totals(counts))
    }
}

/// Writes a line at once: the next may be seconds away.
///
/// # Errors
/// It can't be written.
pub(crate) fn print(out: &mut impl Write, line: &str) -> Result<()> {
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("could not write to stdout")
}
