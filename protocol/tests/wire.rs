//! Both formats carry every record unchanged, fit their bound, and survive any bytes.
use heapless::Vec as FixedVec;
use needledrop_protocol::{
    Begin, Body, Candidate, Error, Format, Hex, MAX_LINE_BYTES, Record, SampleTime, State, Status,
    Tag, Text, encode, parse,
};
use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

fn texts() -> impl Strategy<Value = Text> {
    prop_oneof![any::<String>(), "[a-z ,*$%]{0,20}"].prop_map(|text| Text::shortened(&text))
}

fn states() -> impl Strategy<Value = State> {
    prop::sample::select(State::ALL.to_vec())
}

fn candidates(least: usize) -> impl Strategy<Value = FixedVec<Candidate, 3>> {
    let one = (texts(), 0_u16..=1000).prop_map(|(label, permille)| Candidate { label, permille });
    prop::collection::vec(one, least..=3).prop_map(|list| list.into_iter().collect())
}

fn tags() -> impl Strategy<Value = Tag> {
    let state = states();
    (
        state.prop_flat_map(|state| (Just(state), candidates(usize::from(state == State::Music)))),
        any::<(Option<i16>, bool, bool)>(),
    )
        .prop_map(|((state, candidates), (level_dbfs_x10, short, last))| Tag {
            state,
            candidates,
            level_dbfs_x10,
            short,
            last,
        })
}

fn begins() -> impl Strategy<Value = Begin> {
    (texts(), texts(), texts(), any::<([u8; 4], [u8; 8])>()).prop_map(
        |(firmware, model, source, (digest, id))| Begin {
            firmware,
            model,
            model_digest: Hex(digest),
            frontend_id: Hex(id),
            source,
        },
    )
}

fn statuses() -> impl Strategy<Value = Status> {
    (
        states(),
        any::<(Option<i16>, u64, u64, u64)>(),
        any::<(u32, u32, u32)>(),
        any::<([u8; 4], Option<u32>, Option<i16>)>(),
    )
        .prop_map(
            |(
                state,
                (level, clipped, overrun, dropped),
                (audio, serial, rate),
                (digest, factor, temperature),
            )| Status {
                state,
                level_dbfs_x10: level,
                clipped_samples: clipped,
                overrun_samples: overrun,
                dropped_records: dropped,
                audio_restarts: audio,
                serial_restarts: serial,
                model_rate_hz: rate,
                model_digest: Hex(digest),
                real_time_factor_permille: factor,
                temperature_c_x10: temperature,
            },
        )
}

fn records() -> impl Strategy<Value = Record> {
    let body = prop_oneof![
        begins().prop_map(Body::Begin),
        tags().prop_map(Body::Tag),
        statuses().prop_map(Body::Status)
    ];
    (any::<(u32, u64, u32)>(), body).prop_map(|((sequence, samples, rate_hz), body)| Record {
        sequence,
        time: SampleTime { samples, rate_hz },
        body,
    })
}

fn formats() -> impl Strategy<Value = Format> {
    prop::sample::select(vec![Format::Nmea, Format::Jsonl])
}

