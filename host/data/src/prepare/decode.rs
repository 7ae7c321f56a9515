//! From one file to features: its path goes in; log-mel, PCM, levels, fingerprint and digest come out.

use super::fingerprint;
use super::layout::Source;
use super::levels::{Levels, Meter, SILENT_DBFS};
use super::problem::{Problem, ProblemKind};
use crate::fma518::{self, Fma518};
use crate::{Kind, to_le_bytes};
use needledrop_audio::{AudioFile, DecodeReport};
use needledrop_bundle::NO_MUSIC;
use needledrop_frontend::{FrontendConfig, PcmFrontend, Resampler};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// A clip's features and what is known of its audio.
pub(super) struct Decoded {
    pub(super) pcm_sha256: [u8; 32],
    pub(super) sample_rate_hz: u32,
    pub(super) report: DecodeReport,
    pub(super) frames: usize,
    pub(super) levels: Levels,
    pub(super) fingerprint: Vec<u32>,
    /// Little-endian, in the order of [`Decoder::kinds`].
    pub(super) values: Vec<Vec<u8>>,
}

impl Decoded {
    /// Length of the audio.
    pub(super) fn seconds(&self) -> f64 {
        self.report.samples as f64 / f64::from(self.sample_rate_hz)
    }
}

/// Decodes files one after the other; keeps one frontend per input rate, since its tables take longer to make than a
/// short clip takes to process.
pub(super) struct Decoder<'a> {
    config: &'a FrontendConfig,
    kinds: &'a [Kind],
    by_rate: HashMap<u32, Stages>,
    fma518: Option<Fma518>,
}

struct Stages {
    frontend: PcmFrontend,
    /// To the frontend's rate, for kind `pcm`.
    to_model: Option<Resampler>,
    /// To the rate of kind `fma518`, whatever the frontend's.
    to_study: Option<Resampler>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(config: &'a FrontendConfig, kinds: &'a [Kind]) -> Self {
        Self {
            config,
            kinds,
            by_rate: HashMap::new(),
            fma518: kinds.contains(&Kind::Fma518).then(Fma518::new),
        }
    }

    /// Decodes a source; gives its features and what is to be noted of it, or why it is left out.
    pub(super) fn decode(&mut self, source: &Source) -> Result<(Decoded, Vec<Problem>), Problem> {
        let decoded = self
            .decode_file(&source.id, &source.path)
            .and_then(|decoded| source.check_length(decoded.seconds()).map(|()| decoded))
            .and_then(|decoded| check_audible(source, &decoded).map(|()| decoded))
            .map_err(|problem| source.with_record(problem))?;
        let notes = notes(source, &decoded)
            .into_iter()
            .map(|note| source.with_record(note))
            .collect();
        Ok((decoded, notes))
    }

    /// Decodes `path`; `id` names it in problems.
    fn decode_file(&mut self, id: &str, path: &Path) -> Result<Decoded, Problem> {
        let bad = |reason: String| Problem::of_file(id, path, &reason);
        let mut file = AudioFile::open(path).map_err(|error| bad(error.to_string()))?;
        let rate_hz = file.sample_rate_hz();
        let stages = self.stages(rate_hz).map_err(bad)?;
        let mut digest = Sha256::new();
        digest.update(rate_hz.to_le_bytes());
        let mut meter = Meter::new(rate_hz);
        let mut features = Features::default();
        let mut bytes = Vec::new();
        loop {
            let block = match file.next_block() {
                Ok(Some(block)) => block,
                Ok(None) => break,
                Err(error) => {
                    stages.reset();
                    return Err(bad(error.to_string()));
                }
            };
            bytes.clear();
            bytes.extend(block.iter().flat_map(|sample| sample.to_le_bytes()));
            digest.update(&bytes);
            meter.push(block);
            stages.push(block, &mut features);
        }
        stages.finish(&mut features);
        let report = file.report();
        if features.frames == 0 {
            let seconds = report.samples as f64 / f64::from(rate_hz);
            return Err(Problem::new(
                ProblemKind::TooShort,
                id,
                format!("{seconds:.3} s is less than one frame"),
            ));
        }
        let values = self.kinds.iter().map(|kind| match kind {
            Kind::LogMel => to_le_bytes(&features.log_mel),
            Kind::Pcm => to_le_bytes(&features.pcm),
            Kind::Fma518 => {
                let fma518 = self.fma518.get_or_insert_default();
                to_le_bytes(&fma518.compute(&features.study_pcm))
            }
        });
        Ok(Decoded {
            pcm_sha256: digest.finalize().into(),
            sample_rate_hz: rate_hz,
            report,
            frames: features.frames,
            levels: meter.finish(),
            fingerprint: fingerprint::of_log_mel(self.config, &features.log_mel),
            values: values.collect(),
        })
    }

