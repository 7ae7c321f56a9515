//! Training batches, made ahead of the step on a thread of their own: from clips to normalised, augmented windows and
//! the probabilities to learn.

use super::teacher::Taught;
use needledrop_data::window::count;
use needledrop_data::{Clip, Error};
use needledrop_networks::augment::Augment;
use needledrop_networks::order::{Draw, below, epoch_order, generator, stream, uniform};
use needledrop_networks::{Crop, Input, Settings};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Batches that wait for the step at most.
const AHEAD_BATCHES: usize = 4;

/// Share of what a teacher says in the target of a clip that has a label.
const TEACHERS_SHARE: f32 = 0.5;

/// One training batch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Batch {
    /// Position in the epoch.
    pub(super) step: usize,
    /// Normalised windows, `[bags * windows of a bag, frames, bands]`; of a network with frozen layers what these give
    /// for them, `[windows, values]`.
    pub(super) x: Vec<f32>,
    /// Probabilities to learn, `[bags, classes]`.
    pub(super) targets: Vec<f32>,
    /// What the network's dropout draws its masks from.
    pub(super) chance: ChaCha8Rng,
}

/// Makes batches; which one is decided by (seed, epoch, step) alone.
pub(super) struct Batches<'a> {
    clips: &'a [Clip],
    draws: Vec<Draw>,
    input: Input,
    classes: usize,
    batch: usize,
    seed: u64,
    crop: Crop,
    augment: Augment,
    /// What a teacher says of each clip; empty without one.
    taught: &'a [Option<Taught>],
    /// Clips that have a label of their own: the first.
    labelled: usize,
    /// What frozen layers give for each clip's windows, in the place of the windows.
    features: Option<&'a [Clip<f32>]>,
}

impl<'a> Batches<'a> {
    /// Batches of training clips.
    pub(super) fn new(
        clips: &'a [Clip],
        input: Input,
        classes: usize,
        settings: &Settings,
    ) -> Self {
        // Bags half overlapping, as windows do: a long song is seen more often than a short one.
        let mut span = input.span();
        if input.bag == 1 {
            span.hop = input.window.hop;
        } else {
            span.hop = (span.frames / 2).max(1);
        }
        let draws = clips
            .iter()
            .enumerate()
            .filter(|(_, clip)| clip.rows > 0)
            .map(|(index, clip)| Draw {
                clip: index,
                label: clip.label,
                windows: match settings.crop {
                    Crop::Random => count(clip.rows, span),
                    Crop::First => 1,
                },
            })
            .collect();
        Self {
            clips,
            draws,
            input,
            classes,
            batch: settings.batch,
            seed: settings.seed,
            crop: settings.crop,
            augment: settings.augment,
            taught: &[],
            labelled: clips.len(),
            features: None,
        }
    }

    /// The same batches with what a teacher says of each clip, if there is one; the first `labelled` have their own
    /// label too.
    pub(super) fn taught_by(self, taught: &'a [Option<Taught>], labelled: usize) -> Self {
        Self {
            taught,
            labelled,
            ..self
        }
    }

    /// The same batches of what frozen layers give: one row a window as they saw it, clip by clip.
    pub(super) fn of_features(self, features: &'a [Clip<f32>]) -> Self {
        Self {
            features: Some(features),
            ..self
        }
    }

    /// What a batch is made of.
    pub(super) fn input(&self) -> &Input {
        &self.input
    }

    /// Steps of an epoch.
    pub(super) fn steps(&self) -> usize {
        let windows: usize = self.draws.iter().map(|draw| draw.windows.max(1)).sum();
        windows.div_ceil(self.batch)
    }

    /// Sends the batches of an epoch in order, until all are sent or nobody listens.
    fn send_epoch(&self, epoch: usize, to: &SyncSender<Result<Batch, Error>>) {
        let order = epoch_order(&self.draws, self.classes, self.batch, self.seed, epoch);
        for (step, clips) in order.chunks_exact(self.batch).enumerate() {
            let batch = self.make(epoch, step, clips);
            let failed = batch.is_err();
            if to.send(batch).is_err() || failed {
                return;
            }
        }
    }

