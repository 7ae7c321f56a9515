//! Clips that sound the same: an inverted index over fingerprints finds pairs worth a look, their bits decide.
//!
//! Not every pair is compared. Items whose low [`KEY_BITS`] bits agree fall into one bucket, and within a bucket each
//! entry is compared with the next few of other clips only; where many clips share a bucket, copies still meet through
//! each other. Two clips are the same recording when, laid over each other at such an item, the bits of the whole
//! overlap differ by no more than [`MOST_BIT_ERRORS`].
//!
//! # Memory
//! The fingerprints (4 bytes an item, 1.2 kB for 30 s), and 12 bytes for each item of one pass in [`PASSES`].

use super::fingerprint::VOID;
use super::groups::Sets;
use rayon::slice::ParallelSliceMut;

/// Bits of an item that must agree for two clips to be compared; the others are those of high, lossy bands.
const KEY_BITS: u32 = 24;

/// The index is made in so many parts, one after the other.
const PASSES: u32 = 16;

/// Entries of a bucket with which each one is compared.
const NEIGHBOURS: usize = 8;

/// Share of bits that may differ. Encoders change up to 0.13 to 0.17, different recordings differ by 0.45 and more
/// over whole clips (docs/shards.md has the measurement).
const MOST_BIT_ERRORS: f64 = 0.25;

/// Items two clips must share, about 3 s of sound.
const LEAST_OVERLAP: usize = 32;

/// Items beside a common one that are looked at first, and the share of their bits that may differ.
const GLANCE_ITEMS: usize = 8;
const GLANCE_BIT_ERRORS: f64 = 0.4;

/// Fingerprints of many clips in one piece of memory.
#[derive(Default)]
pub(super) struct Fingerprints {
    items: Vec<u32>,
    ends: Vec<usize>,
}

/// An item in a bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u32,
    clip: u32,
    position: u32,
}

impl Fingerprints {
    /// Adds the next clip's.
    pub(super) fn push(&mut self, items: impl IntoIterator<Item = u32>) {
        self.items.extend(items);
        self.ends.push(self.items.len());
    }

    fn of(&self, clip: usize) -> &[u32] {
        let start = clip.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start..self.ends[clip]]
    }

    /// For each clip, the first clip that sounds the same, directly or through others, if that is another one.
    ///
    /// Sorts on the current rayon pool; the result does not depend on it.
    pub(super) fn first_alike(&self) -> Vec<Option<usize>> {
        let clips = self.ends.len();
        let mut sets = Sets::new(clips);
        let mut entries = Vec::new();
        for pass in 0..PASSES {
            entries.clear();
            for clip in 0..clips {
                self.enter(clip, pass, &mut entries);
            }
            entries.par_sort_unstable();
            // A loop repeats its items: one entry a clip is enough, other items find the other alignments.
            entries.dedup_by_key(|entry| (entry.key, entry.clip));
            for bucket in entries.chunk_by(|a, b| a.key == b.key) {
                self.join_alike(bucket, &mut sets);
            }
        }
        (0..clips)
            .map(|clip| Some(sets.root(clip)).filter(|&root| root != clip))
            .collect()
    }

    fn enter(&self, clip: usize, pass: u32, entries: &mut Vec<Entry>) {
        // Both fit: a clip has few items, and a catalogue of 2^32 clips is not held in memory.
        let Ok(number) = u32::try_from(clip) else {
            return;
        };
        for (position, &item) in (0..).zip(self.of(clip)) {
            let key = item & ((1 << KEY_BITS) - 1);
            if item != VOID && key % PASSES == pass {
                entries.push(Entry {
                    key,
                    clip: number,
                    position,
                });
            }
        }
    }

    fn join_alike(&self, bucket: &[Entry], sets: &mut Sets) {
        for (at, a) in bucket.iter().enumerate() {
            for b in bucket.iter().skip(at + 1).take(NEIGHBOURS) {
                let (clip_a, clip_b) = (a.clip as usize, b.clip as usize);
                if sets.root(clip_a) != sets.root(clip_b)
                    && alike(
                        self.of(clip_a),
                        a.position as usize,
                        self.of(clip_b),
                        b.position as usize,
                    )
                {
                    sets.join(clip_a, clip_b);
                }
            }
        }
    }
}

