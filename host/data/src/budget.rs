//! How much of a data set is held in memory: a number of bytes that all threads take from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of values that may still be taken into memory. A clone shares them: all threads take from the same.
#[derive(Clone, Debug)]
pub struct Budget {
    left_bytes: Arc<AtomicU64>,
}

impl Budget {
    /// Of `bytes` bytes; with 0, all values stay on disk.
    pub fn new(bytes: u64) -> Self {
        Self {
            left_bytes: Arc::new(AtomicU64::new(bytes)),
        }
    }

    /// Without a limit.
    pub fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    /// Takes `bytes` if they are left.
    pub(crate) fn take(&self, bytes: u64) -> bool {
        self.left_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn what_is_too_large_leaves_the_rest_for_others() {
        let budget = Budget::new(10);
        assert!(!budget.take(11));
        assert!(budget.take(6) && !budget.take(5) && budget.take(4));
    }
}
