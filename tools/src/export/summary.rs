//! What an export found: lines for people, JSON for programs, and `metrics.json` beside the model.
use super::{
    calibration::Fit,
    latency::Latency,
    parity::{self, Parity},
    scores::{self, Scores},
};
use anyhow::Result;
use needledrop_bundle::{InputKind, Metadata};
use needledrop_frontend::FrontendConfig;
use needledrop_infer::Net;
use serde::Serialize;
use std::{io::Write, path::PathBuf};

/// The whole result.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    /// Name of the model.
    pub(crate) name: String,
    /// Where its file lies.
    pub(crate) path: PathBuf,
    /// Its digest.
    pub(crate) sha256: String,
    /// Whether it was put in place.
    pub(crate) exported: bool,
    /// Who signed it.
    pub(crate) signed: Option<Signed>,
    /// Agreement of the runtimes.
    pub(crate) parity: Parity,
    /// Size and arithmetic.
    pub(crate) cost: Cost,
    /// Time of a window.
    pub(crate) latency: Latency,
    /// Temperature.
    pub(crate) calibration: Fit,
    /// Scores of the validation windows.
    pub(crate) validation: Scores,
}

/// A signature.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Signed {
    /// Identity of the key.
    pub(crate) key_id: String,
}

/// What a model costs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cost {
    /// Size of the file.
    pub(crate) bytes: usize,
    /// Parameters that were trained.
    pub(crate) trained_parameters: u64,
    /// Floating-point values in the graph, constants included.
    pub(crate) graph_parameters: u64,
    /// Multiply-adds for a window.
    pub(crate) multiply_adds_per_window: u64,
    /// What a second of audio costs; none for imported features, whose frames have no known length.
    #[serde(flatten)]
    pub(crate) audio: Option<AudioCost>,
}

/// A model's windows in seconds of audio.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct AudioCost {
    /// Multiply-adds for a second of audio, at the model's own hop.
    pub(crate) multiply_adds_per_second: f64,
    /// Audio in a window, in seconds.
    pub(crate) window_seconds: f64,
    /// Audio between two windows, in seconds.
    pub(crate) hop_seconds: f64,
}

impl Cost {
    pub(crate) fn of(
        metadata: &Metadata,
        net: &Net,
        bytes: usize,
        trained_parameters: u64,
    ) -> Self {
        let audio = metadata
            .origin
            .frontend()
            .map(|frontend| AudioCost::of(metadata, &frontend.config, net.multiply_adds()));
        Self {
            bytes,
            trained_parameters,
            graph_parameters: net.parameters(),
            multiply_adds_per_window: net.multiply_adds(),
            audio,
        }
    }
}

impl AudioCost {
    fn of(metadata: &Metadata, frontend: &FrontendConfig, multiply_adds: u64) -> Self {
        let window = &metadata.window;
        let rate_hz = f64::from(frontend.sample_rate_hz);
        let (window_samples, hop_samples) = match metadata.input {
            InputKind::Pcm => (window.frames, window.hop),
            _ => (
                (window.frames - 1) * frontend.hop_samples + frontend.n_fft,
                window.hop * frontend.hop_samples,
            ),
        };
        let hop_seconds = hop_samples as f64 / rate_hz;
        Self {
            multiply_adds_per_second: multiply_adds as f64 / hop_seconds,
            window_seconds: window_samples as f64 / rate_hz,
            hop_seconds,
        }
    }
}

impl Summary {
    /// `metrics.json` of the model: this summary and what the trainer measured.
    pub(crate) fn metrics_file(&self, run: &serde_json::Value) -> Result<Vec<u8>> {
        let mut value = serde_json::to_value(self)?;
        if let Some(fields) = value.as_object_mut() {
            // Where the file lies on this machine says nothing about the model.
            fields.remove("path");
            fields.remove("exported");
            fields.insert("protocol".to_owned(), scores::PROTOCOL.into());
            fields.insert("run".to_owned(), run.clone());
        }
        let mut text = serde_json::to_string_pretty(&value)?;
        text.push('\n');
        Ok(text.into_bytes())
    }

    pub(crate) fn print(&self, json: bool, out: &mut dyn Write) -> Result<()> {
        if json {
            writeln!(out, "{}", serde_json::to_string(self)?)?;
            return Ok(());
        }
        let Self {
            cost,
            latency,
            calibration: fit,
            validation,
            ..
        } = self;
        print_parity(&self.parity, out)?;
        writeln!(
            out,
            "size         {} bytes, {} parameters",
            cost.bytes, cost.trained_parameters
        )?;
        let audio = cost.audio.map(|audio| {
            format!(
                " of {:.2} s, {:.3} million a second of audio",
                audio.window_seconds,
                audio.multiply_adds_per_second / 1e6
            )
        });
        writeln!(
            out,
            "arithmetic   {} multiply-adds a window{}",
            cost.multiply_adds_per_window,
            audio.unwrap_or_default()
        )?;
        writeln!(
            out,
            "latency      {:.0} us a window, 90 % within {:.0} us (tract, one thread of this {}, {} runs)",
            latency.median_us, latency.p90_us, latency.machine, latency.runs
        )?;
        writeln!(
            out,
            "calibration  temperature {}: log-loss {:.3} -> {:.3}, calibration error {:.3} -> {:.3} ({} windows)",
            fit.temperature,
            fit.log_loss_before,
            fit.log_loss_after,
            fit.ece_before,
            fit.ece_after,
            fit.windows
        )?;
        if fit.at_limit {
            writeln!(
                out,
                "             the temperature is at its limit: these logits say little about the labels"
            )?;
        }
        writeln!(
            out,
            "validation   accuracy {:.3}, macro-F1 {:.3} by window",
            validation.accuracy, validation.macro_f1
        )?;
        if let Some(signed) = &self.signed {
            writeln!(out, "signature    by key {}", signed.key_id)?;
        }
        writeln!(out, "model        {}", self.path.display())?;
        writeln!(out, "sha256       {}", self.sha256)?;
        Ok(())
    }
}

/// Says that the run for the model `name` was refused, with the figures.
pub(crate) fn print_refusal(
    parity: &Parity,
    name: &str,
    json: bool,
    out: &mut dyn Write,
) -> Result<()> {
    if json {
        let refusal = serde_json::json!({ "name": name, "exported": false, "parity": parity });
        writeln!(out, "{refusal}")?;
        return Ok(());
    }
    print_parity(parity, out)
}

fn print_parity(parity: &Parity, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "parity       worst difference from the trainer's logits: tract {}, ONNX Runtime {} (allowed {:.1e}; {} \
         windows)",
        parity::shown(parity.tract),
        parity::shown(parity.onnx_runtime),
        parity.tolerance,
        parity.windows
    )?;
    if !parity.other_class.is_empty() {
        writeln!(
            out,
            "             another class than the trainer's in windows {:?}: allowed where the trainer's margin is \
             below that",
            parity.other_class
        )?;
    }
    Ok(())
}
