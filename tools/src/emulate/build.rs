//! What is made when it was not given: the image, by `tools/flash`, and the program that replays, by cargo.
//!
//! These run in this program's own process group: they may ask, and Ctrl-C is theirs, too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};

use super::options::Options;
use crate::model_folder::MODEL;

/// The image of the chosen model, made anew only when something it is made of is newer.
///
/// # Errors
/// No model, several, or `tools/flash` failed.
pub(crate) fn image(options: &Options) -> Result<PathBuf> {
    let model = match &options.model {
        Some(model) => checked(model)?,
        None => one_model(&options.repository.join("models"))?,
    };
    let flash = options.repository.join("tools/flash");
    let yes = options.yes.then_some("--yes");
    run(Command::new(&flash).arg("--build-only").args(yes))?;
    let image = options.folder.join("board.img");
    let note = options.folder.join("board.img.model");
    let chosen = model.display().to_string();
    let same_model = fs::read_to_string(&note).is_ok_and(|noted| noted == chosen);
    if same_model && is_fresh(&image, &inputs(options, &model)) {
        eprintln!("emulate: nothing changed, taking {} again", image.display());
        return Ok(image);
    }
    run(Command::new(&flash)
        .arg("--image")
        .arg(&image)
        .arg("--model")
        .arg(&model)
        .args(yes))?;
    fs::write(&note, chosen).with_context(|| format!("could not write {}", note.display()))?;
    Ok(image)
}

/// This machine's `needledrop-device`.
///
/// # Errors
/// It does not build.
pub(crate) fn replayer(options: &Options) -> Result<PathBuf> {
    run(Command::new("cargo")
        .args([
            "build",
            "--release",
            "--quiet",
            // With the features that all else is built with: nothing is built a second time.
            "--workspace",
            "--bin",
            "needledrop-device",
            "--manifest-path",
        ])
        .arg(options.repository.join("Cargo.toml")))?;
    let program = options.target.join("release/needledrop-device");
    ensure!(
        program.is_file(),
        "cargo built no {}: is --target cargo's target folder?",
        program.display()
    );
    Ok(program)
}

/// Runs a build whose words are for a person.
fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdout(Stdio::from(io::stderr()))
        .status()
        .with_context(|| format!("could not start {name}"))?;
    ensure!(
        status.success(),
        "{name} ended with {status}; what it said is above"
    );
    Ok(())
}

/// A folder with a model, or the model itself.
fn checked(model: &Path) -> Result<PathBuf> {
    ensure!(
        model.is_file() || model.join(MODEL).is_file(),
        "no {MODEL} in {}: give a folder that tools/export made",
        model.display()
    );
    Ok(model.to_owned())
}

/// The model that comes with the repository.
const OWN_MODEL: &str = "tagger";

/// The one folder of `models` that holds a model of the user's, or the repository's own.
fn one_model(models: &Path) -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(models)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join(MODEL).is_file())
        .collect();
    found.sort();
    if found.len() > 1 {
        found.retain(|folder| !folder.ends_with(OWN_MODEL));
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => bail!(
            "{} holds no model: make one with tools/demo or tools/export, or give --model DIR or --image FILE",
            models.display()
        ),
        several => {
            let names: Vec<String> = several.iter().map(|it| it.display().to_string()).collect();
            bail!(
                "several models here, name one with --model: {}",
                names.join(", ")
            )
        }
    }
}

/// All that decides what is in the image.
fn inputs(options: &Options, model: &Path) -> Vec<PathBuf> {
    let mut aarch64 = options.target.clone().into_os_string();
    aarch64.push("-aarch64");
    vec![
        PathBuf::from(aarch64).join("aarch64-unknown-linux-gnu/board/needledrop-device"),
        options.target.join("release/flash"),
        options.repository.join("tools/image"),
        options.repository.join("tools/image-inputs.sh"),
        model.to_owned(),
    ]
}

/// Whether `image` is there and nothing of `inputs`, files or folders of files, is newer.
fn is_fresh(image: &Path, inputs: &[PathBuf]) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    let Ok(made) = changed(image) else {
        return false;
    };
    let older = |path: &Path| changed(path).is_ok_and(|at: SystemTime| at <= made);
    inputs.iter().all(|input| {
        let inside = fs::read_dir(input).into_iter().flatten().flatten();
        // What is missing counts as changed: `tools/flash` says what to do.
        older(input) && inside.into_iter().all(|entry| older(&entry.path()))
    })
}

#[cfg(test)]
mod tests {
    use super::{checked, is_fresh, one_model};
    use std::fs::{self, File};
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    fn file(path: &Path, seconds: u64) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        File::create(path).unwrap().set_modified(at).unwrap();
    }

    #[test]
    fn the_users_only_model_is_taken_and_no_other_is_guessed() {
        let folder = tempfile::tempdir().unwrap();
        let error = one_model(folder.path()).unwrap_err().to_string();
        assert!(error.contains("tools/demo"), "{error}");
        file(&folder.path().join("demo/model.onnx"), 1);
        fs::create_dir(folder.path().join("notes")).unwrap();
        let demo = folder.path().join("demo");
        assert_eq!(one_model(folder.path()).unwrap(), demo);
        assert!(checked(&demo).is_ok() && checked(&demo.join("model.onnx")).is_ok());
        let error = checked(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no model.onnx"), "{error}");
        file(&folder.path().join("tagger/model.onnx"), 1);
        assert_eq!(
            one_model(folder.path()).unwrap(),
            demo,
            "tagger is everybody's"
        );
        fs::remove_dir_all(&demo).unwrap();
        let tagger = folder.path().join("tagger");
        assert_eq!(one_model(folder.path()).unwrap(), tagger);
        file(&demo.join("model.onnx"), 1);
        file(&folder.path().join("mine/model.onnx"), 1);
        let error = one_model(folder.path()).unwrap_err().to_string();
        assert!(error.contains("demo") && error.contains("mine"), "{error}");
    }

    #[test]
    fn an_image_is_made_anew_when_anything_is_newer_or_missing() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let inputs = [at("program"), at("image.sh")];
        file(&at("board.img"), 100);
        file(&inputs[0], 90);
        assert!(!is_fresh(&at("board.img"), &inputs), "an input is missing");
        file(&inputs[1], 100);
        assert!(is_fresh(&at("board.img"), &inputs));
        file(&inputs[0], 101);
        assert!(!is_fresh(&at("board.img"), &inputs));
        assert!(!is_fresh(&at("none.img"), &inputs));
    }
}
