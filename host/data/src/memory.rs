//! How much memory this program may use for data and how much it has used, and what becomes of memory that is freed.

use std::path::Path;
use std::str::FromStr;

/// Where the system does not say what is available.
const UNKNOWN_BYTES: u64 = 4 << 30;

/// An amount of memory as options give it: a number of bytes, or one with K, M, G or T (powers of 1024).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemorySize {
    /// Bytes.
    pub bytes: u64,
}

impl FromStr for MemorySize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, shift) = match text.trim().char_indices().last() {
            Some((at, 'K' | 'k')) => (&text.trim()[..at], 10),
            Some((at, 'M' | 'm')) => (&text.trim()[..at], 20),
            Some((at, 'G' | 'g')) => (&text.trim()[..at], 30),
            Some((at, 'T' | 't')) => (&text.trim()[..at], 40),
            _ => (text.trim(), 0),
        };
        number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(1 << shift))
            .map(|bytes| Self { bytes })
            .ok_or_else(|| "must be a number of bytes, or one like 512M or 8G".to_owned())
    }
}

/// Half of what is available to this process: of the machine's memory, or of its container's.
pub fn default_share() -> MemorySize {
    let available = [machine(), container()].into_iter().flatten().min();
    MemorySize {
        bytes: available.unwrap_or(UNKNOWN_BYTES) / 2,
    }
}

/// Linux's estimate of what can be had without swapping.
fn machine() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

/// What is left of a limit set from outside (containers, batch systems), by version 2 of control groups.
fn container() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let folder = Path::new("/sys/fs/cgroup").join(group);
    let read = |name: &str| -> Option<u64> {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        text.trim().parse().ok()
    };
    Some(read("memory.max")?.saturating_sub(read("memory.current")?))
}

/// Most resident memory so far in bytes, where the system tells (`VmHWM` of Linux).
pub fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Has the allocator keep freed memory for whoever asks next; says whether it does from now on.
///
/// Each layer of a network frees maps of some megabytes and asks for others. glibc hands such blocks back to the system
/// one by one and takes new ones, which the kernel clears page by page: more than half of a training step of
/// `parallel-cnn-rnn`. Memory stays at its peak until the program ends, so that this is for programs that train.
///
/// It works with glibc on Linux, and while the program has one thread: call it before anything starts others.
pub fn keep_freed() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let threads = std::fs::read_dir("/proc/self/task").map(Iterator::count);
        matches!(threads, Ok(1)) && keep_freed_in_glibc()
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    false
}

/// No block is mapped by itself, and the heap's end is never given back.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no safe interface sets glibc's allocator up")]
fn keep_freed_in_glibc() -> bool {
    [(libc::M_MMAP_MAX, 0), (libc::M_TRIM_THRESHOLD, -1)]
        .into_iter()
        // SAFETY: mallopt takes two integers by value and changes nothing but the allocator's own settings. It is
        // unsafe beside other threads alone (its manual: `MT-Unsafe init const:mallopt`), and the caller has counted
        // one thread: this one.
        .all(|(parameter, value)| unsafe { libc::mallopt(parameter, value) } == 1)
}

#[cfg(test)]
mod tests {
    use super::{MemorySize, default_share, keep_freed};

    #[test]
    fn the_allocator_is_left_alone_beside_other_threads() {
        let beside_this_one = std::thread::spawn(keep_freed).join().unwrap();
        assert!(!beside_this_one);
    }

    #[test]
    fn sizes_are_read_and_others_refused() {
        let bytes = |text: &str| text.parse::<MemorySize>().map(|size| size.bytes);
        assert_eq!(bytes("0"), Ok(0));
        assert_eq!(bytes("512M"), Ok(512 << 20));
        assert_eq!(bytes(" 8g "), Ok(8 << 30));
        for bad in ["", "G", "-1", "1.5G", "12X", "99999999999G", "1 M"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_is_known_and_never_falls() {
        let before = super::peak_bytes().unwrap();
        drop(std::hint::black_box(vec![1u8; 32 << 20]));
        let after = super::peak_bytes().unwrap();
        assert!(before > 0 && after >= before);
    }

    #[test]
    fn there_is_some_memory() {
        assert!(default_share().bytes > 0);
    }
}
