//! `needledrop ensemble`: the mean of finished runs' probabilities, as a finished run of its own.
//!
//! ```text
//! run folders -> members (checked against each other) -> merged graph
//!             -> members alone in tract, averaged in f64: the reference -> parity
//!             -> answers on validation windows -> run folder
//! ```
//!
//! The window is the longest member's. A member with a shorter one judges every window of its own that fits into it,
//! one a hop of its own, and its probabilities are averaged first. Each member's preparation stays in its part of the
//! graph, and the members are taken as they are, without a temperature: what counts as a probability is the softmax of
//! the logits, as in `evaluate`. Nothing needs burn: the members' files say everything.

mod answers;
mod error;
mod judged;
mod margins;
mod member;
mod record;
mod validation;

pub use error::Error;
pub use record::NAME;

use crate::classic;
use crate::corpus::Corpus;
use crate::progress::Progress;
use crate::run::files::{RunFiles, ValidWindow};
use crate::run::lock::{self, RunLock};
use crate::run::{Summary, Timing, Valid, parity};
use answers::{MemberLogits, Nets, logits, probabilities};
use judged::Judged;
use margins::Slack;
use member::Member;
use needledrop_bundle::{Origin, file};
use needledrop_data::Kind;
use needledrop_data::window::hop_seconds;
use needledrop_infer::{Net, Parity};
use needledrop_networks::onnx::ensemble::{Part, graph};
use std::path::{Path, PathBuf};

/// The validation clips of a data set, to judge by.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// Its folder, for messages.
    pub set: &'a Path,
    /// Its clips, of the kind that the members take.
    pub corpus: &'a Corpus,
}

/// Runs that fit together.
#[derive(Clone, Debug)]
pub struct Ensemble {
    members: Vec<Member>,
    /// The member with the longest window, which is the ensemble's.
    longest: usize,
}

impl Ensemble {
    /// Reads the runs and checks that they are of one kind.
    ///
    /// # Errors
    /// [`Error::TooFew`], [`Error::Unfinished`], [`Error::Twice`], [`Error::Nested`], [`Error::Study`],
    /// [`Error::Differs`], [`Error::Io`], [`Error::Bundle`].
    pub fn of(runs: &[PathBuf]) -> Result<Self, Error> {
        if runs.len() < 2 {
            return Err(Error::TooFew { given: runs.len() });
        }
        let mut members: Vec<Member> = Vec::new();
        for run in runs {
            let member = Member::read(run)?;
            if let Some(first) = members.iter().find(|known| known.is_twin(&member)) {
                return Err(Error::Twice {
                    run: run.clone(),
                    first: first.run.clone(),
                });
            }
            members.push(member);
        }
        let frames = |index: &usize| members[*index].record.window.frames;
        // The first of equals.
        let longest = (0..members.len()).rev().max_by_key(frames).unwrap_or(0);
        let window = members[longest].record.window;
        let first = members[0].clone();
        for member in &mut members {
            member.settle(&first, window)?;
        }
        Ok(Self { members, longest })
    }

    /// What made the features that the members take.
    pub fn origin(&self) -> &Origin {
        &self.members[0].record.origin
    }

    /// The kind of data that the members take.
    pub fn kind(&self) -> Kind {
        self.members[0].input().into()
    }

