//! A card image made of Debian's packages: what lies on it, and that the same inputs give the same bytes.
//!
//! Needs the packages that `tools/flash --image` keeps in its cache; says so and passes where they are not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use needledrop_tools::disk::Disk;
use needledrop_tools::flash::image::{self, Parts};
use needledrop_tools::flash::model::BoardModel;
use needledrop_tools::flash::program::{Architecture, Program};

/// Nobody stops the work.
static NEVER: AtomicBool = AtomicBool::new(false);

/// The cache of `tools/image-inputs.sh`.
fn inputs() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let inputs = cache.join("needledrop/image-inputs");
    let found = inputs.is_dir();
    if !found {
        eprintln!(
            "skipped: {} is not there; tools/flash --image fills it",
            inputs.display()
        );
    }
    found.then_some(inputs)
}

/// Any program for the board does: one of Debian's own.
fn program(inputs: &Path, scratch: &Path) -> Program {
    let listing = fs::read_dir(inputs).unwrap();
    let package = listing
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("/alsa-utils"))
        .unwrap();
    let status = Command::new("dpkg-deb")
        .arg("--extract")
        .args([&package, scratch])
        .status()
        .unwrap();
    assert!(status.success());
    Program::read(&scratch.join("usr/bin/aplay")).unwrap()
}

fn model() -> BoardModel {
    BoardModel {
        path: "model.onnx".into(),
        name: "test".into(),
        sha256: "0".repeat(64),
        onnx: b"the model's bytes".to_vec(),
        signature: None,
        card: Some(b"# test\n".to_vec()),
        notices: Vec::new(),
    }
}

#[test]
fn the_same_inputs_give_the_same_card() {
    let Some(inputs) = inputs() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let program = program(&inputs, scratch.path());
    let model = model();
    let parts = Parts {
        program: &program,
        model: &model,
        crates: "a crate: MIT\n",
        inputs: &inputs,
    };
    let first = scratch.path().join("first.img");
    let made = image::build(&parts, &first, &NEVER).unwrap();
    assert_eq!(fs::metadata(&first).unwrap().len(), made.size_bytes);
    assert!(
        made.size_bytes <= 160 << 20,
        "{} bytes for a card",
        made.size_bytes
    );
    // A Zero 2 W has 512 MB, of which the firmware takes 64.
    assert!(made.initramfs_bytes < 60 << 20);

    // The packages as they come, in another place, under other names.
    let copies = scratch.path().join("some where else");
    fs::create_dir(&copies).unwrap();
    for (number, entry) in fs::read_dir(&inputs).unwrap().enumerate() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            fs::copy(path, copies.join(format!("{}.deb", 99 - number))).unwrap();
        }
    }
    let second = scratch.path().join("second.img");
    image::build(
        &Parts {
            inputs: &copies,
            ..parts
        },
        &second,
        &NEVER,
    )
    .unwrap();
    assert!(fs::read(&first).unwrap() == fs::read(&second).unwrap());

    let disk = Disk::open_to_read(&first).unwrap();
    for name in [
        "bootcode.bin",
        "start.elf",
        "fixup.dat",
        "start4.elf",
        "fixup4.dat",
        "bcm2837-rpi-3-b.dtb",
        "bcm2837-rpi-3-b-plus.dtb",
        "bcm2837-rpi-zero-2-w.dtb",
        "bcm2711-rpi-4-b.dtb",
        "cmdline.txt",
        "config.txt",
        "board.toml",
        "README.txt",
        "model.md",
        "mixer.txt",
        "CRATES.txt",
    ] {
        assert!(!disk.read(name).unwrap().is_empty(), "{name} is empty");
    }
    assert_eq!(disk.read("model.onnx").unwrap(), b"the model's bytes");
    let kernel = disk.read("kernel8.img").unwrap();
    assert_eq!(&kernel[56..60], b"ARMd", "the kernel is no arm64 Image");
    let text = |name: &str| String::from_utf8(disk.read(name).unwrap()).unwrap();
    let licences = text("LICENCES.txt");
    for words in [
        "may only be used for the purposes of developing for",
        "GNU GENERAL PUBLIC LICENSE",
        "GNU LESSER GENERAL PUBLIC LICENSE",
        "source linux",
    ] {
        assert!(licences.contains(words), "LICENCES.txt lacks {words:?}");
    }
    assert!(text("INPUTS.txt").contains(&made.kernel[.."linux-image-".len()]));
}

#[test]
fn nothing_is_left_behind_when_an_image_can_not_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program {
        path: "program".into(),
        bytes: Vec::new(),
        architecture: Architecture::Arm64,
    };
    let model = model();
    let parts = Parts {
        program: &program,
        model: &model,
        crates: "",
        inputs: folder.path(),
    };
    let out = folder.path().join("card.img");
    let refused = image::build(&parts, &out, &NEVER).unwrap_err().to_string();
    assert!(refused.contains("has no Debian packages"), "{refused}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    // Stopped before the first package, which would be refused.
    let inputs = tempfile::tempdir().unwrap();
    fs::write(inputs.path().join("libc6.deb"), "no package").unwrap();
    let parts = Parts {
        inputs: inputs.path(),
        ..parts
    };
    let stopped = image::build(&parts, &out, &AtomicBool::new(true)).unwrap_err();
    assert_eq!(stopped.to_string(), "stopped");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let nowhere = folder.path().join("not there/card.img");
    let refused = image::check_target(&nowhere).unwrap_err().to_string();
    assert!(refused.contains("is not there: make it"), "{refused}");
    let refused = image::check_target(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("is no file"), "{refused}");
}
