//! The program `needledrop`, run as a user runs it: one file a subject, one binary for all.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it made it"
)]

mod foreign;
mod import;
mod judging;
mod layouts;
mod outcome;
mod pictures;
mod prepare;
mod prepare_scale;
mod report;
mod resume;
mod small;