proptest! {
    #[test]
    fn every_record_comes_back(record in records(), format in formats()) {
        let line = encode(&record, format);
        prop_assert_eq!(parse(line.as_bytes()), Ok(record.clone()));
        prop_assert_eq!(parse(line.trim_end().as_bytes()), Ok(record), "without its line end");
    }

    #[test]
    fn a_line_is_one_line_of_ascii_or_json(record in records(), format in formats()) {
        let line = encode(&record, format);
        let content = line.trim_end_matches(['\r', '\n']);
        prop_assert!(!content.contains(['\r', '\n']));
        match format {
            Format::Nmea => prop_assert!(line.is_ascii() && line.ends_with("\r\n")),
            Format::Jsonl => prop_assert!(line.ends_with('\n'), "{line}"),
        }
    }

    #[test]
    fn any_bytes_give_a_record_or_an_error(bytes in any::<Vec<u8>>(), start in prop::sample::select(vec!["", "$", "{", "$NDTAG,", "$NDSTA,1,2,3,", "{\"type\":\"tag\","])) {
        let mut line = start.as_bytes().to_vec();
        line.extend(bytes);
        if let Err(error) = parse(&line) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    /// A CRC-16 finds every single changed byte.
    #[test]
    fn one_changed_byte_is_always_found(record in records(), at in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let mut line = encode(&record, Format::Nmea).trim_end().as_bytes().to_vec();
        let at = at.index(line.len());
        line[at] ^= flip;
        prop_assert!(parse(&line).is_err());
    }

    /// Right checksums around wrong fields: the field readers see anything at all.
    #[test]
    fn any_fields_with_a_right_checksum_never_panic(name in prop::sample::select(vec!["NDBEG", "NDTAG", "NDSTA"]), fields in prop::collection::vec("[ -~]{0,9}|[0-9]{1,22}|-[0-9]{1,9}", 0..20)) {
        let content = format!("{name},{}", fields.join(","));
        let crc = crc::Crc::<u16>::new(&crc::CRC_16_IBM_3740).checksum(content.as_bytes());
        let parsed = parse(format!("${content}*{crc:04X}").as_bytes());
        let checksum_failed = matches!(parsed, Err(Error::Crc { .. } | Error::NoCrc { .. }));
        prop_assert!(!checksum_failed);
    }

    #[test]
    fn any_json_members_never_panic(kind in prop::sample::select(vec!["begin", "tag", "status"]), members in prop::collection::vec(("sequence|time_samples|rate_hz|state|genre|probability_permille|short|protocol|level_dbfs_x10", "null|true|[0-9]{1,22}|-[0-9]{1,6}|1e[0-9]{1,3}|\"[a-z]{0,9}\"|\\[\\]"), 0..9)) {
        let members: String = members.iter().map(|(name, value)| format!(",\"{name}\":{value}")).collect();
        let _ = parse(format!("{{\"type\":\"{kind}\"{members}}}").as_bytes());
    }
}

#[test]
fn the_longest_records_fit() {
    // U+0001 takes 3 characters in a sentence and 6 in JSON: the most that one byte can.
    let text = Text::shortened(&"\u{1}".repeat(Text::MAX_BYTES));
    let longest_state = State::NoAudio(needledrop_protocol::NoAudio::Starved);
    let candidate = Candidate {
        label: text.clone(),
        permille: 1000,
    };
    let begin = Begin {
        firmware: text.clone(),
        model: text.clone(),
        model_digest: Hex([0; 4]),
        frontend_id: Hex([0; 8]),
        source: text,
    };
    let tag = Tag {
        state: longest_state,
        candidates: [candidate.clone(), candidate.clone(), candidate]
            .into_iter()
            .collect(),
        level_dbfs_x10: Some(i16::MIN),
        short: false,
        last: false,
    };
    let status = Status {
        state: longest_state,
        level_dbfs_x10: Some(i16::MIN),
        clipped_samples: u64::MAX,
        overrun_samples: u64::MAX,
        dropped_records: u64::MAX,
        audio_restarts: u32::MAX,
        serial_restarts: u32::MAX,
        model_rate_hz: u32::MAX,
        model_digest: Hex([0; 4]),
        real_time_factor_permille: Some(u32::MAX),
        temperature_c_x10: Some(i16::MIN),
    };
    for body in [Body::Begin(begin), Body::Tag(tag), Body::Status(status)] {
        let record = Record {
            sequence: u32::MAX,
            time: SampleTime {
                samples: u64::MAX,
                rate_hz: u32::MAX,
            },
            body,
        };
        for format in [Format::Nmea, Format::Jsonl] {
            assert!(encode(&record, format).len() <= MAX_LINE_BYTES);
        }
    }
}

#[test]
fn errors_say_what_and_where() {
    let message = |content: &str| {
        let crc = crc::Crc::<u16>::new(&crc::CRC_16_IBM_3740).checksum(content.as_bytes());
        parse(format!("${content}*{crc:04X}").as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(message("NDTAG,1,2"), "tag record has no rate_hz");
    assert_eq!(
        message("NDTAG,1,2,x"),
        "tag record: rate_hz is \"x\", expected a whole number"
    );
    assert_eq!(
        message("NDTAG,1,2,01"),
        "tag record: rate_hz is \"01\", expected a whole number"
    );
    assert_eq!(
        message("NDTAG,4294967296,2,1"),
        "tag record: sequence is \"4294967296\", expected 0 to 4294967295"
    );
    assert_eq!(
        message("NDTAG,1,2,3,music,,jazz,1001"),
        "tag record: probability_permille is \"1001\", expected 0 to 1000"
    );
    assert_eq!(
        message("NDTAG,1,2,3,music,,,,,,,,,0,0"),
        "tag record has no probability_permille"
    );
    assert_eq!(
        message("NDBEG,0,0,1,2,f,m,00000000,0000000000000000,s"),
        "records of protocol 2, this reader knows 1; update the reader"
    );
    assert_eq!(message("NDXYZ,1"), "unknown record \"NDXYZ\"");
    assert_eq!(
        parse(b"hello").unwrap_err().to_string(),
        "not a record: a line starts with `$` or `{`, this one with \"hello\""
    );
    assert_eq!(
        parse(b"{\"type\":\"tag\"}").unwrap_err().to_string(),
        "tag record has no sequence"
    );
}

#[test]
fn fields_added_by_a_later_minor_version_are_ignored() {
    let content = "NDTAG,1,2,3,no-audio,lost,,,,,,,,0,1,new,fields";
    let crc = crc::Crc::<u16>::new(&crc::CRC_16_IBM_3740).checksum(content.as_bytes());
    let Body::Tag(tag) = parse(format!("${content}*{crc:04X}").as_bytes())
        .unwrap()
        .body
    else {
        panic!("a tag")
    };
    assert!(tag.last);
}
