//! Prepares a data set with a frontend that is no preset: the studies of frontend/studies compare geometries by it.
//!
//! ```text
//! cargo build --release --workspace --example prepare_geometry
//! prepare_geometry DATA OUT '{"sample_rate_hz": 8000, "n_fft": 1024, "hop_samples": 512, "mel_bands": 128,
//!     "f_min_hz": 40, "f_max_hz": 4000, "mel_scale": "slaney", "mel_norm": "slaney", "fft": "fixed"}'
//! ```
//!
//! DATA is what `needledrop prepare --data` takes. `train` and `evaluate` read the geometry from the data set.

use anyhow::{Context, bail};
use needledrop_data::Kind;
use needledrop_data::prepare::{Input, Options, prepare};
use needledrop_data::progress::say;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, out, geometry] = arguments.as_slice() else {
        bail!("usage: prepare_geometry DATA OUT JSON");
    };
    let summary = prepare(&Options {
        input: Input {
            data: data.into(),
            ..Input::default()
        },
        out: out.into(),
        frontend: serde_json::from_str(geometry)
            .with_context(|| format!("{geometry} is no frontend configuration"))?,
        kinds: vec![Kind::LogMel],
        split: None,
        shards: 1,
        share: None,
        jobs: 0,
        resume: false,
    })?;
    say(&summary);
    Ok(())
}
