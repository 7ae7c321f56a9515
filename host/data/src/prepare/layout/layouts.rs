//! The layouts that data may have: their names, and what is expected of each.

/// How genres are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Layout {
    /// `DATA/GENRE/**/clip`.
    Folder,
    /// `blues.00012.wav`, flat or in folders.
    Gtzan,
    /// FMA's audio tree and metadata.
    Fma,
    /// A CSV manifest.
    Csv,
}

impl Layout {
    /// The name in options and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Gtzan => "gtzan",
            Self::Fma => "fma",
            Self::Csv => "csv",
        }
    }

    /// What data of this layout holds, in words.
    pub(super) const fn expectation(self) -> &'static str {
        match self {
            Self::Folder => "a folder per genre with mp3, m4a, flac, ogg, wav, aiff or au files",
            Self::Gtzan => "files named like blues.00012.wav",
            Self::Fma => "rows of tracks.csv whose audio is there, like 000/000002.mp3",
            Self::Csv => "rows of path,genre that name audio files",
        }
    }
}
