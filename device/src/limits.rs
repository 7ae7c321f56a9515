//! Sizes and times that several parts share, each derived from what it must hold.
use std::time::Duration;

/// Sound is processed in cells of 10 ms, whatever pieces it arrives in: that alone makes records independent of
/// chunking.
pub const CELLS_PER_SECOND: u32 = 100;

/// Lowest rate that a sound card is asked for, in Hz. Files may have any that the frontend takes.
pub const MIN_RATE_HZ: u32 = 8_000;

/// Highest rate that a sound card is asked for, in Hz. A file of a higher one has shorter cells.
pub const MAX_RATE_HZ: u32 = 96_000;

/// Samples of the longest cell.
pub const MAX_CELL_SAMPLES: usize = (MAX_RATE_HZ / CELLS_PER_SECOND) as usize;

/// Longest window whose level can be measured, in seconds: the articles' longest input is 30 s.
pub const MAX_WINDOW_SECONDS: u32 = 60;

/// Cells of the longest window.
pub const MAX_WINDOW_CELLS: usize = (MAX_WINDOW_SECONDS * CELLS_PER_SECOND) as usize;

/// Exact zeros for this long are a muted microphone, in seconds.
pub const MUTED_SECONDS: u32 = 2;

/// Sound that waits between capture and worker before samples are lost, in seconds at the highest rate.
///
/// A window of a model that runs in real time costs less than its hop; 2 s also cover a stall by the SD card.
pub const QUEUE_SECONDS: u32 = 2;

/// Samples of the queue between capture and worker, and the one place that a ring buffer leaves empty.
pub const QUEUE_SAMPLES: usize = (QUEUE_SECONDS * MAX_RATE_HZ) as usize + 1;

/// Samples that the worker takes from the queue at once: 100 ms at the highest rate.
pub const BLOCK_SAMPLES: usize = (MAX_RATE_HZ / 10) as usize;

/// Records that wait for a slow serial port before they are dropped: at 115 200 baud, 11 a second, nearly 6 s.
pub const QUEUE_RECORDS: usize = 64;

/// How often the end of the program looks whether a thread has written what waits.
pub const CLOSE_LOOK: Duration = Duration::from_millis(5);
