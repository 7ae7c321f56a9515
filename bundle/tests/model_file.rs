//! What is sealed can be opened, and nothing else can.

use crate::graphs;
use needledrop_bundle::{
    Decision, Error, Frontend, InputKind, MAX_MODEL_BYTES, Matrix, Metadata, ModelFile, NO_MUSIC,
    Norm, Origin, Signature, Window, seal,
};
use needledrop_frontend::{FrontendConfig, FrontendId};
use onnx_protobuf::{Message, ModelProto, StringStringEntryProto, tensor_proto::DataType};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, sync::LazyLock};

const FRAMES: usize = 2;
const CLASSES: usize = 3;

static FRONTEND_ID: LazyLock<FrontendId> = LazyLock::new(|| FrontendConfig::SEED.id().unwrap());
static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| seal(&onnx(), &metadata()).unwrap());

fn onnx() -> Vec<u8> {
    let bands = FrontendConfig::SEED.mel_bands;
    let weights: Vec<f32> = (0..FRAMES * bands * CLASSES)
        .map(|i| i as f32 / 1000.0)
        .collect();
    graphs::linear(FRAMES, bands, &weights, &[0.5, 0.0, -0.5])
}

fn metadata() -> Metadata {
    let frontend = FrontendConfig::SEED;
    Metadata {
        name: "test".to_owned(),
        model: "compact".to_owned(),
        labels: ["drum & bass, \"live\"\n| ü 日本 =", "blues", NO_MUSIC]
            .map(str::to_owned)
            .to_vec(),
        input: InputKind::LogMel,
        norm: Norm::Trailing(43),
        origin: Origin::of(frontend).unwrap(),
        window: Window {
            frames: FRAMES,
            hop: 1,
            bands: frontend.mel_bands,
        },
        temperature: 1.307,
        thresholds: vec![0.5, 0.35, 1.0],
        decision: Decision {
            stay: 0.97,
            confident: 0.5,
            gate_dbfs: -65.0,
        },
        data_sha256: "ab".repeat(32),
        split_sha256: "01".repeat(32),
        metrics: serde_json::json!({ "protocol": "test", "valid": { "accuracy": 0.625 } }),
        seed: u64::MAX,
        versions: [("needledrop", "0.1.0"), ("burn", "0.21.0")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        notes: vec!["Weights, licence: ISC".to_owned()],
        unknown: [("needledrop.colour".to_owned(), "blue".to_owned())].into(),
    }
}

fn open(bytes: &[u8]) -> Result<ModelFile, Error> {
    ModelFile::from_bytes("test.onnx", bytes.to_vec())
}

fn refusal(bytes: &[u8]) -> String {
    open(bytes).expect_err("refused").to_string()
}

fn props(bytes: &[u8]) -> BTreeMap<String, String> {
    let props = ModelProto::parse_from_bytes(bytes).unwrap().metadata_props;
    props
        .into_iter()
        .map(|prop| (prop.key, prop.value))
        .collect()
}

/// The file with other `metadata_props`.
fn with_props(bytes: &[u8], change: impl FnOnce(&mut Vec<StringStringEntryProto>)) -> Vec<u8> {
    let mut model = ModelProto::parse_from_bytes(bytes).unwrap();
    change(&mut model.metadata_props);
    model.write_to_bytes().unwrap()
}

/// The file with one value changed and a digest that fits, made without the crate under test: the digits are found as
/// text, as docs/bundle.md describes it.
fn with_value(key: &str, value: Option<&str>) -> Vec<u8> {
    with_value_of(&SEALED, key, value)
}

fn with_value_of(sealed: &[u8], key: &str, value: Option<&str>) -> Vec<u8> {
    let zeros = "0".repeat(64);
    let mut bytes = with_props(sealed, |props| {
        props.retain(|prop| prop.key != key || value.is_some());
        for prop in props.iter_mut() {
            match value {
                Some(value) if prop.key == key => prop.value = value.to_owned(),
                _ if prop.key == "needledrop.sha256" => prop.value = zeros.clone(),
                _ => {}
            }
        }
    });
    let at = bytes
        .windows(64)
        .rposition(|window| window == zeros.as_bytes())
        .unwrap();
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    bytes[at..at + 64].copy_from_slice(digest.as_bytes());
    bytes
}

#[test]
fn what_goes_in_comes_out() {
    let file = open(&SEALED).unwrap();
    assert_eq!(file.metadata, metadata());
    assert_eq!(file.onnx, *SEALED);
    file.metadata.check_frontend("test.onnx").unwrap();
}

#[test]
fn the_digest_is_what_the_document_says() {
    let text = String::from_utf8_lossy(&SEALED);
    let stored = &open(&SEALED).unwrap().sha256;
    assert_eq!(text.matches(stored.as_str()).count(), 1);
    let at = SEALED
        .windows(64)
        .position(|window| window == stored.as_bytes())
        .unwrap();
    let mut blank = SEALED.clone();
    blank[at..at + 64].fill(b'0');
    let digest: String = Sha256::digest(&blank)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(&digest, stored);
}

#[test]
fn graph_and_foreign_metadata_stay_and_sealing_again_changes_nothing() {
    let foreign = StringStringEntryProto {
        key: "author".into(),
        value: "me".into(),
        ..Default::default()
    };
    let plain = with_props(&onnx(), |props| props.push(foreign.clone()));
    let once = seal(&plain, &metadata()).unwrap();
    assert!(
        once.starts_with(&plain),
        "the file's own bytes come first, as they were"
    );
    assert_eq!(seal(&once, &metadata()).unwrap(), once);
    let model = ModelProto::parse_from_bytes(&once).unwrap();
    assert_eq!(model.metadata_props[0], foreign);
    assert_eq!(
        model.graph,
        ModelProto::parse_from_bytes(&plain).unwrap().graph
    );
    let mut other = metadata();
    other.name = "other".to_owned();
    assert_eq!(open(&seal(&once, &other).unwrap()).unwrap().metadata, other);
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let mut bytes = SEALED.clone();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(
                open(&bytes).is_err(),
                "bit {bit} of byte {at} of {}",
                bytes.len()
            );
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(open(&bytes).is_ok());
}

#[test]
fn a_truncated_or_longer_file_is_refused() {
    for length in 0..SEALED.len() {
        assert!(open(&SEALED[..length]).is_err(), "{length}");
    }
    // Appended fields are fields of the message, too.
    for tail in [&[0x10, 0x00][..], &[0x3a, 0x00][..], b"\n", &[0u8; 4]] {
        assert!(open(&[&SEALED, tail].concat()).is_err(), "{tail:?}");
    }
}

#[test]
fn other_files_are_named_for_what_they_are() {
    assert!(
        refusal(&onnx())
            .contains("without needledrop metadata; pack its run folder with tools/export")
    );
    for bytes in [
        &b""[..],
        b"RIFF....WAVEfmt ",
        b"{\"model\": 1}",
        &[0xff; 64],
    ] {
        assert!(
            refusal(bytes).starts_with("test.onnx is not an ONNX model"),
            "{}",
            refusal(bytes)
        );
    }
}

#[test]
fn format_versions() {
    let major = refusal(&with_value("needledrop.format", Some("2.0")));
    assert_eq!(
        major,
        "test.onnx has model format 2.0, this program reads 1.0; update this program, or export the model again with \
         this version's tools/export"
    );
    assert!(
        refusal(&with_value("needledrop.format", Some("0.9")))
            .ends_with("export the model again with tools/export")
    );
    assert!(
        refusal(&with_value("needledrop.format", Some("new")))
            .contains("expected a version like 1.0")
    );
    let minor = open(&with_value("needledrop.format", Some("1.7"))).unwrap();
    assert_eq!(minor.metadata.unknown["needledrop.colour"], "blue");
}

#[test]
fn missing_and_double_keys_are_named() {
    for key in [
        "format",
        "sha256",
        "labels",
        "window",
        "temperature",
        "frontend_id",
        "versions",
    ] {
        let key = format!("needledrop.{key}");
        let bytes = if key == "needledrop.sha256" {
            with_props(&SEALED, |props| props.retain(|prop| prop.key != key))
        } else {
            with_value(&key, None)
        };
        assert!(
            refusal(&bytes).contains(&format!("lacks metadata {key}")),
            "{}",
            refusal(&bytes)
        );
    }
    let double = with_props(&SEALED, |props| props.push(props[2].clone()));
    assert!(refusal(&double).contains(" twice"), "{}", refusal(&double));
}

#[test]
fn values_out_of_range_are_named() {
    let bad = [
        ("labels", r#"["a","a","b"]"#, "each label once"),
        ("labels", r#"["a"," ","b"]"#, "labels that are not blank"),
        (
            "labels",
            r#"["no-music","a","b"]"#,
            "`no-music` as the last label",
        ),
        ("labels", r#"["a"]"#, "1 labels"),
        ("labels", "blues, jazz", "a JSON list of strings"),
        ("name", "../../etc", "letters, digits"),
        ("temperature", "0", "a finite number above 0"),
        ("temperature", "inf", "a finite number above 0"),
        ("temperature", "NaN", "a finite number above 0"),
        ("thresholds", "[0.5,0.5]", "2 thresholds"),
        ("thresholds", "[0.5,0.5,1.5]", "probabilities from 0 to 1"),
        ("window", "0", "at least 1 row"),
        ("window", "999999999999", "at most"),
        ("window", "18446744073709551615", "at most"),
        ("hop", "0", "at least 1 row"),
        ("bands", "64", "expected 128"),
        (
            "norm",
            "trailing:0",
            "`window`, `trailing:N`, `level:DB`, `none` or `mixed`",
        ),
        ("input", "video", "`logmel` or `pcm`"),
        ("frontend", "{}", "a frontend configuration"),
        ("frontend_id", "71C0", "16 lower-case hex digits"),
        ("frontend_id", "external:128x2", "or no frontend"),
        (
            "decision",
            r#"{"stay":1.0,"confident":0.5,"gate_dbfs":-65}"#,
            "above 0 and below 1",
        ),
        ("data_sha256", "abc", "64 lower-case hex digits"),
        ("metrics", "[]", "a JSON object"),
        ("seed", "-1", "a whole number"),
    ];
    for (key, value, expected) in bad {
        let found = refusal(&with_value(&format!("needledrop.{key}"), Some(value)));
        assert!(
            found.contains(expected) && found.contains(key),
            "{key} = {value}: {found}"
        );
    }
}

#[test]
fn metadata_that_would_not_read_back_is_not_sealed() {
    let sealing = |change: fn(&mut Metadata)| {
        let mut metadata = metadata();
        change(&mut metadata);
        seal(&onnx(), &metadata).expect_err("refused").to_string()
    };
    assert!(sealing(|m| m.temperature = f32::NAN).contains("needledrop.temperature"));
    assert!(sealing(|m| m.decision.stay = f64::NAN).contains("stay"));
    assert!(sealing(|m| m.decision.gate_dbfs = f64::NEG_INFINITY).contains("gate_dbfs"));
    assert!(
        sealing(|m| drop(m.unknown.insert("needledrop.seed".into(), "1".into())))
            .contains("unknown key")
    );
    assert!(
        sealing(|m| drop(m.unknown.insert("other.key".into(), "1".into()))).contains("unknown key")
    );
    assert!(sealing(|m| m.labels.truncate(1)).contains("labels"));
}

#[test]
fn another_frontend_is_refused_by_name() {
    let mut other = metadata();
    other.origin = Origin::Frontend(Frontend {
        config: FrontendConfig::SEED,
        id: FrontendId([0x71, 0xc0, 0, 0, 0, 0, 0, 1]),
        assumed: None,
    });
    let expected = format!(
        "test expects frontend 71c0000000000001, this firmware has {}; export it again with tools/export",
        *FRONTEND_ID
    );
    assert_eq!(
        seal(&onnx(), &other).expect_err("refused").to_string(),
        expected
    );
    // A file whose digest fits opens, so that its metadata can be shown; the frontend is a question of its own.
    let file = open(&with_value(
        "needledrop.frontend_id",
        Some("71c0000000000001"),
    ))
    .unwrap();
    assert_eq!(
        file.metadata
            .check_frontend("test")
            .expect_err("refused")
            .to_string(),
        expected
    );
}

#[test]
fn imported_features_are_marked_for_good() {
    let matrix = Matrix {
        bands: 128,
        frames: FRAMES,
    };
    let external = Metadata {
        origin: Origin::External(matrix),
        ..metadata()
    };
    let sealed = seal(&onnx(), &external).unwrap();
    assert_eq!(open(&sealed).unwrap().metadata, external);
    assert_eq!(
        props(&sealed)["needledrop.frontend_id"],
        format!("external:128x{FRAMES}")
    );
    assert!(!props(&sealed).contains_key("needledrop.frontend"));

    let assumed = Metadata {
        origin: Origin::Frontend(Frontend {
            assumed: Some(matrix),
            ..*metadata().origin.frontend().unwrap()
        }),
        ..metadata()
    };
    let sealed = seal(&onnx(), &assumed).unwrap();
    assert_eq!(open(&sealed).unwrap().metadata, assumed);
    assert_eq!(
        props(&sealed)["needledrop.assumed"],
        format!("128x{FRAMES}")
    );

    for (value, expected) in [
        ("128", "<bands>x<frames>"),
        ("64x2", "a frontend of 64 bands"),
    ] {
        let other = with_value_of(&sealed, "needledrop.assumed", Some(value));
        assert!(refusal(&other).contains(expected), "{}", refusal(&other));
    }

    // More bands than a frontend has are somebody else's affair.
    let bands = 218;
    let weights = vec![0.001; FRAMES * bands * CLASSES];
    let wide = Metadata {
        origin: Origin::External(Matrix { bands, ..matrix }),
        window: Window {
            bands,
            ..metadata().window
        },
        ..metadata()
    };
    let onnx = graphs::linear(FRAMES, bands, &weights, &[0.5, 0.0, -0.5]);
    assert_eq!(open(&seal(&onnx, &wide).unwrap()).unwrap().metadata, wide);
}

#[test]
fn graphs_that_disagree_with_the_metadata_are_refused() {
    let sealing = |change: fn(&mut ModelProto)| {
        let mut model = ModelProto::parse_from_bytes(&onnx()).unwrap();
        change(&mut model);
        seal(&model.write_to_bytes().unwrap(), &metadata())
            .expect_err("refused")
            .to_string()
    };
    let found = sealing(|m| {
        m.graph.as_mut().unwrap().input = vec![graphs::port("x", DataType::FLOAT, &[2, 128])]
    });
    assert!(
        found.contains("graph input is x f32 [N, 2, 128], its metadata needs x int16 [N, 2, 128]"),
        "{found}"
    );
    let found = sealing(|m| {
        m.graph.as_mut().unwrap().input = vec![graphs::port("x", DataType::INT16, &[3, 128])]
    });
    assert!(found.contains("x int16 [N, 3, 128]"), "{found}");
    let found = sealing(|m| m.graph.as_mut().unwrap().output[0].name = "probabilities".to_owned());
    assert!(
        found.contains("graph output is probabilities f32 [N, 3]"),
        "{found}"
    );
    let found = sealing(|m| m.graph.as_mut().unwrap().output.clear());
    assert!(found.contains("graph output is missing"), "{found}");
    let found = sealing(|m| {
        m.graph.as_mut().unwrap().initializer[1].data_location =
            onnx_protobuf::tensor_proto::DataLocation::EXTERNAL.into()
    });
    assert!(
        found.contains("keeps tensor weights in another file"),
        "{found}"
    );
    let found = sealing(|m| {
        m.graph.as_mut().unwrap().initializer[1]
            .external_data
            .push(StringStringEntryProto::default())
    });
    assert!(
        found.contains("keeps tensor weights in another file"),
        "{found}"
    );
    // Old files list the weights among the inputs.
    let mut old = ModelProto::parse_from_bytes(&onnx()).unwrap();
    old.graph
        .as_mut()
        .unwrap()
        .input
        .push(graphs::port("bias", DataType::FLOAT, &[3]));
    assert!(seal(&old.write_to_bytes().unwrap(), &metadata()).is_ok());
}

#[test]
fn two_graphs_are_not_merged() {
    let graph = ModelProto::parse_from_bytes(&onnx())
        .unwrap()
        .graph
        .write_to_bytes_dyn_field();
    assert!(refusal(&[onnx(), graph].concat()).contains("more than one graph"));
}

/// The graph as a field of its own.
trait AsField {
    fn write_to_bytes_dyn_field(&self) -> Vec<u8>;
}

impl AsField for protobuf::MessageField<onnx_protobuf::GraphProto> {
    fn write_to_bytes_dyn_field(&self) -> Vec<u8> {
        ModelProto {
            graph: self.clone(),
            ..Default::default()
        }
        .write_to_bytes()
        .unwrap()
    }
}

#[test]
fn files_are_read_and_errors_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let missing = ModelFile::read(&path).expect_err("missing").to_string();
    assert!(
        missing.contains("model.onnx is not there") && missing.contains("tools/export"),
        "{missing}"
    );
    fs::write(&path, &*SEALED).unwrap();
    assert_eq!(ModelFile::read(&path).unwrap().metadata, metadata());
    // A sparse file: its size is refused before its content is looked at.
    fs::File::create(&path)
        .unwrap()
        .set_len(MAX_MODEL_BYTES + 1)
        .unwrap();
    assert!(matches!(
        ModelFile::read(&path),
        Err(Error::TooLarge { .. })
    ));
    assert!(ModelFile::read(folder.path()).is_err());
}

#[test]
fn signatures() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let other = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    fs::write(at("model.onnx"), &*SEALED).unwrap();
    fs::write(at("key.pub"), keys.pk.to_box().unwrap().to_string()).unwrap();
    fs::write(at("other.pub"), other.pk.to_box().unwrap().to_string()).unwrap();
    fs::write(at("no.pub"), "not a key").unwrap();
    let file = ModelFile::read(&at("model.onnx")).unwrap();
    let check = |key: &str| file.check_signature(&at("model.onnx"), Some(&at(key)));
    let refused = |key: &str| check(key).expect_err("refused").to_string();

    assert_eq!(
        file.check_signature(&at("model.onnx"), None).unwrap(),
        Signature::NotRequired
    );
    assert!(
        refused("key.pub").contains("the model is not signed; sign it with tools/export --sign")
    );

    let sign = |bytes: &[u8]| {
        let signed = minisign::sign(
            None,
            &keys.sk,
            std::io::Cursor::new(bytes),
            Some("a test"),
            None,
        )
        .unwrap();
        fs::write(at("model.onnx.minisig"), signed.to_string()).unwrap();
    };
    sign(&SEALED);
    assert_eq!(
        check("key.pub").unwrap(),
        Signature::Valid {
            trusted_comment: "a test".to_owned()
        }
    );
    assert!(
        refused("other.pub").contains("different key"),
        "{}",
        refused("other.pub")
    );
    assert!(
        refused("no.pub").contains("no.pub is not a minisign public key"),
        "{}",
        refused("no.pub")
    );
    assert!(
        refused("missing.pub").contains("missing.pub"),
        "{}",
        refused("missing.pub")
    );
    sign(b"something else");
    assert!(
        refused("key.pub").contains("verification failed"),
        "{}",
        refused("key.pub")
    );
    fs::write(at("model.onnx.minisig"), "garbage\n\n").unwrap();
    assert!(
        refused("key.pub").contains("model.onnx.minisig"),
        "{}",
        refused("key.pub")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_end_in_a_model_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(open(&bytes).is_err());
    }

    #[test]
    fn any_damage_to_a_model_is_refused(cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = SEALED.clone();
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        prop_assert_eq!(open(&bytes).is_ok(), bytes == *SEALED);
    }

    #[test]
    fn any_labels_survive(labels in proptest::collection::btree_set(".{1,12}", CLASSES)) {
        let mut metadata = metadata();
        metadata.labels = labels.into_iter().filter(|label| label != NO_MUSIC && !label.trim().is_empty()).collect();
        prop_assume!(metadata.labels.len() == CLASSES);
        prop_assert_eq!(open(&seal(&onnx(), &metadata).unwrap()).unwrap().metadata, metadata);
    }
}
