//! Samples to records without a device: what is said follows from the samples alone.
use crate::support::{BANDS, RATE_HZ, metadata, tone};
use needledrop_device::{
    judge::Classifier, limits::MUTED_SECONDS, pipeline::Pipeline, profile::Profile,
};
use needledrop_protocol::{
    Body, Format, NoAudio, NoMusic, Record, State, Status, Tag, Verifier, encode,
};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use std::{cell::Cell, convert::Infallible, rc::Rc};

/// Compares the lower with the upper bands, as the tiny model's graph does, and counts its calls.
#[derive(Clone, Default)]
struct Ear {
    calls: Rc<Cell<u32>>,
}

impl Classifier for Ear {
    type Error = Infallible;

    fn logits(&mut self, window: &[i16], out: &mut [f32]) -> Result<(), Infallible> {
        self.calls.set(self.calls.get() + 1);
        let mean = |rows: &[i16], range: std::ops::Range<usize>| -> f32 {
            let values = rows.chunks(BANDS).flat_map(|row| &row[range.clone()]);
            values.map(|&value| f32::from(value)).sum::<f32>() / (256.0 * rows.len() as f32 / 2.0)
        };
        let tilt = mean(window, 0..BANDS / 2) - mean(window, BANDS / 2..BANDS);
        out.copy_from_slice(&[0.1 * tilt, -0.1 * tilt, 0.0]);
        Ok(())
    }
}

fn pipeline() -> (Pipeline<Ear>, Rc<Cell<u32>>) {
    let ear = Ear::default();
    let calls = Rc::clone(&ear.calls);
    let profile = Profile::new(metadata(), &"ab".repeat(32), None).expect("the profile is valid");
    (Pipeline::new(profile, ear), calls)
}

/// Records of one source, in pieces of the given lengths over and over.
fn hear(pipeline: &mut Pipeline<Ear>, pcm: &[i16], pieces: &[usize]) -> Vec<Record> {
    let mut records = Vec::new();
    pipeline
        .begin("test", Some(RATE_HZ), |record| records.push(record))
        .expect("a usable rate");
    let mut rest = pcm;
    for &piece in pieces.iter().cycle() {
        let (now, later) = rest.split_at(piece.min(rest.len()));
        let Ok(()) = pipeline.push(now, |record| records.push(record));
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    let Ok(()) = pipeline.finish(|record| records.push(record));
    records
}

fn tags(records: &[Record]) -> Vec<&Tag> {
    let tag = |record: &'_ Record| matches!(record.body, Body::Tag(_));
    records
        .iter()
        .filter(|record| tag(record))
        .filter_map(|record| match &record.body {
            Body::Tag(tag) => Some(tag),
            _ => None,
        })
        .collect()
}

fn statuses(records: &[Record]) -> Vec<(u64, &Status)> {
    records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Status(status) => Some((record.time.samples, status)),
            _ => None,
        })
        .collect()
}

fn bytes(records: &[Record]) -> String {
    records
        .iter()
        .map(|record| encode(record, Format::Nmea).to_string())
        .collect()
}

/// Music, silence, a soft passage and noise: every state comes up.
fn medley() -> Vec<i16> {
    let mut pcm = tone(200.0, 8_000.0, 2.0);
    pcm.extend(vec![0; 5 * RATE_HZ as usize / 2]);
    pcm.extend(tone(5_000.0, 9_000.0, 1.7));
    pcm.extend(tone(900.0, 6.0, 1.5));
    pcm.extend((0..RATE_HZ).map(|n| (n.wrapping_mul(2_654_435_761) >> 17) as i16 / 3));
    pcm.extend(tone(200.0, 40_000.0, 1.3));
    pcm
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_chunking_gives_the_same_bytes(pieces in prop::collection::vec(1_usize..9_000, 1..8)) {
        let (mut pipeline, _) = pipeline();
        let whole = bytes(&hear(&mut pipeline, &medley(), &[usize::MAX]));
        let (mut pipeline, _) = self::pipeline();
        prop_assert_eq!(bytes(&hear(&mut pipeline, &medley(), &pieces)), whole);
    }

    #[test]
    fn any_samples_give_records_in_order(pcm in prop::collection::vec(any::<i16>(), 0..30_000)) {
        let (mut pipeline, _) = pipeline();
        let records = hear(&mut pipeline, &pcm, &[777]);
        let mut verifier = Verifier::new();
        let mut last_time = 0;
        for record in &records {
            prop_assert_eq!(verifier.line(encode(record, Format::Jsonl).as_bytes()).finding, None);
            assert!(record.time.samples >= last_time || matches!(record.body, Body::Tag(_)));
            last_time = record.time.samples;
        }
        prop_assert_eq!(tags(&records).iter().filter(|tag| tag.last).count(), 1);
    }
}

