//! `needledrop prepare` on data as it comes, on machines as they fail, and on many of them.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it made it"
)]

mod audit;
mod music;
mod parts;
