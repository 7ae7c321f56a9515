//! `needledrop pictures`: a run folder goes in, sheets of pictures as PNG come out.

use super::exit::print_line;
use anyhow::{Context, bail};
use needledrop_bundle::write_atomic;
use needledrop_training::pictures::{Colours, Options, Picture, Pictures, pictures};
use std::path::{Path, PathBuf};

/// Pictures of one row of a sheet.
const COLUMNS: usize = 4;
/// Pixels between them.
const GAP: usize = 4;

/// Draw what a trained network's convolutions look for, and which parts of validation windows its answers rest on.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Run folder of a network.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder for the PNG files.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// This convolution alone [default: all; some, evenly spaced, of a network that is very large].
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Channels of each convolution, evenly spaced.
    #[arg(long, value_name = "N", default_value_t = Options::default().filters as u32,
        value_parser = clap::value_parser!(u32).range(1..=4096))]
    filters: u32,
    /// Another seed, other noise to begin with.
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let options = Options {
            filters: self.filters as usize,
            seed: self.seed,
            convolution: self.layer.clone(),
            ..Options::default()
        };
        let Some(drawn) = pictures(&self.run, &options)? else {
            bail!(
                "{}: its model has no convolutions of its own; pictures are of networks",
                self.run.display()
            );
        };
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        write(&self.out, &drawn)?;
        Ok(())
    }
}

/// One sheet a convolution, one a window; prints what each shows.
fn write(out: &Path, drawn: &Pictures) -> anyhow::Result<()> {
    for layer in &drawn.convolutions {
        let all: Vec<&Picture> = layer.filters.iter().map(|filter| &filter.picture).collect();
        let name = format!("filters-{}.png", layer.name);
        save(
            out,
            &name,
            Picture::sheet(&all, COLUMNS, GAP),
            Colours::Viridis,
        )?;
        let channels: Vec<String> = layer
            .filters
            .iter()
            .map(|it| format!("{} ({:.2} -> {:.2})", it.channel, it.before, it.after))
            .collect();
        print_line(&format!("{name}: channels {}", channels.join(", ")))?;
    }
    if drawn.convolutions.len() < drawn.convolutions_in_all && drawn.convolutions.len() > 1 {
        print_line(&format!(
            "{} of {} convolutions; --layer NAME draws any other",
            drawn.convolutions.len(),
            drawn.convolutions_in_all
        ))?;
    }
    for (index, window) in drawn.saliency.iter().enumerate() {
        let name = |what: &str| format!("window{:02}-{what}.png", index + 1);
        save(
            out,
            &name("input"),
            Some(window.input.clone()),
            Colours::Viridis,
        )?;
        save(
            out,
            &name("saliency"),
            Some(window.map.clone()),
            Colours::Magma,
        )?;
        print_line(&format!(
            "{}, {}: {} of {}, taken for {} ({:.2})",
            name("input"),
            name("saliency"),
            window.genre,
            window.clip,
            window.answer,
            window.probability
        ))?;
    }
    Ok(())
}

fn save(out: &Path, name: &str, picture: Option<Picture>, colours: Colours) -> anyhow::Result<()> {
    let Some(picture) = picture else {
        return Ok(());
    };
    let path = out.join(name);
    write_atomic(&path, &picture.png(colours)).with_context(|| path.display().to_string())
}
