//! The file that keeps every record of every clip.
//!
//! One line a record: the clip's name, a space, the line as it came. A clip's records stand together, in order, so
//! `cut -d' ' -f2-` gives what a board would send that played one clip after another.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use super::clip::Played;

/// The open file.
pub(super) struct Records {
    out: BufWriter<File>,
    shown: String,
}

impl Records {
    /// Makes the file, or empties it.
    ///
    /// # Errors
    /// It can't be made.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let file = File::create(path).with_context(|| format!("could not make {shown}"))?;
        Ok(Self {
            out: BufWriter::new(file),
            shown,
        })
    }

    /// Adds all records of a clip.
    ///
    /// # Errors
    /// The disk is full.
    pub(super) fn add(&mut self, played: &Played) -> Result<()> {
        self.write(played)
            .with_context(|| format!("could not write {}", self.shown))
    }

    fn write(&mut self, played: &Played) -> std::io::Result<()> {
        for line in &played.lines {
            write!(self.out, "{} ", played.clip.name)?;
            self.out.write_all(line)?;
            self.out.write_all(b"\n")?;
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::Records;
    use crate::demo::clip::{Clip, Played};
    use crate::monitor::session::Session;
    use needledrop_protocol::{Counts, Lines};

    fn played(name: &str) -> Played {
        let lines = [
            "$NDBEG,0,0,44100,1,a,b,3f9a10c2,71c05b1e9d00a4f3,c*6D94",
            "$NDTAG,1,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*EC8C",
        ];
        Played {
            clip: Clip {
                name: name.to_owned(),
                path: "a.wav".into(),
                genre: "jazz".to_owned(),
            },
            answer: None,
            first_right: None,
            counts: Counts::default(),
            lines: lines.map(|line| line.as_bytes().to_vec()).to_vec(),
        }
    }

    #[test]
    fn without_the_names_it_is_what_a_board_sends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records.txt");
        let mut records = Records::create(&path).unwrap();
        for name in ["jazz/one", "jazz/two"] {
            records.add(&played(name)).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let names: Vec<&str> = text.lines().map(|line| &line[..9]).collect();
        assert_eq!(names, ["jazz/one ", "jazz/one ", "jazz/two ", "jazz/two "]);

        let mut session = Session::new();
        let mut lines = Lines::new();
        for line in text.lines() {
            let (_, sentence) = line.split_once(' ').unwrap();
            lines.push(format!("{sentence}\n").as_bytes(), |line| {
                session.line(line);
            });
        }
        let counts = session.counts();
        assert!(counts.is_clean(), "{counts:?}");
        assert_eq!((counts.records, counts.restarts), (4, 1));
    }
}
