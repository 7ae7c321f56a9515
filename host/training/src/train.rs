//! Training: from a [`Corpus`] and settings to a run folder.
//!
//! [`train`] takes networks: `batch` makes batches ahead of the step out of random windows, `fit` sets a run up,
//! `epochs` is the loop, `replicas` and `objective` the step, `validation` what an epoch is judged by.
//! [`train_classic`] and [`train_study`] take classic models. A run is a pure function of its data, its [`Settings`]
//! and the machine's floating point: the same seed gives the same `model.onnx`, whether it ran through or was killed
//! and resumed, on any number of threads.

mod batch;
mod cache;
mod classic;
mod epochs;
mod features;
mod fit;
mod in_burn;
mod losses;
mod objective;
mod optimizer;
mod recording;
mod replicas;
mod solved;
mod step;
mod study;
mod tagger;
mod teacher;
mod tensorboard;
pub(crate) mod trained;
mod validation;

pub use classic::{ClassicSettings, train_classic};
pub use step::time_steps;
pub use study::train_study;
pub use tagger::train_tagger;
pub use teacher::{Taught, Teacher, Teaching};

use crate::corpus::Corpus;
use crate::error::Error;
use crate::progress::Progress;
use crate::run::Summary;
use crate::run::checkpoint::Checkpoint;
use crate::run::lock;
use needledrop_networks::Settings;
use needledrop_networks::backend::DeviceError;
use needledrop_networks::pretrained::Weights;
use std::path::Path;

/// Trains a network into a run folder; `weights` are those that `settings` name, if they name some.
///
/// With `resume`, goes on from the folder's checkpoint, or starts when it has none.
///
/// # Errors
/// Every [`Error`]; the folder keeps the last whole checkpoint, and `run.json` is there only when all is.
pub fn train(
    corpus: &Corpus,
    settings: &Settings,
    weights: Option<Weights>,
    run: &Path,
    resume: bool,
    progress: &Progress,
) -> Result<Summary, Error> {
    lock::refuse_used(run, resume)?;
    let settings = Settings {
        augment: settings.augment.for_origin(&corpus.origin),
        teacher: corpus.teacher.as_ref().map(|it| it.digest.clone()),
        ..settings.clone()
    };
    let fit = fit::Fit {
        corpus,
        settings: &settings,
        weights: fit::named(weights, &settings)?,
        run,
        progress,
    };
    settings
        .device
        .run(fit)
        .map_err(|error| device_error(error, run))?
}

