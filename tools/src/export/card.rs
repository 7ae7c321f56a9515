//! The model card: what export measured and what the run recorded, as Markdown.
//!
//! # Source
//! Mitchell et al., Model Cards for Model Reporting, FAT* 2019: what it is, how it was made, how well it works and
//! where it does not.
use super::{parity, scores, summary::Summary};
use crate::model_folder::MODEL;
use needledrop_bundle::{Frontend, InputKind, Metadata, NO_MUSIC, Norm, Origin, RunRecord, Window};
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
        limits(metadata, record),
        usage(summary, metadata),
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
    let takes = match &summary.cost.audio {
        Some(audio) => format!("hears {:.1} s of sound", audio.window_seconds),
        None => format!(
            "reads imported features of {} frames",
            metadata.window.frames
        ),
    };
    format!(
        "# {}\n\nA `{}` network for needledrop: it {takes} and says which of {genres} genres is playing{silence}.\n",
        metadata.name, metadata.model
    )
}

fn hears(summary: &Summary, metadata: &Metadata) -> String {
    let cost = &summary.cost;
    let Window { frames, bands, hop } = metadata.window;
    let values = match metadata.origin {
        Origin::Frontend(_) => "log-mel in Q8.8 dB",
        Origin::External(_) => "the imported values in steps of 1/256",
    };
    let input = match metadata.input {
        InputKind::Pcm => format!("`x` int16 [N, {frames}], mono PCM"),
        _ => format!("`x` int16 [N, {frames}, {bands}], {values}"),
    };
    let windows = match &cost.audio {
        Some(audio) => format!("{:.2} s, {:.2} s", audio.window_seconds, audio.hop_seconds),
        None => format!("{frames} frames, {hop} frames"),
    };
    let per_second = cost.audio.map(|audio| {
        let millions = audio.multiply_adds_per_second / 1e6;
        format!(", {millions:.3} million a second of audio")
    });
    let norm = match metadata.norm {
        Norm::Window => {
            "mean and deviation of the window removed in the graph, so gain does not matter"
                .to_owned()
        }
        Norm::Trailing(frames) => format!("trailing mean of {frames} frames removed in the graph"),
        Norm::Level(reference_db) => format!(
            "mean power of the window brought to {reference_db} dB in the graph, so gain does not matter"
        ),
        Norm::Mixed => "in the graph, by each member of the ensemble in its own way".to_owned(),
        _ => "none".to_owned(),
    };
    format!(
        "## Input and cost\n\n\
         | | |\n|---|---|\n\
         | input | {input} |\n\
         | output | `logits` f32 [N, {}] |\n\
         {}\
         | normalisation | {norm} |\n\
         | window, hop | {windows} |\n\
         | file | {} bytes |\n\
         | parameters | {} trained, {} in the graph |\n\
         | multiply-adds | {} a window{} |\n\
         | latency | {:.0} us a window, 90 % within {:.0} us: tract, one thread, the {} machine that exported it |\n",
        metadata.labels.len(),
        origin(&metadata.origin),
        cost.bytes,
        cost.trained_parameters,
        cost.graph_parameters,
        cost.multiply_adds_per_window,
        per_second.unwrap_or_default(),
        summary.latency.median_us,
        summary.latency.p90_us,
        summary.latency.machine,
    )
}

/// Rows of the table on what makes the input.
fn origin(origin: &Origin) -> String {
    let Some(Frontend {
        config,
        id,
        assumed,
    }) = origin.frontend()
    else {
        return format!("| frontend | none: imported features `{origin}` |\n");
    };
    let preset = config.preset_name();
    let preset = preset.map_or_else(String::new, |name| format!(" (preset `{name}`)"));
    let assumed = assumed.map_or_else(String::new, |matrix| {
        format!(
            ", **assumed**: trained on imported matrices of {matrix} that were said to be its own"
        )
    });
    format!(
        "| frontend | `{id}`{preset}{assumed} |\n\
         | geometry | {} Hz, window {}, hop {}, {} mel bands {}-{} Hz |\n",
        config.sample_rate_hz,
        config.n_fft,
        config.hop_samples,
        config.mel_bands,
        config.f_min_hz,
        config.f_max_hz,
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
        "\nBelow its threshold a board says `uncertain`. Over time it expects a genre to last with probability {} a \
         second, and below {} dBFS it says `no-music` whatever the network thinks.",
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
         Calibration: temperature {}, log-loss {:.4} -> {:.4}, expected calibration error ({} bins) \
         {:.4} -> {:.4}.{limit}\n\n\
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
        scores::BINS,
        fit.ece_before,
        fit.ece_after,
        path(summary),
    )
}

