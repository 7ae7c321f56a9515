//! Which clips of a data set belong together: its folder goes in, groups by clip come out.

use super::Error;
use super::csv_file;
use std::collections::BTreeMap;
use std::path::Path;

/// The group of each clip by its id, from columns `clip` and `group` of `clips.csv`; empty when the set does not say.
///
/// # Errors
/// [`Error::BadRecord`] when the table is there and can't be read.
pub fn groups(dir: &Path) -> Result<BTreeMap<String, String>, Error> {
    let path = dir.join(csv_file::CLIPS);
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let bad = |error: csv::Error| Error::BadRecord {
        path: path.clone(),
        reason: error.to_string(),
    };
    let mut table = csv::Reader::from_path(&path).map_err(bad)?;
    let header = table.headers().map_err(bad)?;
    let column = |name| header.iter().position(|it| it == name);
    let (Some(clip), Some(group)) = (column("clip"), column("group")) else {
        return Ok(BTreeMap::new());
    };
    let mut groups = BTreeMap::new();
    for row in table.records() {
        let row = row.map_err(bad)?;
        if let (Some(clip), Some(group)) = (row.get(clip), row.get(group)) {
            groups.insert(clip.to_owned(), group.to_owned());
        }
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn read_by_column_name_and_absent_when_not_told() {
        let dir = tempfile::tempdir().unwrap();
        assert!(groups(dir.path()).unwrap().is_empty());
        let path = dir.path().join("clips.csv");
        std::fs::write(&path, "group,clip\nthe band,\"a,b.wav\"\n,c.wav\n").unwrap();
        let read = groups(dir.path()).unwrap();
        assert_eq!((&*read["a,b.wav"], &*read["c.wav"]), ("the band", ""));
        std::fs::write(&path, "clip,genre\na,jazz\n").unwrap();
        assert!(groups(dir.path()).unwrap().is_empty());
        std::fs::write(&path, "clip,group\na\n").unwrap();
        assert!(
            groups(dir.path())
                .unwrap_err()
                .to_string()
                .contains("clips.csv")
        );
    }
}
