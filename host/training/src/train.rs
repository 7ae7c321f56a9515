//! Training: from a prepared data set to a run folder.
//!
//! [`Corpus`] holds the clips; [`batch`] makes batches ahead of the step out of random windows; [`fit`] is the loop;
//! [`checkpoint`] is what a killed run goes on from; [`run_folder`] writes what `tools/export`, `evaluate` and `report`
//! read. A run is a pure function of its data, its [`Settings`] and the machine's floating point: the same seed gives
//! the same `model.onnx`, whether it ran through or was killed and resumed, on any number of threads.

pub mod batch;
pub mod checkpoint;
mod classic;
mod corpus;
mod error;
mod features;
pub mod fit;
pub(crate) mod lock;
mod losses;
mod objective;
mod optimizer;
mod progress;
mod recording;
mod replicas;
pub(crate) mod run_files;
pub mod run_folder;
pub(crate) mod score;
mod step;
mod study;
mod tensorboard;
pub(crate) mod trained;

pub use classic::{ClassicSettings, train_classic};
pub use corpus::Corpus;
pub use error::Error;
pub use needledrop_data::window;
pub(crate) use needledrop_networks::order;
pub use needledrop_networks::{Crop, Input, Optimizer, Pool, Preset, Schedule, Settings, augment};
use needledrop_networks::{input, settings};
pub use progress::Progress;
pub use step::time_steps;
pub use study::train_study;

use serde::{Deserialize, Serialize};
use std::path::Path;

/// One epoch in numbers: a row of `curves.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// From 1.
    pub epoch: usize,
    /// Rate of the last step.
    pub rate: f64,
    /// Mean loss over the epoch's batches, on augmented windows and smoothed targets.
    pub train_loss: f64,
    /// Log-loss over the validation windows.
    pub valid_log_loss: f64,
    /// Accuracy over them.
    pub valid_accuracy: f64,
    /// Macro-F1 over them.
    pub valid_macro_f1: f64,
}

/// Trains a model into a run folder.
///
/// With `resume`, goes on from the folder's checkpoint, or starts when it has none.
///
/// # Errors
/// Every [`Error`]; the folder keeps the last whole checkpoint, and `run.json` is there only when all is.
pub fn train(
    corpus: &Corpus,
    settings: &Settings,
    run: &Path,
    resume: bool,
    progress: &Progress,
) -> Result<run_folder::Summary, Error> {
    lock::refuse_used(run, resume)?;
    let settings = Settings {
        augment: settings.augment.for_origin(&corpus.origin),
        ..settings.clone()
    };
    let fit = fit::Fit {
        corpus,
        settings: &settings,
        run,
        progress,
    };
    settings
        .device
        .run(fit)
        .map_err(|error| Error::of_device(error, run))?
}

#[cfg(test)]
mod tests {
    use super::checkpoint::Checkpoint;
    use super::{Corpus, Error, Preset, Progress, Schedule, Settings, train};
    use crate::torchvision;
    use needledrop_bundle::{Origin, RunRecord};
    use needledrop_data::{Budget, Clip, Values};
    use needledrop_frontend::FrontendConfig;
    use needledrop_networks::backend::{Device, DeviceError};
    use needledrop_networks::pretrained::Weights;

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
            budget: Budget::unlimited(),
        }
    }

    fn settings() -> Settings {
        Settings {
            epochs: 1,
            batch: 4,
            ..Settings::compact(Preset::Article)
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
            Weights::read(&file).unwrap().pretrained(None, 0).unwrap()
        };
        let settings = |pretrained| Settings {
            epochs: 2,
            batch: 4,
            pretrained: Some(pretrained),
            ..Settings::mobilenetv2(Preset::Best)
        };
        let models = ["memory", "disk"].map(|place| {
            let mut corpus = corpus();
            if place == "disk" {
                corpus.budget = Budget::new(0);
            }
            let run = folder.path().join(place);
            let summary = train(
                &corpus,
                &settings(weights(1)),
                &run,
                false,
                &Progress::hidden(),
            );
            assert!(summary.unwrap().timing.frozen_seconds > 0.0);
            std::fs::read(run.join("model.onnx")).unwrap()
        });
        assert!(models[0] == models[1], "the same bytes");

        let record = RunRecord::read(&folder.path().join("disk")).unwrap();
        assert_eq!(record.pretrained_sha256, Some(weights(1).sha256));
        let run = folder.path().join("memory");
        let other = settings(weights(2));
        let error = train(&corpus(), &other, &run, true, &Progress::hidden()).unwrap_err();
        assert!(error.to_string().contains("pretrained"), "{error}");
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
            let path = dir.path().join("broken/checkpoint").join(name);
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
            Error::of_device(error, &dir.path().join("whole")).to_string()
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
        let error = train(&corpus(), &elsewhere, &run, false, &Progress::hidden()).unwrap_err();
        assert!(matches!(error, Error::Device(_)), "{error}");
        assert!(!run.exists());
    }
}
