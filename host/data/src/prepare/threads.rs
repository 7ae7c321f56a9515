//! The threads that decode and write: a number goes in, a pool comes out.

use anyhow::Context;

/// A pool of `jobs` threads; 0 is one a core.
pub(super) fn pool(jobs: usize) -> anyhow::Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build()
        .context("cannot start threads")
}
