//! What `--input` names: its text in, a device, a file or standard input out.
use crate::capture::DEFAULT_INPUT;
use std::path::PathBuf;

/// How files end that can be decoded.
const AUDIO_EXTENSIONS: [&str; 7] = ["wav", "mp3", "flac", "ogg", "m4a", "mp4", "aac"];

/// What `--input` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A sound card; `default` is the system's.
    Device(String),
    /// A file, paced like live sound.
    File(PathBuf),
    /// Standard input: WAV, or raw 16-bit little-endian mono at `--rate`.
    Stdin,
}

impl Input {
    /// `-` is standard input. What exists, has a folder in its name or ends like an audio file is a file, so that a
    /// mistyped path is an error and not a device to wait for. All else names a device.
    pub fn parse(text: &str) -> Self {
        let path = PathBuf::from(text);
        let ends_like_audio = path.extension().is_some_and(|extension| {
            AUDIO_EXTENSIONS
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        });
        match text {
            "-" => Self::Stdin,
            // Whatever files lie here, this is the system's input.
            DEFAULT_INPUT => Self::Device(text.to_owned()),
            _ if path.exists() || text.contains('/') || ends_like_audio => Self::File(path),
            _ => Self::Device(text.to_owned()),
        }
    }

    /// Name for records: the device, or the file without its folders.
    pub fn name(&self) -> String {
        match self {
            Self::Device(name) => name.clone(),
            Self::File(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            Self::Stdin => "-".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Input;

    #[test]
    fn inputs_are_told_apart() {
        assert_eq!(Input::parse("-"), Input::Stdin);
        assert_eq!(Input::parse("default"), Input::Device("default".to_owned()));
        assert_eq!(Input::parse("hw:1,0"), Input::Device("hw:1,0".to_owned()));
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(Input::parse(path), Input::File(path.into()));
        // What is not there is a file all the same: a mistyped path is an error, not a device to wait for.
        for gone in ["/no/such/dir/x", "gone.WAV"] {
            assert_eq!(Input::parse(gone), Input::File(gone.into()));
        }
        assert_eq!(Input::parse("/no/such/dir/x.wav").name(), "x.wav");
    }
}
