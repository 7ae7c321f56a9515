//! TFRecord files: bytes of records go in and come out, with their checksums.

mod frame;
mod reader;

pub use frame::write_record;
pub use reader::{Reader, Record};
