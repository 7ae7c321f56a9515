//! `needledrop prepare`: from a folder of music to a data set.
//!
//! ```text
//! layout -> plan -> decode and audit (parallel, into the spool) -> catalogue (labels, groups, splits) -> shards -> rename
//!                     a part stops here; merge goes on from all parts |
//! ```
//!
//! Everything is written into `.<name>.partial` beside the output and renamed at the end. A failure removes it; a kill
//! leaves it for `--resume`, which redoes no finished chunk and no finished shard. The result depends on the input files and the options
//! alone: not on the number of threads, the order of the file system, whether the run was resumed, or into how many parts
//! it was divided.

mod catalogue;
mod decode;
mod fingerprint;
mod finish;
mod groups;
mod layout;
mod levels;
mod memory;
mod merge;
mod part;
mod plan;
mod problem;
mod run;
mod share;
mod similar;
mod split;
mod spool;
mod staging;
mod summary;
mod survey;
mod write;

pub(crate) use catalogue::{check_labels, labels_of};
pub(crate) use groups::group;
pub use layout::{Input, Labels, Layout, Subset, Table};
pub use merge::{MergeOptions, merge};
pub(crate) use part::PartRecord;
pub use part::PartSummary;
pub(crate) use problem::count as count_problems;
pub use problem::{Problem, ProblemKind};
pub use run::{Options, Prepared, prepare};
pub use share::Share;
pub use split::SplitRule;
pub(crate) use split::{Member, by_percent};
pub use summary::Summary;
pub(crate) use survey::{SurveyedClip, survey};
pub(crate) use write::{csv_file, problems_csv};
