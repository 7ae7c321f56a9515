//! `needledrop train`: a data set goes in, a run folder comes out.

use super::messages::{next_step, print_json, warn_of_losses};
use super::values::{budget, positive};
use anyhow::{Context, bail};
use needledrop_bundle::Origin;
use needledrop_data::Kind;
use needledrop_data::memory::{self, MemorySize};
use needledrop_networks::backend::{Device, Devices};
use needledrop_networks::models::MODELS;
use needledrop_networks::pretrained::{Padding, Weights};
use needledrop_networks::{Head, Pool, Preset};
use needledrop_training::classic;
use needledrop_training::run::Summary;
use needledrop_training::train::{ClassicSettings, Teaching, train, train_classic, train_study};
use needledrop_training::{Corpus, JudgedBy, Progress};
use std::path::PathBuf;

/// Train a model into a run folder, from which tools/export packs it for the board.
///
/// The same seed gives the same model.onnx, also when the run was killed and resumed.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Data set made by `needledrop prepare`, or a folder of TFRecord shards of others (docs/shards.md).
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Architecture; `needledrop models` lists them.
    #[arg(long, value_name = "NAME")]
    model: String,
    /// Run folder to make.
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// What to learn from; needed for fma518 alone, which logreg, knn, gnb and svm take for study [default: what the
    /// architecture is for].
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// Hyper-parameters; for compact, which is in no article, both are ours (docs/models.md).
    #[arg(long, value_enum, default_value_t)]
    preset: Preset,
    /// Where to train.
    #[arg(long, value_enum, default_value_t)]
    device: Device,
    /// GPUs that share each batch: a number, or all [default: 1].
    #[arg(long, value_name = "N|all")]
    devices: Option<Devices>,
    /// Most epochs; training stops sooner when validation no longer gains.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    epochs: Option<u32>,
    /// Windows a step; songs for mil, which learns from songs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=4096))]
    batch: Option<u32>,
    /// Peak learning rate.
    #[arg(long, value_name = "RATE", value_parser = positive)]
    rate: Option<f64>,
    /// How the answers on a song's windows become the song's, for mil.
    #[arg(long, value_enum)]
    pool: Option<Pool>,
    /// For mobilenetv2 and musicnn: start from these weights (safetensors; docs/models.md has the names) and learn a new
    /// last layer on the frozen network.
    #[arg(long, value_name = "FILE")]
    pretrained: Option<PathBuf>,
    /// Zeros that the weights of --pretrained want at stride 2 [default: what the file's metadata says, else
    /// symmetric].
    #[arg(long, value_enum, value_name = "PADDING", requires = "pretrained")]
    pretrained_padding: Option<Padding>,
    /// With --pretrained: the last N stages learn too (1: the last before the head, 2: one more, ...).
    #[arg(long, value_name = "N", requires = "pretrained", default_value_t = 0)]
    finetune: usize,
    /// With --pretrained: folder that keeps what the frozen layers give for each clip from one run to the next
    /// [default: the data set's `frozen`].
    #[arg(long, value_name = "DIR", requires = "pretrained")]
    cache: Option<PathBuf>,
    /// Learn from this model's answers too: to the clips of --unlabelled, and to those of the data set where both have one
    /// preset.
    #[arg(long, value_name = "MODEL")]
    teacher: Option<PathBuf>,
    /// With --teacher: folders of music, labelled or not.
    #[arg(long, value_name = "DIR", num_args = 1.., requires = "teacher")]
    unlabelled: Vec<PathBuf>,
    /// With --teacher: above 1 its answers say more of the genres that are not the first.
    #[arg(long, value_name = "T", default_value_t = 1.0, requires = "teacher", value_parser = positive)]
    teacher_temperature: f64,
    /// Epochs without a better validation log-loss after which training stops.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    patience: Option<u32>,
    /// For logreg, knn, gnb and svm: keep N principal components of the statistics [default: all statistics].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pca: Option<u32>,
    /// Another seed, other weights, order and augmentation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Memory for the data set, like 512M or 8G [default: half of what is available]; what does not fit is read from
    /// the shards again and again, with the same outcome.
    #[arg(long, value_name = "SIZE")]
    memory: Option<MemorySize>,
    /// Go on with the run that is in the folder.
    #[arg(long)]
    resume: bool,
    /// Print a summary as JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        // Where the allocator can't, training is slower and that is all.
        let _ = memory::keep_freed();
        let progress = Progress::new();
        let (summary, origin) = match (classic::Kind::by_name(&self.model), self.kind) {
            (Some(classic), Some(Kind::Fma518)) => self.study(classic, &progress),
            (Some(classic), _) => self.solve(classic, &progress),
            (None, _) => self.train(&progress),
        }?;
        if self.json {
            print_json(&summary)?;
        }
        progress.say(&described(&summary));
        progress.say(&match self.kind {
            Some(Kind::Fma518) => format!(
                "for study, no board computes fma518; judge it: needledrop evaluate --run {} --data {}",
                self.run.display(),
                self.data.display()
            ),
            _ => next_step(&self.run, &origin),
        });
        Ok(())
    }

    /// A network.
    fn train(&self, progress: &Progress) -> anyhow::Result<(Summary, Origin)> {
        let model = needledrop_training::models::find(&self.model)?;
        if let Some(pca) = self.pca {
            bail!(
                "--pca {pca}: {} sees windows, not statistics; leave it out",
                self.model
            );
        }
        self.refuse_other_kinds(model.data_kind())?;
        let mut settings = model.settings(self.preset);
        let mut start = None;
        if let Some(path) = &self.pretrained {
            let Some(published) = model.published else {
                let networks = MODELS.iter().filter(|it| it.published.is_some());
                let networks: Vec<&str> = networks.map(|it| it.name).collect();
                bail!(
                    "--pretrained {}: {} starts from random weights; leave it out, or train {}",
                    path.display(),
                    self.model,
                    networks.join(" or ")
                );
            };
            let finetune = self.finetune;
            if finetune >= published.stages {
                bail!(
                    "--finetune {finetune}: {} has {} stages before its head, of which the first stays; give at most {}",
                    self.model,
                    published.stages,
                    published.stages - 1
                );
            }
            let weights = Weights::read(path).context("--pretrained")?;
            let pretrained = weights.pretrained(self.pretrained_padding, finetune);
            settings = settings.start_from(pretrained.context("--pretrained")?, &published);
            start = Some(weights);
        }
        if settings.head == Head::Solved {
            let given = [
                ("--epochs", self.epochs.is_some()),
                ("--batch", self.batch.is_some()),
                ("--rate", self.rate.is_some()),
                ("--patience", self.patience.is_some()),
            ];
            if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
                bail!(
                    "{flag}: the last layer on the frozen {} is solved for, without epochs; leave it out, or give \
                     --finetune 1 or --preset article",
                    self.model
                );
            }
        }
        settings.device = self.device;
        settings.replicas = self
            .device
            .share(self.devices.unwrap_or(Devices::Count(1)))?;
        settings.seed = self.seed;
        settings.epochs = self
            .epochs
            .map_or(settings.epochs, |epochs| epochs as usize);
        settings.batch = self.batch.map_or(settings.batch, |batch| batch as usize);
        settings.patience = self
            .patience
            .map_or(settings.patience, |patience| patience as usize);
        settings.rate = self.rate.unwrap_or(settings.rate);
        settings.pool = self.pool.unwrap_or(settings.pool);
        let judged_by = match settings.head {
            Head::Solved => JudgedBy::Folds,
            Head::Trained => JudgedBy::Split,
        };
        let corpus = self.corpus(model.data_kind(), judged_by, progress)?;
        let corpus = match &self.teacher {
            Some(teacher) => {
                if settings.head == Head::Solved || model.data_kind() != Kind::LogMel {
                    bail!(
                        "--teacher: {} can't learn from one here; networks on log-mel that train in epochs can",
                        self.model
                    );
                }
                let teaching = Teaching {
                    model: teacher.clone(),
                    folders: self.unlabelled.clone(),
                    temperature: self.teacher_temperature,
                };
                teaching.of(corpus, progress)?
            }
            None => corpus,
        };
        let (run, resume) = (&self.run, self.resume);
        let summary = train(&corpus, &settings, start, run, resume, progress)
            .with_context(|| format!("training {}", self.model))?;
        Ok((summary, corpus.origin))
    }

    /// A classic model on window statistics.
    fn solve(&self, kind: classic::Kind, progress: &Progress) -> anyhow::Result<(Summary, Origin)> {
        self.refuse_other_kinds(Kind::LogMel)?;
        let settings = self.classic_settings(kind)?;
        let corpus = self.corpus(Kind::LogMel, JudgedBy::Split, progress)?;
        let (run, resume) = (&self.run, self.resume);
        let summary = train_classic(&corpus, &settings, run, resume, progress)
            .with_context(|| format!("training {}", self.model))?;
        Ok((summary, corpus.origin))
    }

    /// A classic model on the FMA paper's features.
    fn study(&self, kind: classic::Kind, progress: &Progress) -> anyhow::Result<(Summary, Origin)> {
        let settings = self.classic_settings(kind)?;
        let (corpus, losses) = Corpus::read_vectors(&self.data)?;
        warn_of_losses(&losses, &self.data);
        said(&corpus, progress, "fma518");
        let (run, resume) = (&self.run, self.resume);
        let summary = train_study(&corpus, &settings, run, resume, progress)
            .with_context(|| format!("training {}", self.model))?;
        Ok((summary, corpus.origin))
    }

    fn refuse_other_kinds(&self, kind: Kind) -> anyhow::Result<()> {
        match self.kind {
            Some(given) if given != kind => bail!(
                "--kind {given}: {} learns from {kind}; leave it out (fma518 is for logreg, knn, gnb and svm)",
                self.model
            ),
            _ => Ok(()),
        }
    }

    fn classic_settings(&self, kind: classic::Kind) -> anyhow::Result<ClassicSettings> {
        let given = [
            ("--epochs", self.epochs.is_some()),
            ("--batch", self.batch.is_some()),
            ("--rate", self.rate.is_some()),
            ("--patience", self.patience.is_some()),
            ("--pool", self.pool.is_some()),
            ("--pretrained", self.pretrained.is_some()),
            ("--teacher", self.teacher.is_some()),
            ("--device", self.device != Device::Cpu),
            ("--devices", self.devices.is_some()),
        ];
        if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
            bail!(
                "{flag}: {} is solved on the CPU, without epochs; leave it out",
                self.model
            );
        }
        Ok(ClassicSettings {
            kind,
            preset: self.preset,
            pca: self.pca.map(|components| components as usize),
            seed: self.seed,
        })
    }

    fn corpus(
        &self,
        kind: Kind,
        judged_by: JudgedBy,
        progress: &Progress,
    ) -> anyhow::Result<Corpus> {
        let budget = budget(self.memory);
        let (corpus, losses) = Corpus::read(&self.data, kind, &budget, judged_by)?;
        warn_of_losses(&losses, &self.data);
        if let Some(stored) = corpus.stored_bytes() {
            progress.say(&format!(
                "{} of the data set stay on disk; more --memory would keep them at hand",
                indicatif::HumanBytes(stored as u64)
            ));
        }
        said(&corpus, progress, &corpus.origin.to_string());
        Ok(Corpus {
            cache: self.cache.clone().or(corpus.cache),
            ..corpus
        })
    }
}