fn checked(summary: &Summary) -> String {
    let parity = &summary.parity;
    format!(
        "## Parity\n\nOn {} validation windows the logits differ from the trainer's by at most {} in tract and {} in \
         ONNX Runtime; {:.1e} is allowed.{}\n",
        parity.windows,
        parity::shown(parity.tract),
        parity::shown(parity.onnx_runtime),
        parity.tolerance,
        match parity.other_class.as_slice() {
            [] => String::new(),
            windows => format!(
                " Windows {windows:?} get another class, by a margin of the trainer's that is smaller than that."
            ),
        }
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
         {}\
         | data, SHA-256 | `{}` |\n\
         | split, SHA-256 | `{}` |\n\
         | made by | {} |\n",
        trained(record),
        metadata.data_sha256,
        metadata.split_sha256,
        escaped(&versions.join(", ")),
    )
}

/// Rows of the table on what was trained: the run, or the members of an ensemble.
fn trained(record: &RunRecord) -> String {
    if record.members.is_empty() {
        let RunRecord {
            model,
            preset,
            seed,
            ..
        } = record;
        let pretrained = record.pretrained_sha256.iter();
        let pretrained =
            pretrained.map(|sha256| format!("| started from weights | `{sha256}` |\n"));
        return format!(
            "| trained as | `{model}`, preset `{preset}`, seed {seed} |\n{}",
            pretrained.collect::<String>()
        );
    }
    let rows = record.members.iter().map(|member| {
        format!(
            "| averages | `{}` (run {}), preset `{}`, seed {}, network `{}` |\n",
            member.model,
            escaped(&member.run),
            member.preset,
            member.seed,
            member.model_sha256
        )
    });
    rows.collect()
}

fn limits(metadata: &Metadata, record: &RunRecord) -> String {
    let mut text = "## Limits\n\n\
        - It knows only the labels above: any other music gets one of them, or `uncertain`.\n\
        - Genre is a matter of opinion; the labels are those of the data it was trained on, and so are their faults.\n\
        - Trained on recordings; a room, a crowd or a small speaker changes the sound.\n\
        - The terms of the training music may bind what you do with these weights.\n"
        .to_owned();
    if !metadata.labels.iter().any(|label| label == NO_MUSIC) {
        text.push_str("- It was not shown anything but music: `no-music` is said by level alone, and speech gets a \
            genre.\n");
    }
    for note in &record.notes {
        text.push_str(&format!("- {}\n", escaped(note)));
    }
    match metadata.origin {
        Origin::External(_) => text.push_str(
            "- **Not for live input**: its features were imported, and no board computes them.\n",
        ),
        Origin::Frontend(Frontend {
            assumed: Some(_), ..
        }) => text.push_str(
            "- **Features assumed**: it was trained on imported matrices, and that this frontend computes the same \
             was said, not checked. Scores on live sound may be lower; judge it by audio.\n",
        ),
        Origin::Frontend(_) => {}
    }
    text
}

fn usage(summary: &Summary, metadata: &Metadata) -> String {
    let path = path(summary);
    let digest = &summary.sha256;
    let commands = match metadata.origin {
        Origin::Frontend(_) => format!(
            "needledrop predict --model {path} AUDIO...\nneedledrop-device run --model {path} --serial /dev/ttyS0"
        ),
        Origin::External(_) => format!("needledrop evaluate --model {path} --data DIR"),
    };
    format!(
        "## Use\n\n```\n{commands}\n```\n\n\
         `needledrop.sha256` is `{digest}`. The file is plain ONNX; docs/bundle.md explains its metadata.\n"
    )
}

/// Where a reader of the card finds the model: the folder of models is theirs.
fn path(summary: &Summary) -> String {
    format!("models/{}/{MODEL}", summary.name)
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
