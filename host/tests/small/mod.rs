//! A small synthesised corpus, data sets and runs of it, and running the program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a finished program left behind.
pub(crate) struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Finished {
    /// Asserts exit code 0 and gives stdout.
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Asserts exit code 2 and gives the sentence on stderr.
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.code, Some(2), "{}\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr.lines().last().expect("a sentence").to_owned()
    }
}

/// Runs `needledrop` to its end.
pub(crate) fn needledrop<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Finished {
    let output = Command::new(env!("CARGO_BIN_EXE_needledrop"))
        .args(arguments)
        .output()
        .expect("the program starts");
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

/// Four styles of a synthesised corpus, clips of 24 s; its folder goes with it.
pub(crate) struct Small {
    folder: tempfile::TempDir,
    /// The styles.
    pub(crate) styles: Vec<String>,
}

impl Small {
    pub(crate) fn make() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let music = folder.path().join("music");
        let synth = ["--clips-per-genre", "6", "--seconds", "24", "--seed", "6"];
        needledrop(["synth", "--out", text(&music)].iter().chain(&synth)).succeeded();
        let entries = std::fs::read_dir(&music).expect("styles");
        let names = entries.map(|entry| entry.expect("a style").path());
        let mut folders: Vec<PathBuf> = names.filter(|path| path.is_dir()).collect();
        folders.sort();
        for style in folders.split_off(4) {
            std::fs::remove_dir_all(style).expect("a style can be left out");
        }
        let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into();
        Self {
            styles: folders.iter().map(name).collect(),
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Prepares some of the styles into a data set of that name.
    pub(crate) fn prepare(&self, name: &str, styles: &[&str], more: &[&str]) -> PathBuf {
        let (music, out) = (self.path("music"), self.path(name));
        let mut arguments = vec!["prepare", "--data", text(&music), "--out", text(&out)];
        let styles = styles.join(",");
        arguments.extend(["--genres", &styles]);
        arguments.extend(more);
        needledrop(arguments).succeeded();
        out
    }

    /// Trains a model into a run folder of that name.
    pub(crate) fn train(&self, name: &str, data: &Path, more: &[&str]) -> PathBuf {
        let run = self.path(name);
        let mut arguments = vec!["train", "--data", text(data), "--run", text(&run)];
        arguments.extend(more);
        needledrop(arguments).succeeded();
        run
    }
}