/// Whether two fingerprints agree when item `at_a` of one is laid over item `at_b` of the other.
fn alike(a: &[u32], at_a: usize, b: &[u32], at_b: usize) -> bool {
    let before = at_a.min(at_b);
    let (a, b) = (&a[at_a - before..], &b[at_b - before..]);
    let overlap = a.len().min(b.len());
    let near = before.saturating_sub(GLANCE_ITEMS)..(before + GLANCE_ITEMS).min(overlap);
    let (errors, items) = differing(&a[near.clone()], &b[near]);
    if errors > GLANCE_BIT_ERRORS * items {
        return false;
    }
    let (errors, items) = differing(&a[..overlap], &b[..overlap]);
    items >= LEAST_OVERLAP as f64 && errors <= MOST_BIT_ERRORS * items
}

/// Bits that differ, as a number of whole items, and the items compared: those where neither is void.
fn differing(a: &[u32], b: &[u32]) -> (f64, f64) {
    let (mut bits, mut items) = (0u32, 0u32);
    for (&a, &b) in a.iter().zip(b) {
        if a != VOID && b != VOID {
            bits += (a ^ b).count_ones();
            items += 1;
        }
    }
    (f64::from(bits) / f64::from(u32::BITS), f64::from(items))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn recording(dice: &mut ChaCha8Rng, items: usize) -> Vec<u32> {
        (0..items).map(|_| dice.random::<u32>() | 1).collect()
    }

    /// Each bit flipped with probability `share`.
    fn encoded(dice: &mut ChaCha8Rng, items: &[u32], share: f64) -> Vec<u32> {
        let flips = |dice: &mut ChaCha8Rng| {
            (0..32).fold(0, |bits, bit| {
                bits | u32::from(dice.random_bool(share)) << bit
            })
        };
        items.iter().map(|item| item ^ flips(dice)).collect()
    }

    #[test]
    fn copies_are_found_and_others_are_not() {
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        let originals: Vec<Vec<u32>> = (0..400).map(|_| recording(&mut dice, 300)).collect();
        let mut fingerprints = Fingerprints::default();
        for original in &originals {
            fingerprints.push(original.iter().copied());
        }
        for (number, original) in originals.iter().take(100).enumerate() {
            let cut = &original[number % 60..];
            fingerprints.push(encoded(&mut dice, cut, 0.1));
        }
        let found = fingerprints.first_alike();
        for (clip, first) in found.into_iter().enumerate() {
            assert_eq!(first, clip.checked_sub(400), "{clip}");
        }
    }

    #[test]
    fn many_copies_of_one_recording_all_meet() {
        let mut dice = ChaCha8Rng::seed_from_u64(2);
        let original = recording(&mut dice, 200);
        let mut fingerprints = Fingerprints::default();
        for _ in 0..500 {
            fingerprints.push(encoded(&mut dice, &original, 0.02));
        }
        let found = fingerprints.first_alike();
        assert_eq!(found[0], None);
        assert!(found[1..].iter().all(|&first| first == Some(0)));
    }

    #[test]
    fn a_short_overlap_and_void_items_prove_nothing() {
        let mut dice = ChaCha8Rng::seed_from_u64(3);
        let original = recording(&mut dice, 200);
        let mut fingerprints = Fingerprints::default();
        fingerprints.push(original.iter().copied());
        // Its last 31 items, then another recording.
        let tail = &original[200 - (LEAST_OVERLAP - 1)..];
        fingerprints.push(tail.iter().copied().chain(recording(&mut dice, 200)));
        fingerprints.push([VOID; 200]);
        fingerprints.push([VOID; 200]);
        fingerprints.push([]);
        assert_eq!(fingerprints.first_alike(), [None; 5]);
    }

    /// `cargo test --release --workspace --lib -- --ignored --nocapture hundred_thousand`
    #[test]
    #[ignore = "takes a minute and 300 MB"]
    fn a_hundred_thousand_clips_take_seconds() {
        let mut dice = ChaCha8Rng::seed_from_u64(4);
        let mut fingerprints = Fingerprints::default();
        for _ in 0..100_000 {
            // Real items favour some bits: neighbours in time share most of theirs.
            let mut item = dice.random::<u32>() & dice.random::<u32>();
            fingerprints.push((0..310).map(|_| {
                item ^= 1 << dice.random_range(0..32);
                item ^= 1 << dice.random_range(0..32);
                item | 1
            }));
        }
        let started = std::time::Instant::now();
        let found = fingerprints.first_alike();
        println!(
            "100000 clips, {} items: {:.1} s, {} joined",
            fingerprints.items.len(),
            started.elapsed().as_secs_f64(),
            found.iter().flatten().count()
        );
        assert!(found.iter().all(Option::is_none));
    }
}
