//! The board's program: hears through a microphone, says which genre is playing on a serial port.
//!
//! [`pipeline`] is the path from samples to records; nothing in it knows where samples come from or lines go to.
//! [`capture`] alone names cpal, [`serial`] alone the serial port, [`supervisor`] alone systemd. Between the threads
//! lie queues: samples from the capture callback ([`queue`]), records to the outputs ([`outputs`]); none ever blocks
//! the side that must not wait.
//!
//! ```text
//! capture callback --samples--> worker (pipeline) --records--> writers --> serial ports, standard output
//!                                   |     |   |         \----> audience --> readers of the socket
//!                                   |     |   \-- signs of life --> systemd
//!                                   \--samples--> tape --> WAV file
//! ```
//!
//! On a board (cargo profile `board`) a panic in any thread ends the program at once. Nothing here depends on
//! unwinding: systemd starts it again, the next run replaces the socket that was left behind, a recording is a whole
//! file at any time, and readers see `begin` with sequence 0. Two guards around foreign code are lost with it: a
//! damaged audio file or model that makes a decoder or the net panic ends the program with that message instead of one
//! sentence.

mod audience;
pub mod capture;
pub mod decision;
pub mod journal;
pub mod judge;
pub mod level;
pub mod limits;
pub mod listener;
pub mod offer;
pub mod outputs;
pub mod pipeline;
pub mod profile;
pub mod queue;
pub mod readers;
pub mod recorder;
pub mod recording;
pub mod serial;
pub mod smoothing;
pub mod source;
pub mod supervisor;
mod tape;
pub mod trace;
pub mod version;
pub mod vitals;
pub mod wav;
pub mod writer;
