//! From a whole clip, `[rows, bands]`, to its windows, `[frames, bands]` each.

use needledrop_bundle::Window;
use needledrop_infer::Windows;

/// The windows that evaluation, calibration and the board see: one every hop, short clips repeated to fill one.
///
/// Calls `visit(first row, values)`.
pub fn for_each_window(x: &[i16], window: Window, mut visit: impl FnMut(usize, &[i16])) {
    let mut windows = Windows::new(window);
    for row in x.chunks_exact(window.bands) {
        if let Some(view) = windows.push(row) {
            visit(view.first_row as usize, view.values);
        }
    }
    if let Some(view) = windows.finish() {
        visit(view.first_row as usize, view.values);
    }
}

#[cfg(test)]
mod tests {
    use super::for_each_window;
    use needledrop_bundle::Window;
    use needledrop_data::window::{Q8_8_PER_DB, copy_scaled, count};

    #[test]
    fn counts_agree_with_windows() {
        let window = Window {
            frames: 16,
            hop: 8,
            bands: 1,
        };
        for rows in 0..60 {
            let mut seen = 0;
            for_each_window(&vec![0; rows], window, |_, values| {
                assert_eq!(values.len(), 16);
                seen += 1;
            });
            assert_eq!(seen, count(rows, window), "{rows} rows");
        }
    }

    #[test]
    fn a_short_clip_is_repeated_as_the_board_repeats_it() {
        let window = Window {
            frames: 16,
            hop: 8,
            bands: 2,
        };
        let clip: Vec<i16> = (0..10).collect();
        let mut ours = vec![0.0; 32];
        copy_scaled(&clip, window, 0, Q8_8_PER_DB, &mut ours);
        for_each_window(&clip, window, |_, values| {
            let theirs: Vec<f32> = values.iter().map(|&v| f32::from(v) / 256.0).collect();
            assert_eq!(ours, theirs);
        });
    }
}
