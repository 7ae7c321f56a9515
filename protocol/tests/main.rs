//! The records from outside: the page that defines them, and every record on the wire.

mod document;
mod wire;
