//! Values that are neither in memory nor readable where they are: converted or computed ones, in a file that is ours.

use super::clip::to_le_bytes;
use super::stored::{Stored, StoredFile};
use super::{Budget, Error, Scalar, Values};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// A file in the folder for temporary files, made when it is needed and gone with the last clip that has values in it.
#[derive(Debug, Default)]
pub struct Spill {
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    out: File,
    bytes: u64,
    stored: Arc<StoredFile>,
}

impl Spill {
    /// Without a file, until something goes there.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps `values` in memory if `budget` allows, else here.
    ///
    /// # Errors
    /// The file can't be made or written.
    pub fn place<T: Scalar>(&self, values: Vec<T>, budget: &Budget) -> Result<Values<T>, Error> {
        if budget.take((values.len() * T::BYTES) as u64) {
            return Ok(Values::Memory(values));
        }
        let folder = std::env::temp_dir();
        let mut guard = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match &mut *guard {
            Some(open) => open,
            none => {
                let made = tempfile::Builder::new()
                    .prefix("needledrop-")
                    .tempfile_in(&folder)
                    .map_err(Error::io(&folder))?;
                let (out, path) = made.into_parts();
                none.insert(Open {
                    out,
                    bytes: 0,
                    stored: StoredFile::temporary(path),
                })
            }
        };
        let bytes = to_le_bytes(&values);
        open.out
            .write_all(&bytes)
            .map_err(Error::io(open.stored.path()))?;
        let stored = Stored::new(&open.stored, open.bytes);
        open.bytes += bytes.len() as u64;
        Ok(Values::Stored(stored))
    }
}

#[cfg(test)]
mod tests {
    use super::Spill;
    use crate::{Budget, Clip, Values};

    #[test]
    fn what_was_spilled_reads_back_and_the_file_goes_with_the_clips() {
        let spill = Spill::new();
        let budget = Budget::new(6);
        let clips: Vec<Clip> = [[1, -2, 3], [4, 5, i16::MIN], [7, 8, 9]]
            .map(|values| Clip {
                id: String::new(),
                label: 0,
                genre: String::new(),
                rows: 3,
                bands: 1,
                values: spill.place(values.to_vec(), &budget).unwrap(),
            })
            .into();
        assert!(matches!(clips[0].values, Values::Memory(_)));
        assert_eq!(*clips[1].read().unwrap(), [4, 5, i16::MIN]);
        assert_eq!(*clips[2].read_rows(1..3).unwrap(), [8, 9]);
        let Values::Stored(stored) = &clips[2].values else {
            unreachable!("the budget was 6 bytes");
        };
        let path = stored.path().to_owned();
        drop(spill);
        assert!(path.exists());
        drop(clips);
        assert!(!path.exists());
    }
}
