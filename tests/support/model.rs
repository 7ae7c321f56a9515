//! A small trained and exported model, made once for all system tests.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::support::programs::{Finished, finish, program, run, text};

/// Clips of each style in the corpus.
pub(crate) const CLIPS_PER_GENRE: usize = 15;

/// Length of a clip.
pub(crate) const CLIP_SECONDS: usize = 8;

/// The folders of one chain: music -> data -> run -> models/small.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    folder: PathBuf,
}

impl Chain {
    /// The synthesised corpus.
    pub(crate) fn music(&self) -> PathBuf {
        self.folder.join("music")
    }

    /// What `prepare` made of it.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The training run.
    pub(crate) fn run(&self) -> PathBuf {
        self.folder.join("run")
    }

    /// The exported model.
    pub(crate) fn model(&self) -> PathBuf {
        self.folder.join("models/small/model.onnx")
    }
}

/// Path of a file of this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The chain, looked up once for all tests.
pub(crate) fn chain() -> Chain {
    static CHAIN: LazyLock<Chain> = LazyLock::new(find_or_make);
    CHAIN.clone()
}

/// The chain, made now unless these very programs have made it before.
fn find_or_make() -> Chain {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // One maker at a time; the others wait and find it made.
    let lock = File::create(shared.join("chain.lock")).expect("lock file");
    lock.lock().expect("lock");
    let folder = shared.join(format!("chain-{:016x}", digest_of_programs()));
    if !folder.is_dir() {
        forget_older(shared);
        let making = tempfile::Builder::new()
            .prefix("making-chain")
            .tempdir_in(shared)
            .expect("folder");
        make(&Chain {
            folder: making.path().to_path_buf(),
        });
        fs::rename(making.keep(), &folder).expect("the finished chain is moved in place");
    }
    Chain { folder }
}

fn make(chain: &Chain) {
    let clips = CLIPS_PER_GENRE.to_string();
    let seconds = CLIP_SECONDS.to_string();
    let (music, data) = (chain.music(), chain.data());
    run(
        "needledrop",
        [
            "synth",
            "--out",
            text(&music),
            "--clips-per-genre",
            &clips,
            "--seconds",
            &seconds,
            "--seed",
            "3",
        ],
    )
    .succeeded();
    run(
        "needledrop",
        [
            "prepare",
            "--data",
            text(&music),
            "--out",
            text(&data),
            "--preset",
            "compact",
        ],
    )
    .succeeded();
    let training = chain.run();
    run(
        "needledrop",
        [
            "train",
            "--data",
            text(&data),
            "--model",
            "compact",
            "--run",
            text(&training),
            "--epochs",
            "60",
            "--seed",
            "3",
        ],
    )
    .succeeded();
    let models = chain.folder.join("models");
    export(&training, "small", &models).succeeded();
}

/// Runs `export` with ONNX Runtime's library, which `tools/onnxruntime` knows.
pub(crate) fn export(training: &Path, name: &str, models: &Path) -> Finished {
    export_with(training, name, models, &[])
}

/// As [`export`], with more options.
pub(crate) fn export_with(
    training: &Path,
    name: &str,
    models: &Path,
    options: &[&str],
) -> Finished {
    let library = finish(&mut Command::new(repository("tools/onnxruntime"))).succeeded();
    finish(
        Command::new(program("export"))
            .arg(training)
            .args(["--name", name, "--models", text(models)])
            .args(options)
            .env("ORT_DYLIB_PATH", library.trim_end()),
    )
}

fn digest_of_programs() -> u64 {
    let mut hasher = DefaultHasher::new();
    for name in ["needledrop", "export"] {
        hasher.write(&fs::read(program(name)).expect("the program can be read"));
    }
    hasher.write_usize(CLIPS_PER_GENRE);
    hasher.write_usize(CLIP_SECONDS);
    hasher.finish()
}

fn forget_older(shared: &Path) {
    let entries = fs::read_dir(shared).expect("the folder of the tests can be listed");
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("chain-")
            || name.to_string_lossy().starts_with("making-chain")
        {
            fs::remove_dir_all(entry.path()).expect("an older chain can be removed");
        }
    }
}