/// A device's error in a run, with the run's last checkpoint named where it broke off.
fn device_error(error: DeviceError, run: &Path) -> Error {
    if !matches!(error, DeviceError::BrokeOff { .. }) {
        return Error::Device(error);
    }
    let kept = match Checkpoint::read(&Checkpoint::path(run, Checkpoint::LAST)) {
        Ok(Some(checkpoint)) => checkpoint.state.epochs_done,
        _ => 0,
    };
    Error::DeviceLost {
        error,
        kept,
        run: run.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{device_error, train};
    use crate::corpus::Corpus;
    use crate::error::Error;
    use crate::models::find;
    use crate::progress::Progress;
    use crate::run::checkpoint::Checkpoint;
    use crate::torchvision;
    use needledrop_bundle::{Origin, RunRecord};
    use needledrop_data::{Budget, Clip, Values};
    use needledrop_frontend::FrontendConfig;
    use needledrop_networks::backend::{Device, DeviceError};
    use needledrop_networks::pretrained::{Pretrained, Weights};
    use needledrop_networks::{Preset, Schedule, Settings};

    /// Two labels, two clips each, one window long.
    fn corpus() -> Corpus {
        let frontend = FrontendConfig::SEED;
        let (rows, bands) = (128, frontend.mel_bands);
        let clip = |number: usize| Clip {
            id: number.to_string(),
            label: number % 2,
            genre: ["blues", "jazz"][number % 2].to_owned(),
            rows,
            bands,
            values: Values::Memory(
                (0..rows * bands)
                    .map(|v| ((v * (number + 3) * 977) % 9000) as i16)
                    .collect(),
            ),
        };
        Corpus {
            labels: vec!["blues".to_owned(), "jazz".to_owned()],
            origin: Origin::of(frontend).unwrap(),
            data_sha256: "d".repeat(64),
            split_sha256: "5".repeat(64),
            train: (0..4).map(clip).collect(),
            valid: (4..6).map(clip).collect(),
            judges_training_clips: false,
            groups: Default::default(),
            taught: Vec::new(),
            labelled: 4,
            teacher: None,
            cache: None,
            budget: Budget::unlimited(),
        }
    }

    fn settings() -> Settings {
        Settings {
            epochs: 1,
            batch: 4,
            ..find("compact").unwrap().settings(Preset::Article)
        }
    }

    #[test]
    fn answers_that_are_no_numbers_end_a_run_without_a_model() {
        let run = tempfile::tempdir().unwrap();
        let diverging = Settings {
            rate: 1e30,
            ..settings()
        };
        let error = train(
            &corpus(),
            &diverging,
            None,
            run.path(),
            false,
            &Progress::hidden(),
        )
        .unwrap_err();
        assert!(
            matches!(
                error,
                Error::AnswersNotFinite {
                    epoch: 1,
                    kept: 0,
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(std::fs::read_dir(run.path()).unwrap().count(), 0);
    }

    /// From which memory features come decides nothing; another weights file does.
    #[test]
    fn features_on_disk_train_the_same_head_and_other_weights_do_not_resume_it() {
        let folder = tempfile::tempdir().unwrap();
        let weights = |seed| {
            let file = folder.path().join(format!("{seed}.safetensors"));
            torchvision::write(&file, seed, |key, shape| Some((key, shape)));
            Weights::read(&file).unwrap()
        };
        let named = |seed| -> Pretrained { weights(seed).pretrained(None, 0).unwrap() };
        let settings = |seed| Settings {
            epochs: 2,
            batch: 4,
            pretrained: Some(named(seed)),
            ..find("mobilenetv2").unwrap().settings(Preset::Best)
        };
        let models = ["memory", "disk"].map(|place| {
            let mut corpus = corpus();
            if place == "disk" {
                corpus.budget = Budget::new(0);
            }
            let run = folder.path().join(place);
            let summary = train(
                &corpus,
                &settings(1),
                Some(weights(1)),
                &run,
                false,
                &Progress::hidden(),
            );
            assert!(summary.unwrap().timing.frozen_seconds > 0.0);
            std::fs::read(run.join("model.onnx")).unwrap()
        });
        assert!(models[0] == models[1], "the same bytes");

        let record = RunRecord::read(&folder.path().join("disk")).unwrap();
        assert_eq!(record.pretrained_sha256, Some(named(1).sha256));
        let resumed = |given| {
            let run = folder.path().join("memory");
            let progress = Progress::hidden();
            train(&corpus(), &settings(2), given, &run, true, &progress).unwrap_err()
        };
        let error = resumed(Some(weights(2)));
        assert!(error.to_string().contains("pretrained"), "{error}");
        for given in [None, Some(weights(1))] {
            let error = resumed(given);
            assert!(matches!(error, Error::OtherWeights { .. }), "{error}");
        }
    }

    #[test]
    fn a_run_on_several_devices_goes_on_to_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let settings = |epochs| Settings {
            epochs,
            replicas: 2,
            dropout: 0.3,
            schedule: Schedule::Constant,
            ..settings()
        };
        let run = |name: &str, epochs, resume| {
            let run = dir.path().join(name);
            train(
                &corpus(),
                &settings(epochs),
                None,
                &run,
                resume,
                &Progress::hidden(),
            )
            .unwrap();
            ["model.onnx", "curves.csv"].map(|file| std::fs::read(run.join(file)).unwrap())
        };
        let whole = run("whole", 2, false);
        run("broken", 1, false);
        for name in [Checkpoint::LAST, Checkpoint::BEST] {
            let path = Checkpoint::path(&dir.path().join("broken"), name);
            let mut checkpoint = Checkpoint::read(&path).unwrap().unwrap();
            checkpoint.state.settings.epochs = 2;
            checkpoint.write(&path).unwrap();
        }
        assert!(run("broken", 2, true) == whole);

        // What is left when a device fails in the third epoch.
        let lost = |out_of_memory| {
            let error = DeviceError::BrokeOff {
                device: "cuda",
                reason: "CUDA_ERROR_UNKNOWN".to_owned(),
                out_of_memory,
            };
            device_error(error, &dir.path().join("whole")).to_string()
        };
        for words in [
            "checkpoint of epoch 2",
            "go on with --resume",
            "ran out of memory",
            "smaller --batch",
        ] {
            assert!(lost(true).contains(words), "{}", lost(true));
        }
        assert!(
            lost(false).ends_with("checkpoint of epoch 2; go on with --resume"),
            "{}",
            lost(false)
        );
    }

    /// On a machine without a GPU, built with its backend or not, the outcome is an error alone.
    #[test]
    fn a_device_without_a_backend_leaves_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let elsewhere = Settings {
            device: Device::Cuda,
            ..settings()
        };
        let progress = Progress::hidden();
        let error = train(&corpus(), &elsewhere, None, &run, false, &progress).unwrap_err();
        assert!(matches!(error, Error::Device(_)), "{error}");
        assert!(!run.exists());
    }
}
