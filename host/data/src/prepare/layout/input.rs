//! Which data, and how it is to be read: the same for preparing and for inspecting.

use super::fma::{Labels, Subset};
use super::layouts::Layout;
use std::path::PathBuf;

/// The data and how to read it.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Folder of audio, or a manifest.
    pub data: PathBuf,
    /// How genres are found; `None` looks.
    pub layout: Option<Layout>,
    /// Which part of FMA; `None` is what its folder is called, or all of it.
    pub subset: Option<Subset>,
    /// Which of FMA's genres are the labels.
    pub labels: Labels,
    /// Genres to keep; all when empty.
    pub genres: Vec<String>,
    /// Folder of split lists.
    pub split_lists: Option<PathBuf>,
}
