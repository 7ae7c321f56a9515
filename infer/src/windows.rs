//! Rows of `bands` values in, overlapping windows of `frames * bands` out.
//!
//! Window k covers rows k * hop .. k * hop + frames, counted since the last reset, and comes out with its last row.
//! Rows after the last whole window of a clip belong to no window. A clip shorter than one window is repeated to fill
//! one.
use needledrop_bundle::Window;

/// One window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowView<'a> {
    /// `frames * bands` values, oldest row first.
    pub values: &'a [i16],
    /// Index of its first row since the last reset.
    pub first_row: u64,
    /// The clip was shorter than a window and was repeated to fill it.
    pub short: bool,
}

/// Collects rows.
///
/// ```
/// use needledrop_bundle::Window;
/// use needledrop_infer::Windows;
/// let mut windows = Windows::new(Window { frames: 2, hop: 1, bands: 1 });
/// assert!(windows.push(&[7]).is_none());
/// assert_eq!(windows.push(&[8]).map(|window| window.values.to_vec()), Some(vec![7, 8]));
/// assert_eq!(windows.push(&[9]).map(|window| window.first_row), Some(1));
/// ```
#[derive(Clone, Debug)]
pub struct Windows {
    window: Window,
    /// Room for two windows: rows are appended, and when it is full the newest rows move to its start. Each row moves
    /// once on average, and a window is always one slice.
    rows: Vec<i16>,
    /// Rows in the buffer.
    held: usize,
    /// Rows since the last reset.
    seen: u64,
    /// Row that completes the next window.
    due: u64,
}

impl Windows {
    /// For one window geometry; nothing is allocated afterwards.
    ///
    /// A frame count, hop or band count of 0, which [`needledrop_bundle::Metadata::check`] refuses, counts as 1.
    pub fn new(window: Window) -> Self {
        let window = Window {
            frames: window.frames.max(1),
            hop: window.hop.max(1),
            bands: window.bands.max(1),
        };
        Self {
            rows: vec![0; 2 * window.values()],
            window,
            held: 0,
            seen: 0,
            due: window.frames as u64,
        }
    }

    /// Adds one row; gives a window whenever one is complete.
    ///
    /// # Panics
    /// When `row` does not have as many values as the window has bands.
    pub fn push(&mut self, row: &[i16]) -> Option<WindowView<'_>> {
        let Window { frames, hop, bands } = self.window;
        if self.held == 2 * frames {
            self.rows.copy_within((frames + 1) * bands.., 0);
            self.held = frames - 1;
        }
        let at = self.held * bands;
        self.rows[at..at + bands].copy_from_slice(row);
        self.held += 1;
        self.seen += 1;
        if self.seen < self.due {
            return None;
        }
        self.due += hop as u64;
        let values = &self.rows[(self.held - frames) * bands..self.held * bands];
        Some(WindowView {
            values,
            first_row: self.seen - frames as u64,
            short: false,
        })
    }

    /// End of a clip: if no window came since the last reset and there is at least one row, repeats the rows to fill
    /// one and flags it `short`. Then resets.
    pub fn finish(&mut self) -> Option<WindowView<'_>> {
        let Window { frames, bands, .. } = self.window;
        let rows = usize::try_from(self.seen)
            .ok()
            .filter(|rows| (1..frames).contains(rows));
        self.reset();
        let clip = rows? * bands;
        let (values, _) = self.rows.split_at_mut(frames * bands);
        let mut filled = clip;
        while filled < values.len() {
            let more = filled.min(values.len() - filled);
            values.copy_within(..more, filled);
            filled += more;
        }
        Some(WindowView {
            values,
            first_row: 0,
            short: true,
        })
    }

    /// Forgets the clip.
    pub fn reset(&mut self) {
        self.held = 0;
        self.seen = 0;
        self.due = self.window.frames as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::Windows;
    use needledrop_bundle::Window;
    use proptest::prelude::*;

    /// Row r holds r * bands + band.
    fn row(index: usize, bands: usize) -> Vec<i16> {
        (0..bands)
            .map(|band| (index * bands + band) as i16)
            .collect()
    }

    proptest! {
        #[test]
        fn every_window_is_the_rows_it_says(
            frames in 1usize..9,
            hop in 1usize..12,
            bands in 1usize..4,
            rows in 0usize..60,
        ) {
            let mut windows = Windows::new(Window { frames, hop, bands });
            // Twice: a second clip must not see the first.
            for _ in 0..2 {
                let mut starts = Vec::new();
                for index in 0..rows {
                    if let Some(window) = windows.push(&row(index, bands)) {
                        let first = window.first_row as usize;
                        let expected: Vec<i16> = (first..first + frames).flat_map(|r| row(r, bands)).collect();
                        prop_assert_eq!(window.values, &expected[..]);
                        prop_assert_eq!(first + frames, index + 1);
                        prop_assert!(!window.short);
                        starts.push(first);
                    }
                }
                let expected: Vec<usize> = (0..rows).step_by(hop).filter(|first| first + frames <= rows).collect();
                prop_assert_eq!(&starts, &expected);
                let last = windows.finish();
                prop_assert_eq!(last.is_some(), rows > 0 && starts.is_empty());
                if let Some(window) = last {
                    let expected: Vec<i16> = (0..frames).flat_map(|r| row(r % rows, bands)).collect();
                    prop_assert_eq!(window.values, &expected[..]);
                    prop_assert!(window.short);
                }
            }
        }
    }

    #[test]
    fn reset_forgets() {
        let mut windows = Windows::new(Window {
            frames: 3,
            hop: 1,
            bands: 1,
        });
        windows.push(&[1]);
        windows.reset();
        assert!(windows.finish().is_none());
    }
}