    /// Runs `train` with a receiver that gives an epoch's batches in order; an error is the last thing it gives.
    pub(super) fn with_epoch<T: Send>(
        &self,
        epoch: usize,
        train: impl FnOnce(Receiver<Result<Batch, Error>>) -> T,
    ) -> T {
        std::thread::scope(|scope| {
            let (to, from) = sync_channel(AHEAD_BATCHES);
            scope.spawn(move || self.send_epoch(epoch, &to));
            train(from)
        })
    }

    /// What decides all of one window.
    fn chance(&self, epoch: usize, step: usize, index: usize) -> ChaCha8Rng {
        generator(self.seed, stream::WINDOW, epoch, step * self.batch + index)
    }

    /// Where in its clip a window begins: a row, or which of its windows of frozen layers; the first that is drawn.
    fn place(&self, clip: usize, rng: &mut ChaCha8Rng) -> usize {
        if let Some(features) = self.features {
            return below(rng, features[clip].rows);
        }
        match self.crop {
            Crop::Random => {
                let rows = self.clips[clip].rows;
                below(rng, rows.saturating_sub(self.input.span().frames) + 1)
            }
            Crop::First => 0,
        }
    }

    fn make(&self, epoch: usize, step: usize, clips: &[usize]) -> Result<Batch, Error> {
        let len = match self.features {
            Some(features) => features.first().map_or(0, |clip| clip.bands),
            None => self.input.values(),
        };
        let mut x = vec![0.0; clips.len() * len];
        x.par_chunks_exact_mut(len)
            .zip_eq(clips)
            .enumerate()
            .try_for_each(|(index, (values, &clip))| {
                let mut rng = self.chance(epoch, step, index);
                let at = self.place(clip, &mut rng);
                match self.features {
                    Some(features) => {
                        values.copy_from_slice(&features[clip].read_rows(at..at + 1)?);
                        Ok(())
                    }
                    None => self.input.fill_augmented(
                        &self.clips[clip],
                        at,
                        values,
                        &self.augment,
                        &mut rng,
                    ),
                }
            })?;
        let mut targets = vec![0.0; clips.len() * self.classes];
        let smoothing = self.augment.label_smoothing;
        let rows = targets.chunks_exact_mut(self.classes).zip(clips);
        for (index, (row, &clip)) in rows.enumerate() {
            if let Some(Some(taught)) = self.taught.get(clip) {
                let at = self.place(clip, &mut self.chance(epoch, step, index));
                let first = match self.features {
                    Some(_) => at * self.input.window.hop,
                    None => at,
                };
                taught.over(first..first + self.input.span().frames, row);
                if clip < self.labelled {
                    row.iter_mut().for_each(|it| *it *= TEACHERS_SHARE);
                    row[self.clips[clip].label] += 1.0 - TEACHERS_SHARE;
                }
                continue;
            }
            row.fill(smoothing / self.classes as f32);
            row[self.clips[clip].label] += 1.0 - smoothing;
        }
        let mut rng = generator(self.seed, stream::BATCH, epoch, step);
        if uniform(&mut rng, 0.0, 1.0) < self.augment.mix_chance {
            // Each window keeps more than half of itself, so its own label stays the first.
            let share = uniform(&mut rng, 0.5, 1.0);
            mix(&mut x, len, share);
            mix(&mut targets, self.classes, share);
        }
        Ok(Batch {
            step,
            x,
            targets,
            chance: rng,
        })
    }
}

