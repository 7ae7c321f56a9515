//! What an image is made of, before Debian's packages are unpacked.

use std::path::Path;

use crate::flash::model::BoardModel;
use crate::flash::program::Program;

/// What an image is made of.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The board's program.
    pub program: &'a Program,
    /// The model it runs.
    pub model: &'a BoardModel,
    /// Licences and notices of the crates that the program is linked with.
    pub crates: &'a str,
    /// Folder of Debian packages.
    pub inputs: &'a Path,
}
