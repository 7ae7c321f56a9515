//! `needledrop models`: every model that can be trained, a line each, with its size and cost.

use super::exit::print_line;
use super::messages::print_json;
use needledrop_training::models::{Listed, list};

/// List the models that can be trained, with their size and cost.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let models = list()?;
        if self.json {
            print_json(&models)?;
            return Ok(());
        }
        let header = ["name", "parameters", "MMAC/s of audio", "real time"];
        print_line(&row(&header.map(str::to_owned), "what, presets"))?;
        for model in &models {
            let Listed {
                name,
                about,
                presets,
                cost,
                ..
            } = model;
            let cells = [
                (*name).to_owned(),
                cost.parameters.to_string(),
                format!("{:.2}", cost.multiply_adds_per_second / 1e6),
                if cost.real_time { "yes" } else { "no" }.to_owned(),
            ];
            print_line(&row(&cells, &format!("{about}; presets: {presets}")))?;
        }
        Ok(())
    }
}

fn row(cells: &[String; 4], rest: &str) -> String {
    let [name, parameters, cost, real_time] = cells;
    format!("{name:<18} {parameters:>12} {cost:>16} {real_time:>10}  {rest}")
}
