//! The Debian packages: `needledrop`, the program with its service, and `needledrop-model-NAME`, a model.
//!
//! ```text
//! program, manual, texts of tools/package -> Tree -> deb -> bytes -> Out, whole or not at all
//! ```
//!
//! Both are made in memory; the same inputs give the same bytes.

/// A text of tools/package, part of this program.
macro_rules! text {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/package/", $name)).as_slice()
    };
}

pub mod crates;
mod date;
mod deb;
mod fields;
mod manual;
mod model_contents;
mod out;
mod program_contents;
mod release;
mod tree;

pub use fields::Package;
pub use manual::Manual;
pub use model_contents::model_package;
pub use out::Out;
pub use program_contents::program_package;
pub use release::Release;
