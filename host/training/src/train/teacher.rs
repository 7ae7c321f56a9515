//! What a teacher, an exported model, answers about training clips: clips of any music go in, with probabilities over
//! the student's labels for each stretch of their time they come out.

use crate::corpus::Corpus;
use crate::error::Error;
use crate::progress::Progress;
use needledrop_bundle::{InputKind, Origin, Window};
use needledrop_data::digest::to_hex;
use needledrop_data::prepare::audio_files;
use needledrop_data::progress::Progress as Count;
use needledrop_data::{Clip, Spill};
use needledrop_frontend::FrontendConfig;
use needledrop_infer::{Features, Model};
use needledrop_judging::predict::{Heard, hear, hear_rows};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Least mean probability that a teacher gives to the student's labels together: a clip below teaches nothing.
const LEAST_KNOWN: f64 = 0.5;

/// A teacher and what it listens to.
#[derive(Clone, Debug)]
pub struct Teaching {
    /// Exported model.
    pub model: PathBuf,
    /// Folders of audio files, labelled or not.
    pub folders: Vec<PathBuf>,
    /// Probabilities are taken to this power's inverse: above 1 they say more of the labels that are not the first.
    pub temperature: f64,
}

/// Who taught a corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teacher {
    /// Of its file, its answers and what it heard, 64 hex.
    pub digest: String,
    /// What is to be said of it, and what itself says.
    pub notes: Vec<String>,
}

/// A teacher's answers to one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Taught {
    /// Rows of the student's clip from one answer to the next.
    hop_rows: f64,
    /// Rows that an answer is about.
    window_rows: f64,
    /// `[windows, labels]`.
    probabilities: Vec<f32>,
}

impl Taught {
    /// Probabilities of some rows: the mean of the answers, each weighted by what of its window lies in them.
    pub(super) fn over(&self, rows: Range<usize>, out: &mut [f32]) {
        let (begin, end) = (rows.start as f64, rows.end as f64);
        let mut total = 0.0;
        out.fill(0.0);
        let answers = self.probabilities.chunks_exact(out.len());
        let last = answers.len().saturating_sub(1);
        for (index, answer) in answers.enumerate() {
            let from = index as f64 * self.hop_rows;
            // What follows the last whole window is best known by that one.
            let to = match index == last {
                true => f64::INFINITY,
                false => from + self.window_rows,
            };
            let share = (end.min(to) - begin.max(from)).max(0.0);
            total += share;
            for (out, &probability) in out.iter_mut().zip(answer) {
                *out += share as f32 * probability;
            }
        }
        for out in out {
            *out /= total as f32;
        }
    }
}