    fn stages(&mut self, rate_hz: u32) -> Result<&mut Stages, String> {
        match self.by_rate.entry(rate_hz) {
            std::collections::hash_map::Entry::Occupied(stages) => Ok(stages.into_mut()),
            std::collections::hash_map::Entry::Vacant(place) => {
                let failed = |error: needledrop_frontend::ConfigError| error.to_string();
                let frontend = PcmFrontend::new(self.config, rate_hz).map_err(failed)?;
                let resampler = |kind: Kind, to_hz: u32| {
                    let wanted = self.kinds.contains(&kind);
                    wanted.then(|| Resampler::new(rate_hz, to_hz)).transpose()
                };
                Ok(place.insert(Stages {
                    frontend,
                    to_model: resampler(Kind::Pcm, self.config.sample_rate_hz).map_err(failed)?,
                    to_study: resampler(Kind::Fma518, fma518::SAMPLE_RATE_HZ).map_err(failed)?,
                }))
            }
        }
    }
}

/// Refuses a clip in which there is nothing to hear, unless that is what it shall teach.
fn check_audible(source: &Source, decoded: &Decoded) -> Result<(), Problem> {
    if !decoded.levels.is_silent() || source.genre == NO_MUSIC {
        return Ok(());
    }
    let reason = if decoded.levels.loudest_dbfs == f64::NEG_INFINITY {
        "all its samples are equal".to_owned()
    } else {
        let level = decoded.levels.loudest_dbfs;
        format!("its loudest second has {level:.1} dBFS, less than {SILENT_DBFS:.0}")
    };
    Err(Problem::new(ProblemKind::Silent, source.id.clone(), reason))
}

/// What to say of a clip that is kept.
fn notes(source: &Source, decoded: &Decoded) -> Vec<Problem> {
    let id = source.id.as_str();
    let mut notes = Vec::from_iter(source.length_note(decoded.seconds()));
    let packets = decoded.report.damaged_packets;
    if packets > 0 {
        notes.push(Problem::new(
            ProblemKind::Damaged,
            id,
            format!("{packets} packets did not decode and were left out"),
        ));
    }
    if decoded.report.truncated {
        notes.push(Problem::new(
            ProblemKind::Truncated,
            id,
            format!("the file breaks off after {:.1} s", decoded.seconds()),
        ));
    }
    if decoded.levels.is_clipped() {
        let percent = decoded.levels.clipped_share * 100.0;
        notes.push(Problem::new(
            ProblemKind::Clipped,
            id,
            format!("{percent:.1} % of its samples stay at full scale"),
        ));
    }
    notes
}

#[derive(Default)]
struct Features {
    log_mel: Vec<i16>,
    frames: usize,
    pcm: Vec<i16>,
    study_pcm: Vec<i16>,
}

impl Features {
    fn add_frame(&mut self, frame: &[i16]) {
        self.log_mel.extend_from_slice(frame);
        self.frames += 1;
    }
}

impl Stages {
    fn push(&mut self, pcm: &[i16], features: &mut Features) {
        self.frontend.push(pcm, |frame| features.add_frame(frame));
        if let Some(resampler) = &mut self.to_model {
            resampler.push(pcm, |block| features.pcm.extend_from_slice(block));
        }
        if let Some(resampler) = &mut self.to_study {
            resampler.push(pcm, |block| features.study_pcm.extend_from_slice(block));
        }
    }

    fn finish(&mut self, features: &mut Features) {
        self.frontend.finish(|frame| features.add_frame(frame));
        if let Some(resampler) = &mut self.to_model {
            resampler.finish(|block| features.pcm.extend_from_slice(block));
        }
        if let Some(resampler) = &mut self.to_study {
            resampler.finish(|block| features.study_pcm.extend_from_slice(block));
        }
    }

    fn reset(&mut self) {
        self.frontend.reset();
        for resampler in self.to_model.iter_mut().chain(&mut self.to_study) {
            resampler.reset();
        }
    }
}
