//! The first half of preparing, for those who only want to know: layout, decoding, duplicates and groups, by the very
//! functions that prepare a data set, but nothing is stored.

use super::decode::Decoder;
use super::layout::{self, Found, Input, Layout, Source, Table};
use super::problem::{self, Problem};
use super::relations::{group_names, leaks, originals};
use super::similar::Fingerprints;
use super::spool::SpooledClip;
use super::threads;
use crate::Split;
use crate::progress::Progress;
use needledrop_audio::AudioFile;
use needledrop_frontend::FrontendConfig;
use rayon::prelude::*;

/// What raw data holds.
pub(crate) struct Survey {
    pub(crate) layout: Layout,
    /// Sentences on the data as a whole.
    pub(crate) remarks: Vec<String>,
    /// Clips that can be used, sorted by id.
    pub(crate) clips: Vec<SurveyedClip>,
    /// Sorted.
    pub(crate) problems: Vec<Problem>,
    /// Tables of numbers beside FMA's tracks.
    pub(crate) tables: Vec<Table>,
}

/// A clip that can be used.
pub(crate) struct SurveyedClip {
    pub(crate) id: String,
    pub(crate) genre: String,
    pub(crate) split: Option<Split>,
    pub(crate) group: String,
    /// The first clip with the same audio, if that is another one.
    pub(crate) duplicate_of: Option<String>,
    /// None for features that others made.
    pub(crate) sample_rate_hz: Option<u32>,
    /// None where a header does not say.
    pub(crate) seconds: Option<f64>,
}

/// Looks at raw data with `jobs` threads (0 is one a core); `quick` reads headers only and finds no duplicates.
///
/// # Errors
/// What is wrong with the data as a whole.
pub(crate) fn survey(
    input: &Input,
    frontend: &FrontendConfig,
    jobs: usize,
    quick: bool,
) -> anyhow::Result<Survey> {
    let found = layout::find(input)?;
    let tables = match found.layout {
        Layout::Fma => layout::tables(&input.data)?,
        _ => Vec::new(),
    };
    let pool = threads::pool(jobs)?;
    let progress = Progress::new(
        if quick { "read headers" } else { "decode" },
        "clips",
        found.sources.len() as u64,
    );
    let heard = pool.install(|| {
        let sources = found.sources.par_iter().enumerate();
        sources
            .map_init(
                || Decoder::new(frontend, &[]),
                |decoder, (index, source)| {
                    let heard = if quick {
                        glance(index, source)
                    } else {
                        hear(decoder, index, source)
                    };
                    progress.advance(1);
                    heard
                },
            )
            .collect::<Vec<_>>()
    });
    progress.finish();
    let survey = put_together(found, heard, tables);
    if survey.clips.is_empty() {
        problem::say_some(&survey.problems);
    }
    Ok(survey)
}

/// A clip with its length in samples, and notes on it; or why it can't be used.
type Heard = Result<(SpooledClip, Option<u64>, Fingerprint, Vec<Problem>), Problem>;

/// Empty where nothing was decoded.
type Fingerprint = Vec<u32>;

fn hear(decoder: &mut Decoder<'_>, index: usize, source: &Source) -> Heard {
    let (decoded, notes) = decoder.decode(source)?;
    let clip = SpooledClip::of(index, &decoded);
    let samples = clip.samples;
    Ok((clip, Some(samples), decoded.fingerprint, notes))
}

/// Opening decodes the first packet, which finds most files that are no audio.
fn glance(index: usize, source: &Source) -> Heard {
    let file = AudioFile::open(&source.path)
        .map_err(|error| source.with_record(Problem::of_file(&source.id, &source.path, &error)))?;
    let rate_hz = file.sample_rate_hz();
    let samples = file.promised_samples();
    let seconds = samples.map(|samples| samples as f64 / f64::from(rate_hz));
    if let Some(seconds) = seconds {
        source
            .check_length(seconds)
            .map_err(|problem| source.with_record(problem))?;
    }
    let note = seconds.and_then(|seconds| source.length_note(seconds));
    let clip = SpooledClip {
        source: index,
        // Unknown, so like no other's.
        pcm_sha256: source.id.clone(),
        sample_rate_hz: rate_hz,
        samples: 0,
        frames: 0,
        blobs: Vec::new(),
    };
    Ok((clip, samples, Vec::new(), Vec::from_iter(note)))
}

fn put_together(found: Found, heard: Vec<Heard>, tables: Vec<Table>) -> Survey {
    let Found {
        layout,
        sources,
        mut problems,
        remarks,
    } = found;
    let mut clips = Vec::new();
    let mut lengths = Vec::new();
    let mut fingerprints = Fingerprints::default();
    for heard in heard {
        match heard {
            Ok((clip, samples, fingerprint, notes)) => {
                fingerprints.push(fingerprint);
                lengths.push(samples);
                clips.push(clip);
                problems.extend(notes);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let alike = fingerprints.first_alike();
    let originals = originals(&sources, &clips, &alike, &mut problems);
    let groups = group_names(&sources, &clips, &alike);
    let with_split = clips.iter().zip(&groups).filter_map(|(clip, group)| {
        let source = &sources[clip.source];
        Some((group.as_str(), source.split?, source.id.as_str()))
    });
    problems.extend(leaks(with_split));
    problems.sort();
    let clips = clips
        .iter()
        .zip(lengths)
        .zip(originals.into_iter().zip(groups))
        .map(|((clip, samples), (original, group))| {
            let source = &sources[clip.source];
            SurveyedClip {
                id: source.id.clone(),
                genre: source.genre.clone(),
                split: source.split,
                group,
                duplicate_of: original.exact.map(|first| sources[first].id.clone()),
                sample_rate_hz: Some(clip.sample_rate_hz),
                seconds: samples.map(|samples| samples as f64 / f64::from(clip.sample_rate_hz)),
            }
        })
        .collect();
    Survey {
        layout,
        remarks,
        clips,
        problems,
        tables,
    }
}
