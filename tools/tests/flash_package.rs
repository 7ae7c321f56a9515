//! `flash --package` as the launcher starts it: what lies in the packages, and what is refused with nothing written.

use crate::graphs;
use needledrop_bundle::{Decision, InputKind, Matrix, Metadata, Norm, Origin, Window, seal};
use needledrop_frontend::FrontendConfig;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The last day of 1999, so that it is seen where it comes out.
const DATE_S: &str = "946598400";
const FRAMES: usize = 2;

/// A program that is one by its header alone, what its build writes, and a place for packages.
struct Setting {
    folder: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        let setting = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(setting.path("program"), elf(64, 183)).unwrap();
        fs::create_dir(setting.path("manual")).unwrap();
        for name in [
            "needledrop-device.1",
            "needledrop-device.bash",
            "_needledrop-device",
            "needledrop-device.fish",
        ] {
            fs::write(setting.path("manual").join(name), name).unwrap();
        }
        fs::create_dir(setting.path("out")).unwrap();
        setting
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `flash` with these arguments, in which `@` stands for the folder, and with program and manual unless it is
    /// given another program.
    fn flash(&self, arguments: &str) -> Output {
        let folder = self.folder.path().display().to_string();
        let mut words: Vec<String> = arguments
            .split(' ')
            .map(|word| word.replace('@', &folder))
            .collect();
        if !arguments.contains("--program") {
            words.extend(["--program".to_owned(), format!("{folder}/program")]);
        }
        Command::new(env!("CARGO_BIN_EXE_flash"))
            .args(words)
            .arg("--manual")
            .arg(self.path("manual"))
            .env("SOURCE_DATE_EPOCH", DATE_S)
            .output()
            .unwrap()
    }

    /// The one sentence with which it refuses; nothing is written.
    fn refusal(&self, arguments: &str) -> String {
        let output = self.flash(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(output.stdout.is_empty());
        assert_eq!(
            fs::read_dir(self.path("out")).unwrap().count(),
            0,
            "{arguments}"
        );
        said
    }

    fn model(&self, name: &str, origin: Origin) {
        let folder = self.path(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("model.onnx"), model(origin)).unwrap();
        fs::write(folder.join("card.md"), "# card").unwrap();
        fs::write(folder.join("LICENCE.txt"), "free").unwrap();
        fs::write(folder.join("metrics.json"), "{}").unwrap();
    }
}

/// The head of a program: 32 or 64 bits, and ELF's number of the machine.
fn elf(bits: u8, machine: u16) -> Vec<u8> {
    let mut header = vec![0x7f, b'E', b'L', b'F', bits / 32, 1, 1];
    header.resize(64, 0);
    header[18..20].copy_from_slice(&machine.to_le_bytes());
    header
}

fn model(origin: Origin) -> Vec<u8> {
    let bands = origin.bands();
    let weights = vec![0.5; FRAMES * bands * 2];
    let metadata = Metadata {
        name: "My_Model".to_owned(),
        model: "compact".to_owned(),
        labels: ["blues", "jazz"].map(str::to_owned).to_vec(),
        input: InputKind::LogMel,
        norm: Norm::None,
        origin,
        window: Window {
            frames: FRAMES,
            hop: 1,
            bands,
        },
        temperature: 1.0,
        thresholds: vec![0.5, 0.5],
        decision: Decision {
            stay: 0.97,
            confident: 0.5,
            gate_dbfs: -65.0,
        },
        data_sha256: "ab".repeat(32),
        split_sha256: "01".repeat(32),
        metrics: serde_json::json!({}),
        seed: 1,
        versions: [("needledrop".to_owned(), "0.1.0".to_owned())].into(),
        notes: Vec::new(),
        unknown: BTreeMap::new(),
    };
    seal(
        &graphs::linear(FRAMES, bands, &weights, &[0.0, 0.0]),
        &metadata,
    )
    .unwrap()
}

/// A model of a frontend that this version does not have: sealed as ours, then another identity put in.
fn foreign() -> Vec<u8> {
    let origin = Origin::of(FrontendConfig::COMPACT).unwrap();
    let mut onnx = model(origin);
    let id = origin.frontend().unwrap().id.to_string();
    let at = |onnx: &[u8], text: &str| {
        let found = onnx
            .windows(text.len())
            .position(|window| window == text.as_bytes());
        found.unwrap()..found.unwrap() + text.len()
    };
    let id_at = at(&onnx, &id);
    onnx[id_at].copy_from_slice(b"0123456789abcdef");
    // The digest is taken with zeros in its own place, which ends the file.
    let digest_at = onnx.len() - 64..onnx.len();
    onnx[digest_at.clone()].fill(b'0');
    let digest: String = Sha256::digest(&onnx)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    onnx[digest_at].copy_from_slice(digest.as_bytes());
    onnx
}

/// The files of a package's member, by path.
fn files(deb: &Path, member: &str) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(deb).unwrap();
    let mut rest = bytes.strip_prefix(b"!<arch>\n").unwrap();
    loop {
        let (header, after) = rest.split_at(60);
        let header = std::str::from_utf8(header).unwrap();
        let size: usize = header[48..58].trim().parse().unwrap();
        if header.starts_with(member) {
            let unpacked = flate2::read::GzDecoder::new(&after[..size]);
            let mut archive = tar::Archive::new(unpacked);
            let entries = archive.entries().unwrap().map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
                (path.trim_start_matches("./").to_owned(), content)
            });
            return entries
                .filter(|(path, _)| !path.is_empty() && !path.ends_with('/'))
                .collect();
        }
        rest = &after[size + size % 2..];
    }
}

