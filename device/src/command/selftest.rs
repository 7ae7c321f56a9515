//! `selftest`: known signals through the frontend, the model and the decision of this very build.
use super::model;
use crate::args::ModelArgs;
use needledrop_bundle::InputKind;
use needledrop_device::pipeline::Pipeline;
use needledrop_frontend::{FLOOR_DB_Q8, FrontendConfig};
use needledrop_infer::Features;
use needledrop_infer::Net;
use needledrop_protocol::{Body, Format, NoAudio, Record, State, Verifier, encode};
use std::io::{self, Write as _};

/// Rate of the signals: twice the usual model rate, so that the resampler works too.
const RATE_HZ: u32 = 44_100;

/// Checks in order; each prints `ok` or `fail` and what was seen.
pub(crate) fn selftest(args: &ModelArgs) -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    let mut all = true;
    let mut report = |name: &str, found: Result<String, String>| {
        all &= found.is_ok();
        let (word, detail) = match found {
            Ok(detail) => ("ok", detail),
            Err(detail) => ("fail", detail),
        };
        writeln!(out, "{word:5} {name}: {detail}")
    };
    let mut model = match model::open(args) {
        Ok(model) => model,
        // A file that is there but can't be used is a failed check; none at all is a mistake of the caller.
        Err(error) if !args.model.exists() => return Err(error),
        Err(error) => {
            report("model", Err(format!("{error:#}")))?;
            return Ok(false);
        }
    };
    let metadata = model.metadata.clone();
    report(
        "model",
        Ok(format!(
            "{} sha256 {}, format {}, frontend {}",
            metadata.name,
            model.sha256,
            needledrop_bundle::FORMAT,
            metadata.origin
        )),
    )?;
    let frontend = model.frontend()?.config;
    report("frontend floor", frontend_floor(&frontend))?;
    report("frontend tone", frontend_tone(&frontend))?;
    report("frontend chunking", frontend_chunking(&frontend))?;
    report(
        "net",
        net(
            &mut model.net,
            metadata.window.values(),
            metadata.labels.len(),
        ),
    )?;
    let mut pipeline = model::pipeline(model, None)?;
    report("decision", decision(&mut pipeline))?;
    report("protocol", protocol(&mut pipeline))?;
    Ok(all)
}

/// A sine of half scale at `frequency_hz`, one second for each of `seconds`.
fn tone(frequency_hz: f64, seconds: u32) -> Vec<i16> {
    let step = frequency_hz * std::f64::consts::TAU / f64::from(RATE_HZ);
    (0..RATE_HZ * seconds)
        .map(|n| libm::rint(16_384.0 * libm::sin(step * f64::from(n))) as i16)
        .collect()
}

fn rows(config: &FrontendConfig, pcm: &[i16], chunk: usize) -> Result<Vec<Vec<i16>>, String> {
    let mut features =
        Features::new(InputKind::LogMel, config, RATE_HZ).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for piece in pcm.chunks(chunk) {
        features.push(piece, |row| rows.push(row.to_vec()));
    }
    features.finish(|row| rows.push(row.to_vec()));
    match rows.is_empty() {
        true => Err("no frames came out".to_owned()),
        false => Ok(rows),
    }
}

/// Digital silence is the floor in every band.
fn frontend_floor(config: &FrontendConfig) -> Result<String, String> {
    let rows = rows(config, &vec![0; RATE_HZ as usize], 4096)?;
    match rows.iter().flatten().find(|&&value| value != FLOOR_DB_Q8) {
        Some(value) => Err(format!("silence gives {value}, expected {FLOOR_DB_Q8}")),
        None => Ok(format!("{} frames at -100 dB", rows.len())),
    }
}