#[test]
fn every_state_is_reached_and_named() {
    let (mut pipeline, _) = pipeline();
    let records = hear(&mut pipeline, &medley(), &[4_096]);
    let states: Vec<State> = tags(&records).iter().map(|tag| tag.state).collect();
    for expected in [
        State::Music,
        State::Uncertain,
        State::NoMusic(NoMusic::Level),
        State::NoAudio(NoAudio::Muted),
    ] {
        assert!(states.contains(&expected), "{expected:?} in {states:?}");
    }
    let genres: Vec<&str> = tags(&records)
        .iter()
        .filter(|tag| tag.state == State::Music)
        .map(|tag| tag.candidates[0].label.as_str())
        .collect();
    assert!(
        genres.starts_with(&["low, tenor"]) && genres.contains(&"high"),
        "{genres:?}"
    );
}

#[test]
fn a_source_does_not_know_the_one_before() {
    let (mut pipeline, _) = pipeline();
    let first = hear(&mut pipeline, &medley(), &[1_000]);
    hear(&mut pipeline, &tone(5_000.0, 9_000.0, 3.3), &[1_000]);
    let again = hear(&mut pipeline, &medley(), &[1_000]);
    let tags_of = |records: &[Record]| tags(records).into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(tags_of(&first), tags_of(&again));
    assert!(
        again[0].sequence > first[0].sequence,
        "sequence numbers go on"
    );
}

#[test]
fn tags_come_once_a_hop_at_the_end_of_their_windows() {
    let (mut pipeline, calls) = pipeline();
    let records = hear(&mut pipeline, &tone(200.0, 8_000.0, 3.0), &[500]);
    let times: Vec<u64> = records
        .iter()
        .filter(|record| matches!(&record.body, Body::Tag(tag) if !tag.last))
        .map(|record| record.time.samples)
        .collect();
    // Window k ends at model sample 512 + 256 * (39 + 20 k), 44 100 / 16 000 input samples each, rounded up.
    let expected: Vec<u64> = (0..times.len() as u64)
        .map(|k| ((512 + 256 * (39 + 20 * k)) * 441_u64).div_ceil(160))
        .collect();
    assert_eq!(times, expected);
    // 187 frames fit in 3 s: windows start at frames 0, 20, ... 140.
    assert_eq!((times.len(), calls.get()), (8, 8));
}

#[test]
fn the_gate_keeps_silence_from_the_net() {
    let (mut pipeline, calls) = pipeline();
    let soft = tone(200.0, 20.0, 3.0);
    let records = hear(&mut pipeline, &soft, &[500]);
    assert_eq!(calls.get(), 0, "amplitude 20 is -67 dBFS");
    assert!(
        tags(&records)
            .iter()
            .all(|tag| tag.state == State::NoMusic(NoMusic::Level) && tag.candidates.is_empty())
    );
    assert_eq!(tags(&records)[0].level_dbfs_x10, Some(-673));
}

#[test]
fn zeros_are_muted_after_two_seconds_and_sound_ends_it() {
    let (mut pipeline, _) = pipeline();
    let mut pcm = tone(200.0, 8_000.0, 1.0);
    pcm.extend(vec![0; 3 * RATE_HZ as usize]);
    pcm.extend(tone(200.0, 8_000.0, 0.3));
    let records = hear(&mut pipeline, &pcm, &[333]);
    let at = |state: State| {
        records
            .iter()
            .find(|record| matches!(&record.body, Body::Tag(tag) if tag.state == state))
            .map(|record| record.time.samples)
    };
    let muted_at = at(State::NoAudio(NoAudio::Muted)).unwrap();
    let due = u64::from((1 + MUTED_SECONDS) * RATE_HZ);
    assert!(
        (due..due + 2 * 441).contains(&muted_at),
        "{muted_at} is within a cell or two of {due}"
    );
    let resumed = records
        .iter()
        .skip_while(|record| record.time.samples < muted_at)
        .find(|record| matches!(&record.body, Body::Tag(tag) if tag.state == State::Uncertain));
    let resumed_at = resumed.unwrap().time.samples;
    assert!(
        (4 * 44_100..4 * 44_100 + 441).contains(&resumed_at),
        "{resumed_at}"
    );
    assert!(
        tags(&records).last().unwrap().short,
        "0.3 s after the silence are less than a window"
    );
}

#[test]
fn a_status_comes_every_ten_seconds_and_counts() {
    let (mut pipeline, _) = pipeline();
    let mut pcm = tone(200.0, 8_000.0, 20.5);
    pcm[5_000] = i16::MAX;
    pcm[5_001] = i16::MIN;
    let records = hear(&mut pipeline, &pcm, &[4_410]);
    let periodic: Vec<_> = statuses(&records)
        .into_iter()
        .filter(|(time, _)| time % 441_000 == 0)
        .collect();
    assert_eq!(periodic.len(), 2);
    for (_, status) in periodic {
        assert_eq!(status.clipped_samples, 2);
        assert_eq!(
            (status.real_time_factor_permille, status.temperature_c_x10),
            (None, None)
        );
        assert_eq!((status.model_rate_hz, status.state), (16_000, State::Music));
        assert!(
            status
                .level_dbfs_x10
                .is_some_and(|level| (-155..=-151).contains(&level)),
            "{status:?}"
        );
    }
}

