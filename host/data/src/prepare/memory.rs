//! Peak memory of this process.

/// Most resident memory so far in bytes, where the system tells (`VmHWM` of Linux).
pub(super) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_is_known_and_never_falls() {
        let before = super::peak_bytes().unwrap();
        drop(std::hint::black_box(vec![1u8; 32 << 20]));
        let after = super::peak_bytes().unwrap();
        assert!(before > 0 && after >= before);
    }
}
