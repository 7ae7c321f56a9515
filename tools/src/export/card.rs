//! The model card.
//!
//! # Source
//! Mitchell et al., Model Cards for Model Reporting, FAT* 2019: what it is, how it was made, how well it works and where it
//! does not.
use super::{scores, summary::Summary};
use needledrop_bundle::{InputKind, Metadata, NO_MUSIC, Norm, RunRecord};
use std::fmt::Write;

/// The card as Markdown.
pub(crate) fn card(summary: &Summary, metadata: &Metadata, record: &RunRecord) -> String {
    let sections = [
        head(summary, metadata),
        hears(summary, metadata),
        labels(metadata),
        scored(summary),
        checked(summary),
        made(metadata, record),
        limits(metadata),
        usage(summary),
    ];
    sections.join("\n")
}

fn head(summary: &Summary, metadata: &Metadata) -> String {
    let genres = metadata
        .labels
        .iter()
        .filter(|label| *label != NO_MUSIC)
        .count();
    let silence = if genres < metadata.labels.len() {
        " or that no music is"
    } else {
        ""
    };
    format!(
        "# {}\n\nA `{}` network for needledrop: it hears {:.1} s of sound and says which of {genres} genres is playing{silence}.\n",
        metadata.name, metadata.model, summary.cost.window_seconds
    )
}

fn hears(summary: &Summary, metadata: &Metadata) -> String {
    let frontend = &metadata.frontend;
    let cost = &summary.cost;
    let input = match metadata.input {
        InputKind::Pcm => format!("`x` int16 [N, {}], mono PCM", metadata.window.frames),
        _ => format!(
            "`x` int16 [N, {}, {}], log-mel in Q8.8 dB",
            metadata.window.frames, metadata.window.bands
        ),
    };
    let preset = frontend
        .preset_name()
        .map(|name| format!(" (preset `{name}`)"))
        .unwrap_or_default();
    let origin = match &metadata.external {
        Some(external) => format!("imported features `{external}`, not our frontend"),
        None => format!("`{}`{preset}", metadata.frontend_id),
    };
    let norm = match metadata.norm {
        Norm::Window => {
            "mean and deviation of the window removed in the graph, so gain does not matter"
                .to_owned()
        }
        Norm::Trailing(frames) => format!("trailing mean of {frames} frames removed in the graph"),
        _ => "none".to_owned(),
    };
    format!(
        "## Input and cost\n\n\
         | | |\n|---|---|\n\
         | input | {input} |\n\
         | output | `logits` f32 [N, {}] |\n\
         | frontend | {origin} |\n\
         | geometry | {} Hz, window {}, hop {}, {} mel bands {}-{} Hz |\n\
         | normalisation | {norm} |\n\
         | window, hop | {:.2} s, {:.2} s |\n\
         | file | {} bytes |\n\
         | parameters | {} trained, {} in the graph |\n\
         | multiply-adds | {} a window, {:.3} million a second of audio |\n\
         | latency | {:.0} us a window, 90 % within {:.0} us: tract, one thread, the {} machine that exported it |\n",
        metadata.labels.len(),
        frontend.sample_rate_hz,
        frontend.n_fft,
        frontend.hop_samples,
        frontend.mel_bands,
        frontend.f_min_hz,
        frontend.f_max_hz,
        cost.window_seconds,
        cost.hop_seconds,
        cost.bytes,
        cost.trained_parameters,
        cost.graph_parameters,
        cost.multiply_adds_per_window,
        cost.multiply_adds_per_second / 1e6,
        summary.latency.median_us,
        summary.latency.p90_us,
        summary.latency.machine,
    )
}

fn labels(metadata: &Metadata) -> String {
    let mut text = "## Labels\n\n| | label | named from posterior |\n|---|---|---|\n".to_owned();
    for (index, (label, threshold)) in metadata.labels.iter().zip(&metadata.thresholds).enumerate()
    {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "| {index} | {} | {threshold:.2} |", escaped(label));
    }
    let decision = &metadata.decision;
    let _ = writeln!(
        text,
        "\nBelow its threshold a board says `uncertain`. Over time it expects a genre to last with probability {} a second, \
         and below {} dBFS it says `no-music` whatever the network thinks.",
        decision.stay, decision.gate_dbfs
    );
    text
}