#[test]
fn losses_move_the_clock_and_are_said_at_once() {
    let (mut pipeline, _) = pipeline();
    let mut records = Vec::new();
    pipeline
        .begin("test", Some(RATE_HZ), |record| records.push(record))
        .unwrap();
    let Ok(()) = pipeline.push(&tone(200.0, 8_000.0, 0.5), |record| records.push(record));
    records.clear();
    pipeline.lost(1_000, |record| records.push(record));
    assert_eq!(statuses(&records)[0].1.overrun_samples, 1_000);
    assert_eq!(records[0].time.samples, 22_050 + 1_000);
    pipeline.lost(0, |record| records.push(record));
    assert_eq!(records.len(), 1, "at most one a second");
    records.clear();
    let Ok(()) = pipeline.push(&tone(200.0, 8_000.0, 0.5), |record| records.push(record));
    let Body::Tag(tag) = &records[0].body else {
        panic!("a tag comes first: {records:?}")
    };
    assert_eq!(
        (tag.state, records[0].time.samples),
        (State::Music, 28_930 + 1_000)
    );
}

#[test]
fn a_long_loss_is_not_a_burst_of_statuses() {
    let (mut pipeline, _) = pipeline();
    let mut records = Vec::new();
    pipeline
        .begin("test", Some(RATE_HZ), |record| records.push(record))
        .unwrap();
    let hour = 3_600 * u64::from(RATE_HZ);
    pipeline.lost(hour, |record| records.push(record));
    records.clear();
    let Ok(()) = pipeline.push(&tone(200.0, 8_000.0, 11.0), |record| records.push(record));
    let times: Vec<u64> = statuses(&records).iter().map(|(time, _)| *time).collect();
    // The one that was due during the loss, the change to music, and the next multiple of 10 s.
    assert_eq!(times.len(), 3, "{times:?}");
    assert_eq!(times[2], hour + 441_000);
}

#[test]
fn a_lost_device_is_a_state_and_the_next_sound_ends_it() {
    let (mut pipeline, _) = pipeline();
    let mut records = Vec::new();
    pipeline
        .begin("mic", None, |record| records.push(record))
        .unwrap();
    pipeline.no_audio(NoAudio::Lost, |record| records.push(record));
    assert_eq!(records[0].time.rate_hz, 0);
    assert_eq!(tags(&records)[0].state, State::NoAudio(NoAudio::Lost));
    records.clear();
    pipeline
        .begin("mic", Some(RATE_HZ), |record| records.push(record))
        .unwrap();
    pipeline.no_audio(NoAudio::Starved, |record| records.push(record));
    let Ok(()) = pipeline.push(&tone(200.0, 8_000.0, 1.0), |record| records.push(record));
    let states: Vec<State> = tags(&records).iter().map(|tag| tag.state).collect();
    assert_eq!(
        states[..3],
        [
            State::NoAudio(NoAudio::Starved),
            State::Uncertain,
            State::Music
        ]
    );
}

#[test]
fn clips_shorter_than_a_window_and_than_a_frame_still_end_in_one_record() {
    let (mut pipeline, _) = pipeline();
    let short = hear(&mut pipeline, &tone(200.0, 8_000.0, 0.2), &[100]);
    let found = tags(&short);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].state, found[0].short, found[0].last),
        (State::Music, true, true)
    );
    let tiny = hear(&mut pipeline, &tone(200.0, 8_000.0, 0.01), &[100]);
    assert_eq!(
        (tags(&tiny).len(), tags(&tiny)[0].state),
        (1, State::Uncertain)
    );
    let empty = hear(&mut pipeline, &[], &[1]);
    assert_eq!(tags(&empty).len(), 1);
}

#[test]
fn a_shorter_hop_speaks_more_often() {
    let count = |hop: Option<f64>| {
        let profile = Profile::new(metadata(), &"ab".repeat(32), hop).unwrap();
        let mut pipeline = Pipeline::new(profile, Ear::default());
        tags(&hear(&mut pipeline, &tone(200.0, 8_000.0, 3.0), &[500])).len()
    };
    assert_eq!((count(None), count(Some(0.16))), (9, 16));
    for wrong in [0.0, -1.0, 0.7, f64::NAN] {
        assert!(
            Profile::new(metadata(), &"ab".repeat(32), Some(wrong)).is_err(),
            "{wrong}"
        );
    }
}
