//! The commands: each gives `true` when it is done, `false` when a check said no.

mod bench;
mod diagnose;
mod listing;
mod live;
mod model;
mod replay;
mod score;
mod selftest;
mod signals;

pub(crate) use bench::bench;
pub(crate) use diagnose::diagnose;
pub(crate) use listing::devices;
pub(crate) use live::run;
pub(crate) use replay::replay;
pub(crate) use score::score;
pub(crate) use selftest::selftest;
