//! Windows as rows of a matrix, and which of them a model that carries its training windows may keep.

use super::preparation::Preparation;
use super::statistics::{self, Statistics};
use crate::places::Place;
use ndarray::{Array2, Axis};
use needledrop_data::Clip;
use needledrop_networks::Input;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSlice, ParallelSliceMut};

/// Windows that one thread takes at a time.
const CHUNK_WINDOWS: usize = 64;

/// Windows with their labels.
#[derive(Clone, Debug)]
pub struct Samples {
    /// `[windows, features]`.
    pub(crate) x: Array2<f64>,
    /// Each window's class, below `classes`.
    pub(crate) labels: Vec<usize>,
    /// What each window comes from: windows of one group are never on both sides of a fold.
    pub(crate) groups: Vec<usize>,
    /// Classes, each with a window or more.
    pub(crate) classes: usize,
}

impl Samples {
    /// Rows with the class of each, below `classes`, and the group it comes from.
    ///
    /// # Panics
    /// When there are not as many labels and groups as rows, or a label is no class.
    pub fn new(x: Array2<f64>, labels: Vec<usize>, groups: Vec<usize>, classes: usize) -> Self {
        assert!(
            x.nrows() == labels.len() && x.nrows() == groups.len(),
            "a label and a group a row"
        );
        assert!(
            labels.iter().all(|&label| label < classes),
            "labels are classes"
        );
        Self {
            x,
            labels,
            groups,
            classes,
        }
    }

    /// Windows.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Some of the windows; the classes stay.
    pub(super) fn rows(&self, rows: &[usize]) -> Self {
        Self {
            x: self.x.select(Axis(0), rows),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            groups: rows.iter().map(|&row| self.groups[row]).collect(),
            classes: self.classes,
        }
    }

    /// Windows of a class.
    pub(crate) fn rows_of(&self, class: usize) -> Vec<usize> {
        let rows = self.labels.iter().enumerate();
        rows.filter(|(_, label)| **label == class)
            .map(|(row, _)| row)
            .collect()
    }

    /// Prepared features, with classes numbered among the seen labels; windows of other labels are left out.
    pub(super) fn prepared(self, preparation: &Preparation, seen: &[usize]) -> Self {
        let class_of = |label: usize| seen.iter().position(|&s| s == label);
        let rows: Vec<usize> = (0..self.len())
            .filter(|&row| class_of(self.labels[row]).is_some())
            .collect();
        let Self {
            x, labels, groups, ..
        } = self.rows(&rows);
        Self {
            x: preparation.apply(x.view()),
            labels: labels.into_iter().filter_map(class_of).collect(),
            groups,
            classes: seen.len(),
        }
    }
}

/// Statistics of windows, `[windows, features]`.
///
/// # Errors
/// Those of [`Clip::read_rows`].
pub(crate) fn statistics_of(
    clips: &[Clip],
    places: &[Place],
    input: &Input,
) -> Result<Array2<f64>, needledrop_data::Error> {
    let features = statistics::count(input.window.bands);
    let mut out = vec![0.0_f32; places.len() * features];
    out.par_chunks_mut(CHUNK_WINDOWS * features)
        .zip_eq(places.par_chunks(CHUNK_WINDOWS))
        .try_for_each(|(rows, places)| {
            let mut statistics = Statistics::new(input.window);
            let mut values = vec![0.0; input.values()];
            for (row, place) in rows.chunks_exact_mut(features).zip(places) {
                input.fill(&clips[place.clip], place.first_row, &mut values)?;
                statistics.process(&values, row);
            }
            Ok(())
        })?;
    Ok(Array2::from_shape_fn(
        (places.len(), features),
        |(row, column)| f64::from(out[row * features + column]),
    ))
}

/// At most `most` windows, evenly over clips and within each clip.
///
/// Every clip keeps the same number of windows, evenly spaced (or all it has, if fewer); when there are more clips than
/// `most`, clips are left out evenly within each label.
pub(crate) fn thin(
    places: Vec<Place>,
    label_of: impl Fn(usize) -> usize,
    most: usize,
) -> Vec<Place> {
    if places.len() <= most {
        return places;
    }
    let clips: Vec<&[Place]> = places.chunk_by(|a, b| a.clip == b.clip).collect();
    let kept = |each: usize| -> usize { clips.iter().map(|clip| clip.len().min(each)).sum() };
    let each = (1..).take_while(|&each| kept(each) <= most).last();
    let Some(each) = each else {
        let mut order: Vec<Place> = clips.iter().map(|clip| clip[clip.len() / 2]).collect();
        order.sort_by_key(|place| (label_of(place.clip), place.clip));
        let mut thinned = evenly(&order, most);
        thinned.sort_by_key(|place| place.clip);
        return thinned;
    };
    clips.iter().flat_map(|clip| evenly(clip, each)).collect()
}

/// At most `n`, evenly spaced.
fn evenly(places: &[Place], n: usize) -> Vec<Place> {
    let n = n.min(places.len());
    (0..n)
        .map(|index| places[(2 * index + 1) * places.len() / (2 * n)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::thin;
    use crate::places::Place;

    fn places(windows: &[usize]) -> Vec<Place> {
        let of_clip = |(clip, &count): (usize, &usize)| {
            (0..count).map(move |first_row| Place { clip, first_row })
        };
        windows.iter().enumerate().flat_map(of_clip).collect()
    }

    fn counts(places: &[Place], clips: usize) -> Vec<usize> {
        (0..clips)
            .map(|clip| places.iter().filter(|place| place.clip == clip).count())
            .collect()
    }

    #[test]
    fn few_windows_stay() {
        let all = places(&[3, 1]);
        assert_eq!(thin(all.clone(), |_| 0, 4), all);
    }

    #[test]
    fn clips_keep_equally_many_evenly_spaced() {
        let thinned = thin(places(&[10, 2, 10]), |_| 0, 12);
        assert_eq!(counts(&thinned, 3), [5, 2, 5]);
        let rows: Vec<usize> = thinned[..5].iter().map(|place| place.first_row).collect();
        assert_eq!(rows, [1, 3, 5, 7, 9]);
    }

    #[test]
    fn of_too_many_clips_each_label_loses_its_share() {
        let thinned = thin(places(&[4; 40]), |clip| clip % 4, 20);
        assert_eq!(thinned.len(), 20);
        let labels = (0..4).map(|label| thinned.iter().filter(|p| p.clip % 4 == label).count());
        assert_eq!(labels.collect::<Vec<_>>(), [5; 4]);
        assert!(thinned.is_sorted_by_key(|place| place.clip));
    }
}
