//! A model for a command: flags in, the verified model or the pipeline around it out.
use crate::args::ModelArgs;
use anyhow::Context as _;
use needledrop_device::{judge::Classifier, pipeline::Pipeline, profile::Profile};
use needledrop_infer::{Model, Net};
use std::path::Path;

/// A key here makes unsigned models refused without a flag.
const INSTALLED_KEY: &str = "/etc/needledrop/minisign.pub";

/// Reads, verifies and loads.
pub(crate) fn open(args: &ModelArgs) -> anyhow::Result<Model> {
    let path = &args.model;
    let installed = Path::new(INSTALLED_KEY);
    let key = match &args.key {
        Some(key) => Some(key.as_path()),
        None => Some(installed).filter(|key| key.exists()),
    };
    Ok(Model::open_signed(path, key)?)
}

/// The pipeline around an opened model.
pub(crate) fn pipeline(model: Model, hop_seconds: Option<f64>) -> anyhow::Result<Pipeline<Net>> {
    pipeline_around(model, hop_seconds, |net| net)
}

/// The same with something around the net.
pub(crate) fn pipeline_around<C: Classifier>(
    model: Model,
    hop_seconds: Option<f64>,
    around: impl FnOnce(Net) -> C,
) -> anyhow::Result<Pipeline<C>> {
    let name = model.metadata.name.clone();
    let profile = Profile::new(model.metadata, &model.sha256, hop_seconds)
        .with_context(|| format!("model {name}"))?;
    Ok(Pipeline::new(profile, around(model.net)))
}
