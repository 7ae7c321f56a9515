//! Rows in, overlapping windows out.
use needledrop_bundle::Window;

/// One window.
pub struct WindowView<'a> {
    /// `frames * bands` values.
    pub values: &'a [i16],
    /// Index of its first row since the last reset.
    pub first_row: u64,
    /// The clip was shorter than a window and was repeated to fill it.
    pub short: bool,
}

/// Collects rows.
pub struct Windows {}

impl Windows {
    /// For one window geometry; no allocation afterwards.
    pub fn new(_window: Window) -> Self {
        todo!()
    }
    /// Adds one row; gives a window whenever one is complete.
    pub fn push(&mut self, _row: &[i16]) -> Option<WindowView<'_>> {
        todo!()
    }
    /// End of a clip: if no window came since the last reset and there is at least one row,
    /// repeats the rows to fill one and flags it `short`. Then resets.
    pub fn finish(&mut self) -> Option<WindowView<'_>> {
        todo!()
    }
    /// Forgets.
    pub fn reset(&mut self) {
        todo!()
    }
}
