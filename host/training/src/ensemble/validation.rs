//! What the members of an ensemble answer on validation windows.
//!
//! Three ways, by what is at hand. The members kept logits of every validation window of theirs: where the windows of
//! all members fall together, nothing has to be run. With the data set at hand the members are run on it. Where too few
//! windows fall together, those that a run keeps for the parity check have to do.

use super::answers::{MemberLogits, Nets, probabilities};
use super::error::Error;
use super::judged::{Judged, JudgedWindow};
use super::member::{Member, Validation};
use crate::places::{Place, places, spread, windows_of};
use crate::run::{ClipRow, ValidFrom};
use needledrop_bundle::Window;
use needledrop_data::Clip;
use rayon::prelude::{ParallelIterator, ParallelSlice};
use std::collections::HashMap;

/// Windows that one thread judges at a time.
const CHUNK_WINDOWS: usize = 16;

/// From the logits that the members kept, for windows of which every member kept every window within.
///
/// The first window of a clip always is one; later ones are where the hops meet. A clip shorter than the ensemble's
/// window is repeated to fill it; a window that needs a repeated row was never seen by a member with shorter windows
/// and is left out.
///
/// # Errors
/// Those of [`Member::validation`].
pub(super) fn kept(members: &[Member], longest: usize) -> Result<Judged, Error> {
    let hop = members[longest].record.window.hop;
    let kept = members
        .iter()
        .map(Member::validation)
        .collect::<Result<Vec<Validation>, Error>>()?;
    let rows_of: Vec<HashMap<&ClipRow, std::ops::Range<usize>>> =
        kept.iter().map(rows_by_clip).collect();
    let mut judged = Judged {
        from: ValidFrom::Members,
        windows: Vec::new(),
        left_out: 0,
    };
    for clip in kept[longest].clips.chunk_by(|a, b| a == b) {
        for index in 0..clip.len() {
            let of_members = members.iter().zip(&kept).zip(&rows_of);
            let answers: Option<Vec<Vec<f64>>> = of_members
                .map(|((member, kept), rows)| {
                    let own = rows.get(&clip[0])?;
                    let of_starts = member.starts.iter().map(|start| {
                        let (first_row, hop) = (index * hop + start, member.record.window.hop);
                        let row = own.start + first_row / hop;
                        let there = first_row.is_multiple_of(hop) && own.contains(&row);
                        there.then(|| kept.row(row, &member.order))
                    });
                    let logits: Option<MemberLogits> = of_starts.collect();
                    logits.map(|logits| probabilities(&logits))
                })
                .collect();
            match answers {
                Some(members) => judged.windows.push(JudgedWindow {
                    of: clip[0].clone(),
                    members,
                }),
                None => judged.left_out += 1,
            }
        }
    }
    Ok(judged)
}

fn rows_by_clip(kept: &Validation) -> HashMap<&ClipRow, std::ops::Range<usize>> {
    let mut start = 0;
    let clips = kept.clips.chunk_by(|a, b| a == b).map(|clip| {
        let rows = start..start + clip.len();
        start = rows.end;
        (&clip[0], rows)
    });
    clips.collect()
}

impl Validation {
    /// Logits of a window in another order of classes.
    fn row(&self, row: usize, order: &[usize]) -> Vec<f32> {
        let at = row * order.len();
        order.iter().map(|class| self.logits[at + class]).collect()
    }
}

/// By running the members on every validation window of a data set.
///
/// # Errors
/// [`Error::Data`], [`Error::Infer`].
pub(super) fn run(members: &[Member], clips: &[Clip], window: Window) -> Result<Judged, Error> {
    let places = places(clips, window);
    let windows = places
        .par_chunks(CHUNK_WINDOWS)
        .map(|places| judge(members, clips, places, window))
        .collect::<Result<Vec<Vec<JudgedWindow>>, Error>>()?;
    Ok(Judged {
        from: ValidFrom::Data,
        windows: windows.concat(),
        left_out: 0,
    })
}

fn judge(
    members: &[Member],
    clips: &[Clip],
    places: &[Place],
    window: Window,
) -> Result<Vec<JudgedWindow>, Error> {
    let mut nets = Nets::load(members)?;
    let x = windows_of(clips, places, window)?;
    let windows = places.iter().zip(x.chunks_exact(window.values()));
    windows
        .map(|(place, x)| {
            let clip = &clips[place.clip];
            Ok(JudgedWindow {
                of: ClipRow {
                    clip: clip.id.clone(),
                    genre: clip.genre.clone(),
                },
                members: nets.logits(x)?.iter().map(probabilities).collect(),
            })
        })
        .collect()
}

