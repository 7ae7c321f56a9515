//! The crates that the board's program is linked with: their licences and notices, which must go with it.
use crate::flash::program::Architecture;
use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What `cargo tree` is asked for.
const TREE: [&str; 11] = [
    "tree",
    "--locked",
    "--package=needledrop-device",
    "--edges=normal,no-proc-macro",
    "--prefix=none",
    "--format={p}\t{l}\t{r}",
    "--color=never",
    "--quiet",
    "--manifest-path",
    concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"),
    "--charset=ascii",
];

/// Beginnings of the names of files that hold licences and notices.
const NOTICES: [&str; 6] = [
    "license",
    "licence",
    "copying",
    "unlicense",
    "notice",
    "copyright",
];

/// A crate from a registry.
#[derive(Debug, PartialEq, Eq)]
struct Crate {
    name: String,
    version: String,
    licence: String,
    repository: String,
}

/// The list, and every text once.
///
/// # Errors
/// cargo fails, or a crate's source is not where cargo unpacks sources.
pub fn list(architecture: Architecture) -> Result<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(TREE)
        .arg(format!("--target={}", architecture.target()))
        .output()
        .context("could not run cargo, which knows the crates that the program is linked with")?;
    ensure!(
        output.status.success(),
        "cargo tree failed, which lists the crates for the package: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let sources = sources()?;
    let crates = parse(&String::from_utf8_lossy(&output.stdout));
    let with_texts: Result<Vec<_>> = crates
        .into_iter()
        .map(|found| {
            let texts = notices(&sources, &found)?;
            Ok((found, texts))
        })
        .collect();
    Ok(page(&with_texts?))
}

/// One line a crate, `name vVERSION[ (remarks)]`, licence and repository; our own have a path and are left out.
fn parse(tree: &str) -> Vec<Crate> {
    let mut crates: Vec<_> = tree
        .lines()
        .filter_map(|line| {
            let mut fields = line.trim_end_matches(" (*)").split('\t');
            let mut words = fields.next()?.split(' ');
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            (!words.any(|word| word.starts_with("(/"))).then(|| Crate {
                name: name.to_owned(),
                version: version.to_owned(),
                licence: fields.next().unwrap_or_default().replace('/', " OR "),
                repository: fields.next().unwrap_or_default().to_owned(),
            })
        })
        .collect();
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    crates.dedup();
    crates
}

/// The folders, one a registry, under which cargo unpacks crates.
fn sources() -> Result<Vec<PathBuf>> {
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir()
            .context("neither CARGO_HOME nor HOME is set: where are cargo's sources?")?
            .join(".cargo"),
    };
    let registries = home.join("registry/src");
    let entries = fs::read_dir(&registries)
        .with_context(|| format!("could not read {}: run cargo fetch", registries.display()))?;
    let mut folders = Vec::new();
    for entry in entries {
        folders.push(entry?.path());
    }
    Ok(folders)
}

/// Texts of a crate's licence and notice files, by name.
fn notices(sources: &[PathBuf], wanted: &Crate) -> Result<Vec<String>> {
    let name = format!("{}-{}", wanted.name, wanted.version);
    let Some(folder) = sources
        .iter()
        .map(|source| source.join(&name))
        .find(|at| at.is_dir())
    else {
        bail!(
            "the source of crate {name}, whose licence the package must carry, is not among cargo's: run cargo fetch"
        );
    };
    let mut files: Vec<_> = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file() && is_notice(path))
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| {
            let bytes =
                fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
            let text = String::from_utf8_lossy(&bytes).replace('\r', "");
            Ok(text.trim().to_owned())
        })
        .collect()
}

fn is_notice(path: &Path) -> bool {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    NOTICES.iter().any(|beginning| name.starts_with(beginning))
}

fn page(crates: &[(Crate, Vec<String>)]) -> String {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut texts: Vec<&str> = Vec::new();
    let mut table = String::new();
    for (found, notices) in crates {
        let mut references = String::new();
        for text in notices {
            let number = *numbers.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len()
            });
            let _ = write!(references, " [{number}]");
        }
        let Crate {
            name,
            version,
            licence,
            repository,
        } = found;
        let _ = writeln!(
            table,
            "{name} {version}: {licence}{references}\n    https://crates.io/crates/{name}/{version} {repository}"
        );
    }
    let mut page = format!(
        "Crates that needledrop-device is linked with, their licences, and where their source is.\n\
         Numbers are those of the texts below, which are as they came with the crates.\n\n{table}"
    );
    for (number, text) in (1..).zip(texts) {
        let _ = write!(page, "\n{:=<100}\n[{number}]\n\n{text}\n", "");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::{Crate, page, parse};

    #[test]
    fn our_own_crates_are_left_out_and_the_rest_is_there_once() {
        let tree = "needledrop-device v0.1.0 (/home/me/needledrop/device)\tMIT OR Apache-2.0\t\n\
                    b v1.0.0\tMIT/Apache-2.0\thttps://example.org/b\n\
                    a v2.0.0\tMIT\t\n\
                    b v1.0.0\tMIT/Apache-2.0\thttps://example.org/b (*)\n";
        let crates = parse(tree);
        let names: Vec<_> = crates.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(crates[1].licence, "MIT OR Apache-2.0");
    }

    #[test]
    fn a_text_of_many_crates_is_there_once() {
        let one = |name: &str| Crate {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: "MIT".to_owned(),
            repository: String::new(),
        };
        let shared = "the licence".to_owned();
        let page = page(&[
            (one("a"), vec![shared.clone()]),
            (one("b"), vec!["a notice".to_owned(), shared]),
        ]);
        assert_eq!(page.matches("the licence").count(), 1, "{page}");
        assert!(page.contains("b 1.0.0: MIT [2] [1]"), "{page}");
    }
}