/// Says what there is to learn from.
fn said<T>(corpus: &Corpus<T>, progress: &Progress, features: &str) {
    let missing = corpus.labels_without_clips();
    if !missing.is_empty() {
        progress.say(&format!(
            "warning: no training clip of {}: the model can't learn it",
            missing.join(", ")
        ));
    }
    progress.say(&format!(
        "{} training and {} validation clips of {} labels, features {features}",
        corpus.train.len(),
        corpus.valid.len(),
        corpus.labels.len(),
    ));
}

fn described(summary: &Summary) -> String {
    let (clips, windows) = (&summary.valid.clips, &summary.valid.windows);
    let [low, high] = clips.accuracy_interval();
    let speed = match (summary.steps_per_second, summary.wait_share) {
        (Some(steps), Some(wait)) => format!(
            "; {steps:.1} steps/s, {:.1} % of it waiting for data",
            100.0 * wait
        ),
        _ => String::new(),
    };
    let reached = match &summary.classic {
        Some(classic) => {
            let chosen = classic
                .chosen
                .iter()
                .map(|(name, value)| format!("{name} {value:.3e}, "));
            format!("{}{} windows", chosen.collect::<String>(), classic.windows)
        }
        None => format!("best epoch {} of {}", summary.best_epoch, summary.epochs),
    };
    let other = match summary.parity_other_class.as_slice() {
        [] => String::new(),
        windows => format!("; on rounding tract gives parity windows {windows:?} another class"),
    };
    format!(
        "{reached}: validation accuracy {:.3} by clip ({low:.2} to {high:.2} at 95 %), {:.3} by window; macro-F1 {:.3}, {:.3}; {} parameters, {} \
         multiply-adds a window{speed}{other}",
        clips.accuracy,
        windows.accuracy,
        clips.macro_f1,
        windows.macro_f1,
        summary.parameters,
        summary.multiply_adds,
    )
}