fn field<'a>(control: &'a BTreeMap<String, Vec<u8>>, name: &str) -> &'a str {
    let text = std::str::from_utf8(&control["control"]).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name}: ")));
    line.unwrap().split_once(": ").unwrap().1
}

#[test]
fn program_and_model_are_packed_side_by_side_and_twice_the_same() {
    let setting = Setting::new();
    setting.model("mine", Origin::of(FrontendConfig::COMPACT).unwrap());
    let output = setting.flash("--package @/out/a.deb --model @/mine");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let written: Vec<PathBuf> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(PathBuf::from)
        .collect();
    let [program, model] = written.as_slice() else {
        panic!("two files expected: {written:?}");
    };

    let (control, data) = (
        files(program, "control.tar.gz"),
        files(program, "data.tar.gz"),
    );
    assert_eq!(field(&control, "Package"), "needledrop");
    assert_eq!(field(&control, "Architecture"), "arm64");
    assert!(
        field(&control, "Version").contains("+git19991231000000."),
        "{control:?}"
    );
    assert_eq!(data["usr/bin/needledrop-device"], elf(64, 183));
    assert!(data.contains_key("usr/lib/systemd/system/needledrop.service"));
    assert_eq!(control["conffiles"], b"/etc/needledrop/board.toml\n");
    assert!(data.contains_key("etc/needledrop/board.toml"));
    // Every file but the settings has its checksum.
    let sums = String::from_utf8(control["md5sums"].clone()).unwrap();
    assert_eq!(sums.lines().count(), data.len() - 1);
    for (path, content) in data.iter().filter(|(path, _)| !path.starts_with("etc/")) {
        assert!(
            sums.contains(&format!("{:x}  {path}\n", md5::compute(content))),
            "{path}"
        );
    }

    let (control, data) = (files(model, "control.tar.gz"), files(model, "data.tar.gz"));
    assert_eq!(field(&control, "Package"), "needledrop-model-my-model");
    assert_eq!(field(&control, "Architecture"), "all");
    for relation in ["Provides", "Conflicts", "Replaces"] {
        assert_eq!(field(&control, relation), "needledrop-model");
    }
    let sent = fs::read(setting.path("mine/model.onnx")).unwrap();
    assert_eq!(data["usr/share/needledrop/model.onnx"], sent);
    assert_eq!(
        data["usr/share/doc/needledrop-model-my-model/LICENCE.txt"],
        b"free"
    );

    let first = [fs::read(program).unwrap(), fs::read(model).unwrap()];
    assert!(
        setting
            .flash("--package @/out/a.deb --model @/mine/model.onnx")
            .status
            .success()
    );
    assert!(
        first == [fs::read(program).unwrap(), fs::read(model).unwrap()],
        "other bytes"
    );

    fs::write(setting.path("armv7"), elf(32, 40)).unwrap();
    let made = setting.flash("--package @/out/b.deb --program @/armv7 --arch armhf");
    assert!(made.status.success());
    let control = files(&setting.path("out/b.deb"), "control.tar.gz");
    assert_eq!(field(&control, "Architecture"), "armhf");
}