    /// Writes the run folder.
    ///
    /// With `data`, validation windows are those of the data set; without, what the members kept of them.
    ///
    /// # Errors
    /// Every [`Error`]; then nothing is in the folder that was not there before, but for an error of the disk.
    pub fn write(
        &self,
        run: &Path,
        data: Option<Data<'_>>,
        progress: &Progress,
    ) -> Result<Summary, Error> {
        lock::refuse_full(run, "delete it")?;
        if let Some(data) = &data {
            self.check_data(data)?;
        }
        let _lock = RunLock::take(run)?;
        let (members, longest) = (&self.members, &self.members[self.longest]);
        let (window, labels) = (longest.record.window, &members[0].record.labels);
        let onnx = self.graph()?;
        let mut tract =
            Net::load(&onnx, &window, labels.len()).map_err(crate::error::Error::from)?;

        let (x, parity_x) = longest.parity_x()?;
        let mut nets = Nets::load(members)?;
        let answers = x
            .chunks_exact(window.values())
            .map(|x| nets.logits(x))
            .collect::<Result<Vec<_>, Error>>()?;
        let mean = |members: &Vec<MemberLogits>| {
            logits(&members.iter().map(probabilities).collect::<Vec<_>>())
        };
        let parity_logits: Vec<f32> = answers.iter().flat_map(mean).collect();
        let margins = self.margins(&answers);
        let rule = match &margins {
            Some(margins) => Parity::by_class(&parity_logits, margins),
            None => Parity::with(&parity_logits),
        };
        let parity = parity::of_windows(file::MODEL, rule, &mut tract, &x, &parity_logits)?;

        let judged = match data {
            Some(data) => validation::run(members, &data.corpus.valid, window)?,
            None => {
                let judged = validation::kept(members, self.longest)?;
                if judged.windows.len() < answers.len() {
                    validation::of_parity(longest, &answers)?
                } else {
                    judged
                }
            }
        };
        say_left_out(&judged, progress);
        // With windows left out the others' places in their clips are not known.
        let all_there = judged.left_out == 0;
        let hop_seconds = hop_seconds(&longest.record).filter(|_| all_there);
        let averaged = record::averaged(members, &judged);
        let curves = record::curves(&averaged);
        let summary = Summary {
            model: NAME.to_owned(),
            preset: record::preset(members),
            seed: 0,
            parameters: record::parameters(members),
            multiply_adds: tract.multiply_adds(),
            epochs: 0,
            best_epoch: 0,
            classic: None,
            ensemble: Some(averaged),
            train_clips: members.iter().find_map(Member::train_clips).unwrap_or(0),
            valid: Valid::new(judged.figures(labels, hop_seconds), None),
            parity_difference: parity.difference().unwrap_or(0.0),
            parity_other_class: parity.other_class().to_vec(),
            timing: Timing::default(),
            steps_per_second: None,
            wait_share: None,
        };
        let valid: Vec<ValidWindow<'_>> = judged
            .windows
            .iter()
            .filter_map(|window| {
                Some(ValidWindow {
                    clip: &window.of.clip,
                    genre: &window.of.genre,
                    label: window.of.label(labels)?,
                })
            })
            .collect();
        RunFiles {
            onnx: &onnx,
            parity_x: &parity_x,
            parity_logits: &parity_logits,
            parity_margins: margins.as_deref(),
            valid: &valid,
            valid_logits: &judged.logits(),
            calib_x: &longest.calib_x()?,
            curves: &curves,
            summary: &summary,
            record: &record::record(members, longest),
        }
        .write(run)?;
        Ok(summary)
    }

    fn check_data(&self, data: &Data<'_>) -> Result<(), Error> {
        let (record, corpus) = (&self.members[0].record, data.corpus);
        for (what, found, expected) in [
            ("data", &corpus.data_sha256, &record.data_sha256),
            ("split", &corpus.split_sha256, &record.split_sha256),
        ] {
            if found != expected {
                return Err(Error::OtherData {
                    set: data.set.to_owned(),
                    what,
                    found: found.clone(),
                    expected: expected.clone(),
                });
            }
        }
        Ok(())
    }

    fn graph(&self) -> Result<Vec<u8>, Error> {
        let longest = &self.members[self.longest];
        let parts: Vec<Part<'_>> = self.members.iter().map(Member::part).collect();
        let window = longest.record.window;
        graph(&parts, longest.input(), window, longest.order.len()).map_err(|(index, reason)| {
            Error::Merge {
                run: self.members[index].run.clone(),
                reason,
            }
        })
    }

    /// Margins of the parity windows; none when every member is held to its logits.
    fn margins(&self, answers: &[Vec<MemberLogits>]) -> Option<Vec<f32>> {
        let slack: Vec<Option<Slack>> = self
            .members
            .iter()
            .enumerate()
            .map(|(index, member)| {
                let votes = member.record.model == classic::Kind::Knn.name();
                let of_member = answers.iter().map(|window| &window[index]);
                member.is_classic().then(|| Slack::of(of_member, votes))
            })
            .collect();
        let classic = slack.iter().any(Option::is_some);
        let margin = |members: &Vec<_>| margins::margin(members, &slack);
        classic.then(|| answers.iter().map(margin).collect())
    }
}

fn say_left_out(judged: &Judged, progress: &Progress) {
    let (there, left_out) = (judged.windows.len(), judged.left_out);
    if left_out > 0 {
        progress.say(&format!(
            "warning: the members' windows differ: validation figures and calibration rest on the {there} validation \
             windows that all of them judged, {left_out} are left out; --data DIR takes them all"
        ));
    }
}
