//! `needledrop prepare`: from a folder of music to a data set.
//!
//! ```text
//! layout -> plan -> decode and audit (parallel, into the spool) -> catalogue (labels, groups, splits)
//!                     a part stops here; merge goes on from all parts |     -> shards -> rename
//! ```
//!
//! Everything is written into `.<name>.partial` beside the output and renamed at the end. A failure removes it; a kill
//! leaves it for `--resume`, which redoes no finished chunk and no finished shard. The result depends on the input
//! files and the options alone: not on the number of threads, the order of the file system, whether the run was
//! resumed, or into how many parts it was divided.

mod catalogue;
mod decode;
mod fingerprint;
mod finish;
mod groups;
mod labels;
mod layout;
mod levels;
mod merge;
mod options;
mod part_summary;
mod placement;
mod plan;
mod problem;
mod relations;
mod run;
mod similar;
mod split;
mod spool;
mod staging;
mod summary;
mod survey;
mod threads;
mod write;

pub use crate::share::Share;
pub(crate) use groups::group;
pub(crate) use labels::{check_labels, labels_of};
pub(crate) use layout::MANIFEST;
pub use layout::{AudioPath, Input, Labels, Layout, Subset, Table, audio_files};
pub use merge::{MergeOptions, merge};
pub use options::Options;
pub use part_summary::PartSummary;
pub(crate) use placement::{Member, by_percent};
pub use problem::{Problem, ProblemKind};
pub(crate) use problem::{count as count_problems, counts_in_words, write_csv as problems_csv};
pub use run::{Prepared, prepare};
pub use split::SplitRule;
pub use summary::Summary;
pub(crate) use survey::{SurveyedClip, survey};
