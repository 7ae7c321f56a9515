//! Times training steps of a network on one random batch, in rounds that another program asks for: what
//! host/studies/step_race.py and gpu_race.py drive.
//!
//! `train_step MODEL BATCH FRAMES BANDS CLASSES [cpu|ndarray|cuda|wgpu]`, preset `best`. Each line of standard input
//! is a number of steps; each answer is one JSON object: the network's parameters and the seconds of every step. The
//! end of input ends it.

use clap::ValueEnum as _;
use needledrop_data::memory;
use needledrop_networks::backend::Device;
use needledrop_networks::nn::Size;
use needledrop_networks::{Preset, Settings};
use needledrop_training::models;
use needledrop_training::train::time_steps;

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    // As `needledrop train` does.
    let _ = memory::keep_freed();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, batch, frames, bands, classes, device @ ..] = args.as_slice() else {
        return Err("MODEL BATCH FRAMES BANDS CLASSES [cpu|ndarray|cuda|wgpu]".into());
    };
    let device = match device {
        [] => Device::Cpu,
        [name, ..] => Device::from_str(name, true)?,
    };
    let settings = Settings {
        batch: batch.parse()?,
        device,
        ..models::find(model)?.settings(Preset::Best)
    };
    let size = Size {
        frames: frames.parse()?,
        bands: bands.parse()?,
        classes: classes.parse()?,
    };
    let mut asked = std::io::stdin().lines();
    let mut is_first = true;
    time_steps(&settings, size, &mut |parameters, seconds| {
        if !std::mem::take(&mut is_first) {
            println!(
                "{}",
                serde_json::json!({ "parameters": parameters, "seconds": seconds })
            );
        }
        asked.next()?.ok()?.trim().parse().ok()
    })?;
    Ok(())
}
