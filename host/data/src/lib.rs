//! Data sets: finding clips, decoding them, splitting them without leaks, and the shards they are stored in.
//!
//! Writing goes `layout` (which files, which genre) -> `decode` (PCM, frontend, digest) -> `spool` (on disk, so that
//! memory does not grow with the data) -> `groups` and `placement` (no artist, album or duplicate in two splits) ->
//! `shard`. Reading goes the other way: [`Dataset::open`] (`foreign` where others wrote the shards), then
//! [`Dataset::stream`] for one pass or [`Dataset::read_split_within`] for clips to keep, in memory or by place:
//! `tfrecord` (framing) -> `view` (Example in place) -> `shard` (what must agree) -> [`Clip`]. docs/shards.md is the
//! exact schema.

mod budget;
mod clip;
mod csv_file;
mod dataset;
pub mod digest;
mod error;
mod example;
pub mod features;
pub mod fma518;
mod foreign;
mod groups;
pub mod import;
pub mod inspect;
mod kind;
mod label_column;
mod losses;
mod median;
pub mod memory;
pub mod npy;
mod part;
pub mod prepare;
pub mod progress;
mod record;
mod shard;
mod share;
mod spill;
mod staged_dir;
mod stored;
mod stream;
pub mod synth;
mod tfrecord;
mod units;
mod view;
pub mod window;

pub use budget::Budget;
pub(crate) use clip::to_le_bytes;
pub use clip::{Clip, Values};
pub use dataset::Dataset;
pub use error::Error;
pub use groups::groups;
pub use kind::{Kind, Split};
pub use label_column::label_width;
pub use losses::Losses;
pub use needledrop_bundle::Scalar;
pub use record::{DatasetRecord, ShardRecord, SplitCounts};
pub use spill::Spill;
pub use stored::Stored;
pub use stream::{Shuffle, Stream, StreamOptions};
pub use tfrecord::{Reader as RecordReader, Record, write_record};
