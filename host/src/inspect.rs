//! `needledrop data inspect`: what a folder of data holds, told without changing anything.

mod clips;
mod prepared;
mod report;
mod table;

pub use report::{Leak, Leaks, Lengths, Report};

use std::path::Path;

/// Looks at a data set that `needledrop prepare` made.
///
/// # Errors
/// It is none, or can't be read.
pub fn inspect(dir: &Path) -> anyhow::Result<Report> {
    prepared::inspect(dir)
}
