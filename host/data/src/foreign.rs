//! Shards without a `dataset.json`: the reference articles' records, and any written under our schema by others.
//!
//! Opening reads everything once: [`record`] says what is in a record, [`scan`] keeps what all of them say, and
//! [`open`] makes a whole of it by [`labels`], [`splits`] and [`origin`]. Later passes ([`again`]) pick the records of
//! a split and turn their values into ours ([`values`]). docs/shards.md has the rules.

mod again;
mod labels;
mod open;
mod origin;
mod record;
mod scan;
mod splits;
mod values;

pub(super) use again::Foreign;
pub(super) use open::open;