/// From the parity windows, whose clips are those of evenly spread rows of `valid_clips.csv`.
///
/// # Errors
/// Those of [`Member::validation`].
pub(super) fn of_parity(longest: &Member, answers: &[Vec<MemberLogits>]) -> Result<Judged, Error> {
    let clips = longest.validation()?.clips;
    let windows = spread(&clips, answers.len())
        .into_iter()
        .zip(answers)
        .map(|(of, members)| JudgedWindow {
            of,
            members: members.iter().map(probabilities).collect(),
        });
    Ok(Judged {
        from: ValidFrom::Parity,
        windows: windows.collect(),
        left_out: clips.len() - answers.len().min(clips.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::{kept, of_parity};
    use crate::ensemble::member::Member;
    use crate::run::ValidFrom;
    use needledrop_bundle::{Norm, Origin, RunInput, RunRecord, Window, file};
    use needledrop_data::npy;
    use needledrop_frontend::FrontendConfig;
    use needledrop_judging::metrics::{Figures, softmax};
    use std::collections::BTreeMap;
    use std::path::Path;

    /// A run that kept these windows of two clips of genres `a` and `b`; the logit of class 0 is a window's number.
    fn member(folder: &Path, name: &str, frames: usize, hop: usize, windows: [usize; 2]) -> Member {
        let run = folder.join(name);
        std::fs::create_dir(&run).unwrap();
        let record = RunRecord {
            format: RunRecord::FORMAT,
            model: "compact".to_owned(),
            preset: "best".to_owned(),
            labels: vec!["a".to_owned(), "b".to_owned()],
            input: RunInput::LogMel,
            norm: Norm::Window,
            window: Window {
                frames,
                hop,
                bands: 128,
            },
            origin: Origin::of(FrontendConfig::SEED).unwrap(),
            seed: 1,
            parameters: 1,
            pretrained_sha256: None,
            notes: Vec::new(),
            data_sha256: "d".repeat(64),
            split_sha256: "5".repeat(64),
            versions: BTreeMap::new(),
            members: Vec::new(),
        };
        record.write(&run).unwrap();
        let all: usize = windows.iter().sum();
        let logits: Vec<f32> = (0..all).flat_map(|row| [row as f32, 0.0]).collect();
        let write = |name: &str, bytes: &[u8]| std::fs::write(run.join(name), bytes).unwrap();
        write(file::VALID_LOGITS, &npy::bytes(&[all, 2], &logits));
        let mut table = "window,clip,genre\n".to_owned();
        for (genre, windows) in ["a", "b"].into_iter().zip(windows) {
            table.push_str(&format!("0,{genre}.wav,{genre}\n").repeat(windows));
        }
        write(file::VALID_CLIPS, table.as_bytes());
        for name in [
            file::MODEL,
            file::PARITY_X,
            file::VALID_LABELS,
            file::CALIB_X,
        ] {
            write(name, name.as_bytes());
        }
        Member::read(&run).unwrap()
    }

    /// Clips of 40 and 13 rows; the longer window is of 16 rows, so that the second clip is repeated in it.
    #[test]
    fn windows_that_fall_together_are_averaged_and_others_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for (hop, expected) in [
            // Starts 0, 4, 8 within the window: every window of the long clip is there.
            (4, vec![[0, 1, 2], [2, 3, 4], [4, 5, 6], [6, 7, 8]]),
            // Starts 0, 3, 6: rows 0 and 24 are multiples of 3 and of 8.
            (3, vec![[0, 1, 2], [8, 9, 10]]),
        ] {
            let name = |what: &str| format!("{what}-{hop}");
            let long = member(folder.path(), &name("long"), 16, 8, [4, 1]);
            let shorts = [(40 - 8) / hop + 1, (13 - 8) / hop + 1];
            let mut short = member(folder.path(), &name("short"), 8, hop, shorts);
            short.settle(&long, long.record.window).unwrap();
            let judged = kept(&[long, short], 0).unwrap();
            assert_eq!(judged.from, ValidFrom::Members);
            assert_eq!(
                (judged.windows.len(), judged.left_out),
                (expected.len(), 5 - expected.len())
            );
            for (window, rows) in judged.windows.iter().zip(expected) {
                let mean = rows.map(|row| softmax(&[row as f32, 0.0])[0] / 3.0);
                let found = window.members[1][0];
                assert!((found - mean.iter().sum::<f64>()).abs() < 1e-12, "{rows:?}");
                assert_eq!(window.of.clip, "a.wav");
            }
        }
    }

    #[test]
    fn parity_windows_are_those_of_evenly_spread_rows() {
        let folder = tempfile::tempdir().unwrap();
        let member = member(folder.path(), "run", 16, 8, [6, 2]);
        let answer = vec![vec![vec![0.0_f32, 0.0]]];
        let judged = of_parity(&member, &vec![answer; 4]).unwrap();
        let clips: Vec<&str> = judged
            .windows
            .iter()
            .map(|it| it.of.clip.as_str())
            .collect();
        assert_eq!(clips, ["a.wav", "a.wav", "a.wav", "b.wav"]);
        let labels = ["a", "b"].map(str::to_owned);
        let Figures { windows, clips, .. } = judged.figures(&labels, None);
        assert_eq!((windows.n, clips.n), (4, 2));
        assert!((windows.log_loss - 2.0_f64.ln()).abs() < 1e-12);
    }
}
