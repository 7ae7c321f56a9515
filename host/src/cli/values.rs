//! Values of options that several commands take.

use anyhow::Context;
use needledrop_data::Budget;
use needledrop_data::memory::{self, MemorySize};
use needledrop_frontend::FrontendConfig;

/// A frontend preset by name.
pub(super) fn preset(name: &str) -> anyhow::Result<FrontendConfig> {
    let [others @ .., last] = FrontendConfig::PRESETS.map(|(name, _)| name);
    FrontendConfig::preset(name).with_context(|| {
        let others = others.join(", ");
        format!("--preset {name}: unknown; known are {others} and {last}")
    })
}

/// What `--memory` allows a data set.
pub(super) fn budget(memory: Option<MemorySize>) -> Budget {
    Budget::new(memory.unwrap_or_else(memory::default_share).bytes)
}

/// For options that are amounts.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("must be a number above 0".to_owned()),
    }
}