/// A tone is loudest in one place, far above the bands away from it.
fn frontend_tone(config: &FrontendConfig) -> Result<String, String> {
    let rows = rows(config, &tone(1_000.0, 1), 4096)?;
    let row = &rows[rows.len() / 2];
    let peak = row.iter().enumerate().max_by_key(|(_, value)| **value);
    let Some((band, &value)) = peak else {
        return Err("no bands".to_owned());
    };
    let top = row[row.len() - row.len() / 8 - 1..]
        .iter()
        .max()
        .copied()
        .unwrap_or(0);
    let above_db = f64::from(value.saturating_sub(top)) / 256.0;
    let found = format!(
        "1 kHz peaks in band {band} of {}, {above_db:.0} dB above the top bands",
        row.len()
    );
    match band > 0 && band < row.len() - 1 && above_db > 60.0 {
        true => Ok(found),
        false => Err(found),
    }
}

/// The same bits whatever the pieces.
fn frontend_chunking(config: &FrontendConfig) -> Result<String, String> {
    let pcm = tone(440.0, 1);
    let whole = rows(config, &pcm, pcm.len())?;
    for chunk in [1, 7, 441] {
        if rows(config, &pcm, chunk)? != whole {
            return Err(format!(
                "pieces of {chunk} samples give other frames than the whole"
            ));
        }
    }
    Ok(format!(
        "{} frames, the same in pieces of 1, 7 and 441 samples",
        whole.len()
    ))
}

/// Twice the same window gives twice the same, finite logits.
fn net(net: &mut Net, values: usize, classes: usize) -> Result<String, String> {
    let window: Vec<i16> = (0..values)
        .map(|n| ((n * 7_919) % 20_000) as i16 - 18_000)
        .collect();
    let mut run = || {
        let mut logits = vec![0.0; classes];
        net.logits(&window, &mut logits)
            .map(|()| logits)
            .map_err(|error| error.to_string())
    };
    let (first, second) = (run()?, run()?);
    match first == second {
        true => Ok(format!(
            "{classes} finite logits, the same twice, {} multiply-adds",
            net.multiply_adds()
        )),
        false => Err("the same window gives other logits the second time".to_owned()),
    }
}

fn records(pipeline: &mut Pipeline<Net>, pcm: &[i16]) -> Result<Vec<Record>, String> {
    let mut records = Vec::new();
    let mut keep = |record| records.push(record);
    pipeline
        .begin("selftest", Some(RATE_HZ), &mut keep)
        .map_err(|error| error.to_string())?;
    pipeline
        .push(pcm, &mut keep)
        .map_err(|error| error.to_string())?;
    pipeline
        .finish(&mut keep)
        .map_err(|error| error.to_string())?;
    Ok(records)
}

/// Silence is muted, a soft sound is below the gate, a tone is judged by the model.
fn decision(pipeline: &mut Pipeline<Net>) -> Result<String, String> {
    let last = |records: Vec<Record>| {
        let tag = records
            .into_iter()
            .rev()
            .find_map(|record| match record.body {
                Body::Tag(tag) => Some(tag),
                _ => None,
            });
        tag.ok_or_else(|| "no tag came out".to_owned())
    };
    let silence = last(records(pipeline, &vec![0; 3 * RATE_HZ as usize])?)?;
    if silence.state != State::NoAudio(NoAudio::Muted) {
        return Err(format!("3 s of zeros are {}", silence.state.name()));
    }
    let tone = last(records(pipeline, &tone(440.0, 5))?)?;
    if tone.candidates.is_empty() || !tone.last {
        return Err(format!(
            "a tone is {} without candidates",
            tone.state.name()
        ));
    }
    Ok(format!(
        "zeros are no-audio (muted), a tone is {}",
        tone.state.name()
    ))
}

/// Every record reads back from both formats, in sequence.
fn protocol(pipeline: &mut Pipeline<Net>) -> Result<String, String> {
    let records = records(pipeline, &tone(440.0, 11))?;
    for format in [Format::Nmea, Format::Jsonl] {
        let mut verifier = Verifier::new();
        for record in &records {
            let read = verifier.line(encode(record, format).as_bytes());
            if read.record.as_ref() != Ok(record) || read.finding.is_some() {
                return Err(format!("{format} changes record {}", record.sequence));
            }
        }
    }
    Ok(format!(
        "{} records read back from nmea and jsonl",
        records.len()
    ))
}