impl Teaching {
    /// A corpus whose training clips a teacher has heard: its own, where its features are the teacher's too, and those
    /// of the folders.
    ///
    /// # Errors
    /// [`Error::Infer`] for the teacher's file; [`Error::Teacher`] when it shares fewer than two labels, has nothing to
    /// hear, or a folder or a clip can't be read.
    pub fn of(&self, corpus: Corpus, progress: &Progress) -> Result<Corpus, Error> {
        let failed = |error: anyhow::Error| Error::Teacher {
            reason: format!("{error:#}"),
        };
        let mut model = Model::open(&self.model)?;
        let labels = Labels::of(&corpus.labels, &model.metadata.labels, self.temperature);
        if labels.shared() < 2 {
            return Err(Error::Teacher {
                reason: format!(
                    "{} knows {}, and the data set {}: they share fewer than two labels",
                    self.model.display(),
                    model.metadata.labels.join(", "),
                    corpus.labels.join(", ")
                ),
            });
        }
        let Origin::Frontend(student) = corpus.origin else {
            return Err(Error::Teacher {
                reason: "imported features have no sound that a teacher could hear".to_owned(),
            });
        };
        let mut digest = Sha256::new();
        digest.update(&model.sha256);
        digest.update(self.temperature.to_le_bytes());
        let own = self.own(&corpus, &mut model, &labels)?;
        let heard_own = own.iter().flatten().count();
        let (mut train, mut taught) = (corpus.train, own);
        let files = self.folders.iter().map(|folder| audio_files(folder));
        let files = files.collect::<anyhow::Result<Vec<_>>>().map_err(failed)?;
        let files: Vec<PathBuf> = files.into_iter().flatten().map(|it| it.path).collect();
        let count = Count::new("teacher", "clips", files.len() as u64);
        let spill = Spill::new();
        let (mut unheard, mut unknown) = (0_usize, 0_usize);
        let mut first_reason = String::new();
        for path in &files {
            count.advance(1);
            let (rows, heard) = match listen(&mut model, path, &student.config) {
                Ok(heard) => heard,
                Err(error) => {
                    unheard += 1;
                    if first_reason.is_empty() {
                        first_reason = format!(" ({error:#})");
                    }
                    continue;
                }
            };
            let Some(answers) = labels.answers(&heard.probabilities) else {
                unknown += 1;
                continue;
            };
            let bands = student.config.mel_bands;
            let label = labels.most(&answers);
            rows.iter().for_each(|it| digest.update(it.to_le_bytes()));
            answers
                .iter()
                .for_each(|it| digest.update(it.to_le_bytes()));
            taught.push(Some(Taught {
                probabilities: answers,
                ..timing(&model, &student.config)
            }));
            train.push(Clip {
                id: path.display().to_string(),
                label,
                genre: corpus.labels[label].clone(),
                rows: rows.len() / bands,
                bands,
                values: spill.place(rows, &corpus.budget)?,
            });
        }
        count.finish();
        let heard = files.len() - unheard - unknown;
        if heard + heard_own == 0 {
            return Err(Error::Teacher {
                reason: format!(
                    "nothing to hear: of {} audio files {unheard} could not be read{first_reason} and {unknown} are of no label that \
                     both know; the data set's own clips can be heard where its preset is the teacher's",
                    files.len()
                ),
            });
        }
        progress.say(&format!(
            "the teacher heard {heard} clips of {} and {heard_own} of the data set; {unheard} could not be read{first_reason}, \
             {unknown} are of no label that both know",
            files.len()
        ));
        Ok(Corpus {
            train,
            taught,
            teacher: Some(Teacher {
                digest: to_hex(&digest.finalize()),
                notes: [
                    vec![format!(
                        "Taught by the model {}, `needledrop.sha256` {}, on {heard} clips without labels of their own \
                         and {heard_own} with.",
                        model.metadata.name, model.sha256
                    )],
                    model.metadata.notes.clone(),
                ]
                .concat(),
            }),
            ..corpus
        })
    }

    /// Answers to the data set's own training clips, if the teacher hears as they were prepared.
    fn own(
        &self,
        corpus: &Corpus,
        model: &mut Model,
        labels: &Labels,
    ) -> Result<Vec<Option<Taught>>, Error> {
        let same = match (corpus.origin.frontend(), model.metadata.origin.frontend()) {
            (Some(ours), Some(theirs)) => ours.id == theirs.id,
            _ => false,
        };
        if !same || model.metadata.input != InputKind::LogMel {
            return Ok(vec![None; corpus.train.len()]);
        }
        let Window { frames, hop, .. } = model.metadata.window;
        let heard = corpus.train.iter().map(|clip| {
            let answers = labels.answers(&hear_rows(model, &clip.read()?)?);
            Ok(answers.map(|probabilities| Taught {
                hop_rows: hop as f64,
                window_rows: frames as f64,
                probabilities,
            }))
        });
        heard.collect()
    }
}

/// A clip's rows for the student, and what the teacher says of it.
fn listen(
    model: &mut Model,
    path: &Path,
    student: &FrontendConfig,
) -> anyhow::Result<(Vec<i16>, Heard)> {
    let mut rows = Vec::new();
    let mut features: Option<Features> = None;
    let heard = hear(model, path, |rate, pcm| {
        let features = match &mut features {
            Some(features) => features,
            none => none.insert(Features::new(InputKind::LogMel, student, rate)?),
        };
        features.push(pcm, |row| rows.extend_from_slice(row));
        Ok(())
    })?;
    if let Some(mut features) = features {
        features.finish(|row| rows.extend_from_slice(row));
    }
    anyhow::ensure!(!rows.is_empty(), "shorter than one frame");
    Ok((rows, heard))
}