fn scored(summary: &Summary) -> String {
    let (scores, fit) = (&summary.validation, &summary.calibration);
    let limit = if fit.at_limit {
        " The temperature ended at its limit: these logits say little about the labels."
    } else {
        ""
    };
    format!(
        "## Scores\n\nProtocol: {}.\n\n\
         | windows | accuracy | macro-F1 | log-loss | calibration error |\n|---|---|---|---|---|\n\
         | {} | {:.4} | {:.4} | {:.4} | {:.4} |\n\n\
         Calibration: temperature {}, log-loss {:.4} -> {:.4}, expected calibration error (15 bins) {:.4} -> {:.4}.{limit}\n\n\
         Scores by clip and on the test split: `needledrop evaluate --model {} --data DIR`.\n",
        scores::PROTOCOL,
        scores.n,
        scores.accuracy,
        scores.macro_f1,
        scores.log_loss,
        scores.ece,
        fit.temperature,
        fit.log_loss_before,
        fit.log_loss_after,
        fit.ece_before,
        fit.ece_after,
        path(summary),
    )
}

fn checked(summary: &Summary) -> String {
    let parity = &summary.parity;
    let shown = |worst: Option<f64>| {
        worst.map_or_else(|| "not finite".to_owned(), |worst| format!("{worst:.1e}"))
    };
    format!(
        "## Parity\n\nOn {} validation windows the logits differ from the trainer's by at most {} in tract and {} in ONNX Runtime; \
         {:.1e} is allowed.\n",
        parity.windows,
        shown(parity.tract),
        shown(parity.onnx_runtime),
        parity.tolerance
    )
}

fn made(metadata: &Metadata, record: &RunRecord) -> String {
    let versions: Vec<String> = metadata
        .versions
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    format!(
        "## Origin\n\n\
         | | |\n|---|---|\n\
         | trained as | `{}`, preset `{}`, seed {} |\n\
         | data, SHA-256 | `{}` |\n\
         | split, SHA-256 | `{}` |\n\
         | made by | {} |\n",
        record.model,
        record.preset,
        record.seed,
        metadata.data_sha256,
        metadata.split_sha256,
        escaped(&versions.join(", ")),
    )
}

fn limits(metadata: &Metadata) -> String {
    let mut text = "## Limits\n\n\
        - It knows only the labels above: any other music gets one of them, or `uncertain`.\n\
        - Genre is a matter of opinion; the labels are those of the data it was trained on, and so are their faults.\n\
        - Trained on recordings; a room, a crowd or a small speaker changes the sound.\n\
        - The terms of the training music may bind what you do with these weights.\n"
        .to_owned();
    if !metadata.labels.iter().any(|label| label == NO_MUSIC) {
        text.push_str("- It was not shown anything but music: `no-music` is said by level alone, and speech gets a genre.\n");
    }
    if metadata.external.is_some() {
        text.push_str(
            "- **Not for live input**: its features were imported, and no board computes them.\n",
        );
    }
    text
}

fn usage(summary: &Summary) -> String {
    let path = path(summary);
    let digest = &summary.sha256;
    format!(
        "## Use\n\n```\nneedledrop predict --model {path} AUDIO...\nneedledrop-device run --model {path} --serial /dev/ttyS0\n```\n\n\
         `needledrop.sha256` is `{digest}`. The file is plain ONNX; docs/bundle.md explains its metadata.\n"
    )
}

/// Where a reader of the card finds the model: the folder of models is theirs.
fn path(summary: &Summary) -> String {
    format!("models/{}/model.onnx", summary.name)
}

/// Text that cannot break a table or pass for markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            c if c.is_control() => escaped.push(' '),
            c if c.is_ascii_punctuation()
                && !matches!(c, '-' | '.' | ',' | '\'' | '&' | '/' | '(' | ')') =>
            {
                escaped.extend(['\\', c]);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn labels_cannot_break_the_table() {
        assert_eq!(escaped("R&B | soul\n# `x`"), "R&B \\| soul \\# \\`x\\`");
        assert_eq!(escaped("drum-and-bass (90s)"), "drum-and-bass (90s)");
    }
}
