//! `needledrop data import-npy`: matrices and a table of their clips go in, a data set comes out.

use crate::cli::messages::report;
use clap::builder::PossibleValuesParser;
use needledrop_data::import::{Options, import};
use needledrop_frontend::FrontendConfig;
use std::path::PathBuf;

/// Make a data set of feature matrices that another program computed.
///
/// They train and evaluate like any other; no board computes them, so that tools/export packs such a model for study
/// only. Splits are kept as clips.csv gives them.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Matrices [clips, bands, frames]: f16, f32, f64, u8, or i16 in steps of 1/256 dB.
    #[arg(long, value_name = "X.npy")]
    x: PathBuf,
    /// Labels [clips]: integers.
    #[arg(long, value_name = "LABEL.npy")]
    y: PathBuf,
    /// What each row is: columns row, clip, genre, label, split.
    #[arg(long, value_name = "CLIPS.csv")]
    clips: PathBuf,
    /// Folder to make.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The first row of a matrix is the highest band, as in a picture.
    #[arg(long)]
    picture: bool,
    /// Decibels a step of the value; u8 0.5, floats 1, i16 1/256.
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    scale: Option<f64>,
    /// Decibels of value 0; u8 -64, others 0.
    #[arg(long, value_name = "O", allow_hyphen_values = true)]
    offset: Option<f64>,
    /// Take the matrices for this frontend's own, so that a board hears with the model; nothing but the number of bands
    /// is checked, and the model's card says so.
    #[arg(long, value_name = "PRESET",
        value_parser = PossibleValuesParser::new(FrontendConfig::PRESETS.map(|(name, _)| name)))]
    assume_frontend: Option<String>,
    /// Print a summary as JSON on stdout.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let summary = import(&Options {
            x: self.x,
            y: self.y,
            clips: self.clips,
            out: self.out,
            picture: self.picture,
            scale: self.scale,
            offset: self.offset,
            assume_frontend: self
                .assume_frontend
                .as_deref()
                .and_then(FrontendConfig::preset),
        })?;
        report(&summary, self.json)
    }
}
