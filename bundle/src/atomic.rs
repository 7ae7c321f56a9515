//! Files that are written whole or not at all.
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Beginning of the names of temporary files.
const PREFIX: &str = ".needledrop-";

/// Removes the temporary files that [`write_atomic`] left in `folder` when its process was killed.
///
/// No process may be writing there.
///
/// # Errors
/// The operating system's.
pub fn remove_left_by_kill(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes a file whole or not at all: into a temporary file beside it, flushed to disk, then renamed.
///
/// A reader sees the old content or the new, never a part. A path that names a device or a pipe
/// (`/dev/stdout`) has nothing to replace and is written straight.
///
/// # Errors
/// The operating system's, for example a full disk or a missing folder; the old file is untouched and
/// nothing is left behind then.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("metrics.json");
/// needledrop_bundle::write_atomic(&path, b"{}")?;
/// assert_eq!(std::fs::read(&path)?, b"{}");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(readable());
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    // The rename itself is safe from a power cut only once the folder is on disk too. Some file systems
    // refuse to sync a folder; the file is in place all the same.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Temporary files are private by default; these become ordinary files, as far as the umask lets them.
#[cfg(unix)]
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::{PREFIX, remove_left_by_kill, write_atomic};
    use std::fs;

    #[test]
    fn what_a_kill_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        write_atomic(&folder.path().join("kept"), b"1").unwrap();
        fs::write(folder.path().join(format!("{PREFIX}a1b2c3")), "half").unwrap();
        remove_left_by_kill(folder.path()).unwrap();
        assert_eq!(names(folder.path()), ["kept"]);
    }

    fn names(folder: &std::path::Path) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn replaces_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        write_atomic(&path, b"old").unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.bin"]);
    }

    #[cfg(unix)]
    #[test]
    fn is_readable_by_others_as_umask_allows() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_atomic(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn a_folder_in_the_way_is_an_error_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("taken")).unwrap();
        assert!(write_atomic(&folder.path().join("taken"), b"x").is_err());
        assert!(write_atomic(&folder.path().join("missing/file"), b"x").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_device_is_an_error() {
        let failed = write_atomic(std::path::Path::new("/dev/full"), b"x").unwrap_err();
        assert_eq!(failed.kind(), std::io::ErrorKind::StorageFull);
    }
}
