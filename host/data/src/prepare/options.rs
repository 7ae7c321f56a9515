//! What a run is asked to do.

use super::layout::Input;
use super::split::SplitRule;
use crate::Kind;
use crate::share::Share;
use needledrop_frontend::FrontendConfig;
use std::path::PathBuf;

/// What to prepare, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data and how to read it.
    pub input: Input,
    /// Folder to make.
    pub out: PathBuf,
    /// Frontend.
    pub frontend: FrontendConfig,
    /// What to store.
    pub kinds: Vec<Kind>,
    /// How to split; `None` takes official splits where every clip has one.
    pub split: Option<SplitRule>,
    /// Shards a kind and split, at most one a clip.
    pub shards: usize,
    /// The part to prepare; all when absent.
    pub share: Option<Share>,
    /// Threads; 0 is one a core.
    pub jobs: usize,
    /// Continue a killed run.
    pub resume: bool,
}

impl Options {
    /// Shards a kind and split where nothing else is asked for.
    pub const STANDARD_SHARDS: u16 = 16;
}
