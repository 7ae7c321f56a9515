//! Arguments that say how raw data is to be read.

use needledrop_data::prepare;
use std::path::PathBuf;

/// The same for every command that reads raw data.
#[derive(clap::Args, Debug)]
pub(super) struct InputArgs {
    /// How genres are found.
    #[arg(long, value_enum, default_value = "auto")]
    layout: Layout,
    /// Part of FMA; without it what the audio's folder is called (fma_small), else all rows.
    #[arg(long, value_enum)]
    subset: Option<Subset>,
    /// Labels of FMA: its top genres, or the most specific genre of each track.
    #[arg(long, value_enum, default_value = "top")]
    labels: Labels,
    /// Genres to keep, separated by commas; clips of others are left out and listed.
    #[arg(long, value_name = "GENRE,..", value_delimiter = ',')]
    genres: Vec<String>,
    /// Folder with {train,valid,test}*.txt lists of clips; clips on none are left out.
    #[arg(long, value_name = "DIR")]
    split_lists: Option<PathBuf>,
}

/// How genres are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Layout {
    /// By looking.
    Auto,
    /// DATA/GENRE/**/clip.
    Folder,
    /// blues.00012.wav, flat or in folders.
    Gtzan,
    /// fma_small/000/000002.mp3 and fma_metadata, in DATA or beside it.
    Fma,
    /// A manifest with columns path, genre and, if known, artist, album, split.
    Csv,
}

/// A part of FMA; each holds the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Subset {
    /// 8,000 clips of 30 s, 8 genres.
    Small,
    /// 25,000 clips of 30 s, 16 genres.
    Medium,
    /// 106,574 clips of 30 s, 161 genres.
    Large,
    /// All tracks whole.
    Full,
}

/// Which of FMA's genres are labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Labels {
    /// genre_top, or where it is empty the one top genre that all genres of the track have.
    Top,
    /// The most specific genre, where the track's genres lie on one branch of the tree.
    All,
}

impl InputArgs {
    /// For the data at `data`.
    pub(super) fn into_input(self, data: PathBuf) -> prepare::Input {
        prepare::Input {
            data,
            layout: match self.layout {
                Layout::Auto => None,
                Layout::Folder => Some(prepare::Layout::Folder),
                Layout::Gtzan => Some(prepare::Layout::Gtzan),
                Layout::Fma => Some(prepare::Layout::Fma),
                Layout::Csv => Some(prepare::Layout::Csv),
            },
            subset: self.subset.map(|subset| match subset {
                Subset::Small => prepare::Subset::Small,
                Subset::Medium => prepare::Subset::Medium,
                Subset::Large => prepare::Subset::Large,
                Subset::Full => prepare::Subset::Full,
            }),
            labels: match self.labels {
                Labels::Top => prepare::Labels::Top,
                Labels::All => prepare::Labels::All,
            },
            genres: self.genres,
            split_lists: self.split_lists,
        }
    }
}
