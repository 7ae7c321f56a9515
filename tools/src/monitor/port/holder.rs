//! Which program has a port open, as far as Linux tells this user.

use std::fs;
use std::path::Path;

/// `screen (pid 4711)`; `None` where nobody is seen: a program of another user, or no Linux.
pub(super) fn of(port: &str) -> Option<String> {
    let port = Path::new(port).canonicalize().ok()?;
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        let mut open = fs::read_dir(process.path().join("fd")).ok()?.flatten();
        open.find(|it| fs::read_link(it.path()).is_ok_and(|target| target == port))?;
        let name = fs::read_to_string(process.path().join("comm")).ok()?;
        Some(format!("{} (pid {pid})", name.trim()))
    })
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_program_that_has_a_file_open_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let who = of(path).unwrap();
        let pid = std::process::id();
        assert!(who.ends_with(&format!("(pid {pid})")), "{who}");
        drop(file.reopen().unwrap());
        let path = path.to_owned();
        let kept = file.into_temp_path();
        assert_eq!(of(&path), None);
        drop(kept);
    }
}