/// A teacher's answers in rows of a student, without any answer.
fn timing(model: &Model, student: &FrontendConfig) -> Taught {
    let row_seconds =
        |config: &FrontendConfig| config.hop_samples as f64 / f64::from(config.sample_rate_hz);
    let theirs = match (model.metadata.input, model.metadata.origin.frontend()) {
        (InputKind::Pcm, Some(it)) => f64::from(it.config.sample_rate_hz).recip(),
        (_, Some(it)) => row_seconds(&it.config),
        (_, None) => row_seconds(student),
    };
    let rows = theirs / row_seconds(student);
    Taught {
        hop_rows: model.metadata.window.hop as f64 * rows,
        window_rows: model.metadata.window.frames as f64 * rows,
        probabilities: Vec::new(),
    }
}

/// A teacher's labels as a student's.
struct Labels {
    /// For each of the student's labels the teacher's, if it has it.
    theirs: Vec<Option<usize>>,
    /// Labels of the teacher.
    of: usize,
    temperature: f64,
}

impl Labels {
    fn of(students: &[String], teachers: &[String], temperature: f64) -> Self {
        let find = |label: &String| teachers.iter().position(|it| it == label);
        Self {
            theirs: students.iter().map(find).collect(),
            of: teachers.len(),
            temperature,
        }
    }

    /// Labels that both have.
    fn shared(&self) -> usize {
        self.theirs.iter().flatten().count()
    }

    /// From the teacher's probabilities `[windows, its labels]` to the student's; none for a clip that is mostly of
    /// labels that the student does not have.
    fn answers(&self, probabilities: &[f64]) -> Option<Vec<f32>> {
        let windows = probabilities.len() / self.of;
        let mut known = 0.0;
        let mut out = Vec::with_capacity(windows * self.theirs.len());
        for answer in probabilities.chunks_exact(self.of) {
            let of_students = |label: &Option<usize>| label.map_or(0.0, |label| answer[label]);
            known += self.theirs.iter().map(of_students).sum::<f64>();
            let flat = |label: &Option<usize>| of_students(label).powf(self.temperature.recip());
            let total: f64 = self
                .theirs
                .iter()
                .map(flat)
                .sum::<f64>()
                .max(f64::MIN_POSITIVE);
            out.extend(self.theirs.iter().map(|it| (flat(it) / total) as f32));
        }
        (known >= LEAST_KNOWN * windows as f64).then_some(out)
    }

    /// The label that the answers of a clip give most.
    fn most(&self, answers: &[f32]) -> usize {
        let of = self.theirs.len();
        let sum = |label: usize| -> f32 { answers.iter().skip(label).step_by(of).sum() };
        (0..of)
            .max_by(|&a, &b| sum(a).total_cmp(&sum(b)).then(b.cmp(&a)))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Labels, Taught};

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn rows_are_taught_by_the_windows_over_them() {
        let taught = Taught {
            hop_rows: 10.0,
            window_rows: 10.0,
            probabilities: vec![1.0, 0.0, 0.0, 1.0, 0.5, 0.5],
        };
        let over = |rows| {
            let mut out = [0.0; 2];
            taught.over(rows, &mut out);
            out
        };
        assert_eq!(over(0..10), [1.0, 0.0]);
        assert_eq!(over(5..15), [0.5, 0.5]);
        assert_eq!(over(8..18), [0.2, 0.8]);
        assert_eq!(over(12..20), [0.0, 1.0]);
        assert_eq!(over(40..50), [0.5, 0.5], "behind the last window");
    }

    #[test]
    fn labels_are_found_by_name_and_others_teach_nothing() {
        let students = labels(&["blues", "jazz", "polka"]);
        let teachers = labels(&["jazz", "blues", "rock"]);
        let labels = Labels::of(&students, &teachers, 1.0);
        assert_eq!(labels.shared(), 2);
        let answers = labels.answers(&[0.6, 0.2, 0.2]).unwrap();
        assert!((answers[0] - 0.25).abs() < 1e-6 && (answers[1] - 0.75).abs() < 1e-6);
        assert_eq!(answers[2], 0.0);
        assert_eq!(labels.most(&answers), 1);
        assert_eq!(labels.answers(&[0.2, 0.2, 0.6]), None);
        let flat = Labels {
            temperature: 2.0,
            ..labels
        };
        let answers = flat.answers(&[0.8, 0.2, 0.0]).unwrap();
        assert!((answers[1] - 2.0 / 3.0).abs() < 1e-6, "{answers:?}");
    }
}
