//! Data sets: finding clips, decoding them, splitting them without leaks, and the shards they are stored in.
//!
//! Writing goes `layout` (which files, which genre) -> `decode` (PCM, frontend, digest) -> `spool` (on
//! disk, so that memory does not grow with the data) -> `groups` and `split` (no artist, album or duplicate in two
//! splits) -> `shard`. Reading goes the other way: [`Dataset::open`] (`foreign` where others wrote the shards), then
//! [`Dataset::stream`] for one pass or [`Dataset::read_split_within`] for clips to keep, in memory or by place:
//! `tfrecord` (framing) -> `view` (Example in place) -> `shard` (what must agree) -> [`Clip`]. docs/shards.md is the
//! exact schema.

mod budget;
mod clip;
mod dataset;
mod error;
mod example;
mod foreign;
mod groups;
mod kind;
mod label_column;
mod losses;
mod record;
pub(crate) mod shard;
mod spill;
mod stored;
mod stream;
mod tfrecord;
mod view;

pub use budget::Budget;
pub(crate) use clip::to_le_bytes;
pub use clip::{Clip, Values};
pub use dataset::Dataset;
pub use error::Error;
pub use groups::groups;
pub use kind::{Kind, Split};
pub(crate) use label_column::label_width;
pub use losses::Losses;
pub use needledrop_bundle::Scalar;
pub use record::{DatasetRecord, ShardRecord, SplitCounts};
pub(crate) use spill::Spill;
pub use stored::Stored;
pub use stream::{Shuffle, Stream, StreamOptions};
pub(crate) use tfrecord::{Reader as RecordReader, write_record};
