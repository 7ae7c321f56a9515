//! The git commit that the sources are of: its first 12 hex digits, and whether the sources differ from it.
//!
//! Cargo runs the build script again when a file that is named here changes: the sources themselves, for they may
//! differ from the commit, and what git keeps the commit in. A file that is not there would run it each time, so only
//! files that exist are named.
use std::{env, io, path::Path, process::Command};

/// What the program is made of, seen from the package's folder. Other files of the repository don't make it `-dirty`.
const SOURCES: [&str; 9] = [
    "../Cargo.toml",
    "../Cargo.lock",
    "../audio",
    "../bundle",
    "../frontend",
    "../infer",
    "../protocol",
    "Cargo.toml",
    "src",
];

/// First 12 hex digits of the commit, `-dirty` behind them when the sources differ from it; `None` outside git.
pub(crate) fn of_sources() -> io::Result<Option<String>> {
    for source in SOURCES {
        watch(source);
    }
    // A copy of the sources that lies in someone else's repository is not of its commits.
    if git(&["ls-files", "--error-unmatch", "build.rs"]).is_none() {
        return Ok(None);
    }
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return Ok(None);
    };
    watch_head();
    let status = [&["status", "--porcelain", "--"], &SOURCES[..]].concat();
    let dirty = git(&status).is_none_or(|changes| !changes.is_empty());
    Ok(Some(if dirty {
        format!("{commit}-dirty")
    } else {
        commit
    }))
}

/// `HEAD`, and the branch that it names: a file of its own, or a line in `packed-refs` until the next commit.
fn watch_head() {
    let path = |name: &str| git(&["rev-parse", "--git-path", name]);
    watch_some(path("HEAD"));
    let Some(branch) = git(&["symbolic-ref", "--quiet", "HEAD"]) else {
        return;
    };
    let branch_file = path(&branch);
    if branch_file
        .as_ref()
        .is_some_and(|file| Path::new(file).exists())
    {
        return watch_some(branch_file);
    }
    watch_some(path("packed-refs"));
    // The branch's own file will appear here.
    watch_some(path("refs/heads"));
}

fn watch_some(path: Option<String>) {
    if let Some(path) = path {
        watch(&path);
    }
}

fn watch(path: &str) {
    if Path::new(path).exists() {
        println!("cargo::rerun-if-changed={path}");
    }
}

/// What git says, without the line's end; `None` when it fails or is not there.
fn git(arguments: &[&str]) -> Option<String> {
    let folder = env::var_os("CARGO_MANIFEST_DIR")?;
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
