//! Windows of clips by where they begin: which there are, some of them evenly spread, and their values as stored.

use needledrop_bundle::Window;
use needledrop_data::window::count;
use needledrop_data::{Clip, Error};
use needledrop_judging::windows::for_each_window;

/// A window of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of the clip.
    pub(crate) clip: usize,
    /// Its first row.
    pub(crate) first_row: usize,
}

/// All windows of all clips, as evaluation and the board see them.
pub(crate) fn places(clips: &[Clip], window: Window) -> Vec<Place> {
    let of_clip = |(clip, c): (usize, &Clip)| {
        (0..count(c.rows, window)).map(move |index| Place {
            clip,
            first_row: index * window.hop,
        })
    };
    clips.iter().enumerate().flat_map(of_clip).collect()
}

/// At most `n` things, evenly spread over all.
pub(crate) fn spread<T: Clone>(all: &[T], n: usize) -> Vec<T> {
    let n = n.min(all.len());
    (0..n)
        .map(|index| all[index * all.len() / n].clone())
        .collect()
}

/// Windows of clips, one after the other.
///
/// # Shape
/// `[places, frames, bands]`, in the steps that the clips are stored in.
///
/// # Errors
/// Those of [`Clip::read_rows`].
pub(crate) fn windows_of(
    clips: &[Clip],
    places: &[Place],
    window: Window,
) -> Result<Vec<i16>, Error> {
    let mut out = Vec::with_capacity(places.len() * window.values());
    for place in places {
        let clip = &clips[place.clip];
        // A window is a clip of its own: cut out, or all of a short one, which is then repeated.
        let end = clip.rows.min(place.first_row + window.frames);
        for_each_window(
            &clip.read_rows(place.first_row..end)?,
            window,
            |_, values| out.extend_from_slice(values),
        );
    }
    Ok(out)
}
