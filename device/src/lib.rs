//! The board's program: hears through a microphone, says which genre is playing on a serial port.
//!
//! [`pipeline`] is the path from samples to records; nothing in it knows where samples come from or lines go to.
//! [`capture`] alone names cpal, [`serial`] alone the serial port. Between the threads lie two queues: samples from the
//! capture callback ([`queue`]), records to the writer ([`writer`]); neither ever blocks the side that must not wait.
//!
//! ```text
//! capture callback --samples--> worker (pipeline) --records--> writer --> serial port or standard output
//! ```

pub mod capture;
pub mod decision;
pub mod judge;
pub mod level;
pub mod limits;
pub mod listener;
pub mod offer;
pub mod pipeline;
pub mod profile;
pub mod queue;
pub mod recorder;
pub mod serial;
pub mod smoothing;
pub mod source;
pub mod trace;
pub mod vitals;
pub mod wav;
pub mod writer;