#[test]
fn what_cannot_be_packed_is_refused_in_a_sentence_and_nothing_is_written() {
    let setting = Setting::new();
    fs::write(setting.path("x86"), elf(64, 62)).unwrap();
    fs::write(setting.path("song.onnx"), "no model").unwrap();
    setting.model(
        "imported",
        Origin::External(Matrix::new(64, FRAMES).unwrap()),
    );
    fs::write(setting.path("foreign.onnx"), foreign()).unwrap();
    for (arguments, expected) in [
        ("--package @/out/a", "ends in .deb"),
        ("--package @/out/missing/a.deb", "is not there: make it"),
        ("--package @/out/a.deb --program @/x86", "x86-64"),
        (
            "--package @/out/a.deb --arch armhf",
            "run this with --arch arm64",
        ),
        (
            "--package @/out/a.deb --program @/missing",
            "could not read the program",
        ),
        ("--package @/out/a.deb --model @/missing", "is not there"),
        (
            "--package @/out/a.deb --model @/song.onnx",
            "is not an ONNX model",
        ),
        ("--package @/out/a.deb --model @/out", "is not there"),
        (
            "--package @/out/a.deb --model @/imported",
            "imported features",
        ),
        (
            "--package @/out/a.deb --model @/foreign.onnx",
            "whose frontend the program does not have",
        ),
    ] {
        let said = setting.refusal(arguments);
        assert!(said.contains(expected), "{arguments}: {said}");
    }
    fs::remove_file(setting.path("manual/_needledrop-device")).unwrap();
    let said = setting.refusal("--package @/out/a.deb");
    assert!(said.contains("_needledrop-device"), "{said}");
}

#[test]
fn the_launcher_is_told_what_to_build() {
    let setting = Setting::new();
    setting.model("mine", Origin::of(FrontendConfig::COMPACT).unwrap());
    let needs = |arguments: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_flash"))
            .arg("--needs")
            .args(arguments.split(' '))
            .current_dir(setting.folder.path())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let told = |text: &str| (Some(0), text.to_owned());
    assert_eq!(needs("--build-only"), told("program\n"));
    assert_eq!(needs("--build-only --arch armhf"), told("program-armhf\n"));
    assert_eq!(
        needs("--image out/a.img --model mine --arch armhf").0,
        Some(2)
    );
    assert_eq!(needs("--package out/a.deb"), told("program\n"));
    assert_eq!(needs("--package out/a.deb --program program"), told(""));
    // A card needs a model.
    assert_eq!(needs("--image out/a.img").0, Some(2));
    let default = needs("--image out/a.img --default-model mine");
    assert_eq!(default, told("program\ninputs\n"));
    let image = needs("--image out/a.img --model mine");
    assert_eq!(image, told("program\ninputs\n"));
    assert_eq!(needs("--build-only --package out/a.deb").0, Some(2));
    assert_eq!(needs("--package out/a.deb --model missing").0, Some(2));
    assert_eq!(needs("--yes").0, Some(2));
}
