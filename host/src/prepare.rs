//! `needledrop prepare`: from a folder of music to a data set.
//!
//! ```text
//! layout -> decode (parallel, into the spool) -> catalogue (labels, groups, splits) -> write (shards) -> rename
//! ```
//!
//! Everything is written into `.<name>.partial` beside the output and renamed at the end. A failure removes it; a kill
//! leaves it for `--resume`, which redoes no finished chunk. The result depends on the input files and the options
//! alone: not on the number of threads, the order of the file system, or whether the run was resumed.

mod catalogue;
mod decode;
mod groups;
mod layout;
mod problem;
mod run;
mod split;
mod spool;
mod staging;
mod summary;
mod survey;
mod write;

pub use layout::{Input, Labels, Layout, Subset, Table};
pub use problem::{Problem, ProblemKind};
pub use run::{Options, prepare};
pub use split::SplitRule;
pub(crate) use split::{Member, by_percent};
pub use summary::Summary;
pub(crate) use survey::{SurveyedClip, survey};
