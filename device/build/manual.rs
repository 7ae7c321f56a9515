//! The manual page: one for the program and all its commands.
use clap::Command;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};
use std::io;

/// Paths that the program looks at, and what is there.
const FILES: [(&str, &str); 5] = [
    (
        "/etc/needledrop/board.toml",
        "Configuration of the service: the long flags of run as keys, a flag on the command line wins.",
    ),
    (
        "/etc/needledrop/minisign.pub",
        "Public key; when it exists, only models signed by it are run.",
    ),
    (
        "/run/needledrop/records",
        "Socket on which the service offers its records.",
    ),
    (
        "/usr/share/needledrop/model.onnx",
        "Model of a needledrop-model package.",
    ),
    (
        "/var/lib/needledrop/model.onnx",
        "Model that was sent to the board.",
    ),
];

const EXIT_STATUS: [(&str, &str); 3] = [
    (
        "0",
        "Done; also when it was told to stop, or its reader left.",
    ),
    ("1", "A check said no (selftest)."),
    (
        "2",
        "Error, said in one sentence on standard error with what to do next.",
    ),
];

const EXAMPLES: [(&str, &str); 4] = [
    (
        "needledrop-device run --model model.onnx",
        "Listen to the system's microphone and write records to the terminal.",
    ),
    (
        "needledrop-device run --config /etc/needledrop/board.toml",
        "What the service does.",
    ),
    ("needledrop-device records", "Read along with the service."),
    (
        "needledrop-device diagnose",
        "When it does not work: microphones, serial ports, groups, socket.",
    ),
];

/// The page as roff text.
pub(crate) fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut command = command
        .disable_help_subcommand(true)
        .subcommand_value_name("command")
        .mut_subcommands(|sub| sub.disable_help_flag(true));
    command.build();
    let man = Man::new(command.clone())
        .title("NEEDLEDROP-DEVICE")
        .manual("needledrop");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    paragraphs(
        &[
            "A model file made by tools/export decides which genres are known. Each decision is a line, a record, with a sequence number and a checksum; the protocol is in docs/protocol.md of the sources.",
            "A microphone or a serial port that is missing is waited for: that is a state which the records and standard error tell, not an error. Under systemd the program says when it is ready and that its worker is alive.",
        ],
    )
    .to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    Roff::new()
        .control("SH", ["COMMANDS"])
        .to_writer(&mut page)?;
    for sub in command.get_subcommands_mut() {
        subcommand(sub, &mut page)?;
    }
    table("FILES", &FILES).to_writer(&mut page)?;
    table("EXIT STATUS", &EXIT_STATUS).to_writer(&mut page)?;
    table("EXAMPLES", &EXAMPLES).to_writer(&mut page)?;
    Roff::new()
        .control("SH", ["SEE ALSO"])
        .text([
            bold("systemctl"),
            roman("(1), "),
            bold("journalctl"),
            roman("(1), "),
            bold("arecord"),
            roman("(1), "),
            bold("alsamixer"),
            roman("(1), "),
            bold("minisign"),
            roman("(1)"),
        ])
        .to_writer(&mut page)?;
    Ok(page)
}

/// A subsection: how it is called, what it does, its options.
fn subcommand(command: &mut Command, page: &mut Vec<u8>) -> io::Result<()> {
    let usage = command.render_usage().to_string();
    let about = command.get_about().map(ToString::to_string);
    Roff::new()
        .control("SS", [command.get_name()])
        .text([bold(usage.trim_start_matches("Usage: "))])
        .control("PP", [])
        .text([roman(format!("{}.", about.unwrap_or_default()))])
        .to_writer(page)?;
    // The options without their heading, which would begin a new section.
    let mut section = Vec::new();
    Man::new(command.clone()).render_options_section(&mut section)?;
    let text = String::from_utf8_lossy(&section);
    if let Some((_, options)) = text.split_once(".SH OPTIONS\n") {
        page.extend_from_slice(options.as_bytes());
    }
    Ok(())
}

fn paragraphs(texts: &[&str]) -> Roff {
    let mut roff = Roff::new();
    for text in texts {
        roff.control("PP", []).text([roman(*text)]);
    }
    roff
}

fn table(heading: &str, rows: &[(&str, &str)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (name, meaning) in rows {
        roff.control("TP", [])
            .text([bold(*name)])
            .text([roman(*meaning)]);
    }
    roff
}