/// Every row becomes `share` of itself and the rest of its successor (the last one's is the first).
fn mix(values: &mut [f32], row: usize, share: f32) {
    let first = values[..row].to_vec();
    for at in 0..values.len() {
        let next = match values.get(at + row) {
            Some(next) => *next,
            None => first[at % row],
        };
        values[at] = share * values[at] + (1.0 - share) * next;
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, Batches, mix};
    use crate::models::find;
    use needledrop_bundle::Window;
    use needledrop_data::{Clip, Error, Values};
    use needledrop_networks::augment::Augment;
    use needledrop_networks::{Crop, Input, Preset, Settings};
    use std::sync::mpsc::Receiver;

    fn clips() -> Vec<Clip> {
        (0..5)
            .map(|n| Clip {
                id: format!("clip {n}"),
                label: n % 2,
                genre: String::new(),
                rows: 12 + 8 * n,
                bands: 4,
                values: Values::Memory(
                    (0..(12 + 8 * n) * 4)
                        .map(|v| ((v * (n + 3) * 977) % 9000) as i16)
                        .collect(),
                ),
            })
            .collect()
    }

    const INPUT: Input = Input::log_mel(Window {
        frames: 16,
        hop: 8,
        bands: 4,
    });

    fn settings(augment: Augment) -> Settings {
        Settings {
            batch: 4,
            seed: 5,
            augment,
            ..find("compact").unwrap().settings(Preset::Best)
        }
    }

    fn all(from: Receiver<Result<Batch, Error>>) -> Vec<Batch> {
        from.iter().map(Result::unwrap).collect()
    }

    fn batches(clips: &[Clip], augment: Augment) -> Batches<'_> {
        Batches::new(clips, INPUT, 2, &settings(augment))
    }

    #[test]
    fn an_epoch_is_the_same_every_time_and_another_epoch_is_not() {
        let clips = clips();
        let batches = batches(&clips, Augment::BEST);
        let epoch = |epoch| batches.with_epoch(epoch, all);
        assert_eq!(epoch(2).len(), batches.steps());
        assert_eq!(epoch(2), epoch(2));
        assert_ne!(epoch(2), epoch(3));
        assert!(
            epoch(2)
                .iter()
                .enumerate()
                .all(|(step, batch)| batch.step == step)
        );
    }

    #[test]
    fn targets_are_probabilities_and_inputs_are_finite() {
        let clips = clips();
        for batch in batches(&clips, Augment::BEST).with_epoch(0, all) {
            assert!(batch.x.iter().all(|v| v.is_finite()));
            for row in batch.targets.chunks(2) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn shorter_windows_are_more_of_them() {
        assert_eq!(INPUT.cropped(1.0, 1), INPUT);
        assert_eq!(INPUT.cropped(0.5, 12).window.frames, 12);
        let half = INPUT.cropped(0.5, 1);
        assert_eq!((half.window.frames, half.window.hop), (8, 4));
        let clips = clips();
        let whole = batches(&clips, Augment::NONE);
        let cropped = Batches::new(&clips, half, 2, &settings(Augment::NONE));
        assert!(cropped.steps() > whole.steps());
        let first = cropped.with_epoch(0, |from| from.recv()).unwrap().unwrap();
        assert_eq!(first.x.len(), 4 * half.values());
    }

    #[test]
    fn a_listener_that_leaves_stops_the_epoch() {
        let clips = clips();
        let first = batches(&clips, Augment::NONE).with_epoch(0, |from| from.recv());
        assert_eq!(first.unwrap().unwrap().step, 0);
    }

    #[test]
    fn a_bag_is_the_windows_of_its_span_in_order() {
        let clips = clips();
        let bag = Input { bag: 3, ..INPUT };
        let first = Settings {
            crop: Crop::First,
            ..settings(Augment::NONE)
        };
        let batch = Batches::new(&clips, bag, 2, &first)
            .with_epoch(0, |from| from.recv())
            .unwrap()
            .unwrap();
        let len = INPUT.values();
        assert_eq!(batch.x.len(), 4 * 3 * len);
        // Every window of every bag is the window of some clip at the row where evaluation cuts it.
        for bag in batch.x.chunks(3 * len) {
            let is_of = |clip: &Clip| {
                bag.chunks(len).enumerate().all(|(index, window)| {
                    let mut expected = vec![0.0; len];
                    INPUT.fill(clip, index * 8, &mut expected).unwrap();
                    window == expected
                })
            };
            assert_eq!(clips.iter().filter(|clip| is_of(clip)).count(), 1);
        }
    }

    #[test]
    fn mixing_takes_the_next_row_and_wraps() {
        let mut values = [0.0, 0.0, 8.0, 8.0, 16.0, 16.0];
        mix(&mut values, 2, 0.75);
        assert_eq!(values, [2.0, 2.0, 10.0, 10.0, 12.0, 12.0]);
    }
}
