//! The configuration file of `run`: TOML with the flags as keys. A flag wins over the file.
use crate::args::RunArgs;
use anyhow::Context as _;
use needledrop_protocol::Format;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use std::{fmt, fs, path::PathBuf};

/// Adds what the configuration file says, when one is named.
pub(crate) fn with_file(flags: RunArgs) -> anyhow::Result<RunArgs> {
    let Some(path) = flags.config.clone() else {
        return Ok(flags);
    };
    let named = || format!("configuration {}", path.display());
    let text = fs::read_to_string(&path).with_context(named)?;
    let file: RunFile = toml::from_str(&text).with_context(named)?;
    if let Some(format) = &file.format {
        format
            .parse::<Format>()
            .map_err(|expected| anyhow::anyhow!("{}: format is {format:?}, {expected}", named()))?;
    }
    Ok(file.under(flags))
}

/// The keys, as [`RunArgs`] explains them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunFile {
    model: Option<PathBuf>,
    key: Option<PathBuf>,
    input: Option<String>,
    rate: Option<u32>,
    #[serde(default, deserialize_with = "one_or_more")]
    serial: Option<Vec<String>>,
    socket: Option<PathBuf>,
    record: Option<PathBuf>,
    format: Option<String>,
    hop: Option<f64>,
}

impl RunFile {
    /// What the flags don't say is taken from here.
    fn under(self, flags: RunArgs) -> RunArgs {
        RunArgs {
            model: flags.model.or(self.model),
            key: flags.key.or(self.key),
            input: flags.input.or(self.input),
            rate: flags.rate.or(self.rate),
            serial: flags.serial.or(self.serial),
            socket: flags.socket.or(self.socket),
            record: flags.record.or(self.record),
            format: flags.format.or(self.format),
            hop: flags.hop.or(self.hop),
            config: flags.config,
        }
    }
}

/// A string, or a list of strings.
fn one_or_more<'de, D: Deserializer<'de>>(file: D) -> Result<Option<Vec<String>>, D::Error> {
    struct OneOrMore;
    impl<'de> Visitor<'de> for OneOrMore {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a port or a list of ports")
        }
        fn visit_str<E>(self, one: &str) -> Result<Self::Value, E> {
            Ok(vec![one.to_owned()])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, more: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(more))
        }
    }
    file.deserialize_any(OneOrMore).map(Some)
}

#[cfg(test)]
mod tests {
    use super::RunFile;
    use crate::args::RunArgs;

    #[test]
    fn flags_win_over_the_file_and_unknown_keys_are_refused() {
        let text = "model = \"a.onnx\"\nhop = 0.5\nserial = \"-\"\nrecord = \"a.wav\"";
        let file: RunFile = toml::from_str(text).unwrap();
        let merged = file.under(RunArgs {
            hop: Some(1.0),
            record: Some("b.wav".into()),
            ..RunArgs::default()
        });
        assert_eq!(merged.hop, Some(1.0));
        assert_eq!(merged.model, Some("a.onnx".into()));
        assert_eq!(merged.serial, Some(vec!["-".to_owned()]));
        assert_eq!(merged.record, Some("b.wav".into()));
        let error = toml::from_str::<RunFile>("modle = \"a.onnx\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("modle"), "{error}");
    }

    #[test]
    fn the_file_names_one_port_or_a_list() {
        let ports = |text: &str| toml::from_str::<RunFile>(text).map(|file| file.serial);
        assert_eq!(ports("").unwrap(), None);
        assert_eq!(ports("serial = []").unwrap(), Some(vec![]));
        let two = ["/dev/ttyS0:9600", "-"].map(String::from).to_vec();
        assert_eq!(
            ports("serial = [\"/dev/ttyS0:9600\", \"-\"]").unwrap(),
            Some(two)
        );
        for wrong in ["serial = 1", "serial = [1]"] {
            assert!(ports(wrong).is_err(), "{wrong}");
        }
        let said = ports("serial = 1").unwrap_err().to_string();
        assert!(said.contains("a port or a list of ports"), "{said}");
    }
}
