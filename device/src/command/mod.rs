//! The commands: each gives `true` when it is done, `false` when a check said no.

mod bench;
mod diagnose;
mod listing;
mod live;
mod model;
mod outlet;
mod records;
mod replay;
mod run;
mod score;
mod selftest;
mod signals;
mod surroundings;

pub(crate) use bench::bench;
pub(crate) use diagnose::diagnose;
pub(crate) use listing::devices;
pub(crate) use records::records;
pub(crate) use replay::replay;
pub(crate) use run::run;
pub(crate) use score::score;
pub(crate) use selftest::selftest;
