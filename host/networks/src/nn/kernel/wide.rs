//! Loops compiled for the widest registers that the processor at hand has.
//!
//! The crate is built for any x86-64, that is for SSE2. What a kernel spends its time in is compiled again for AVX2 and
//! for AVX-512, and the choice is made at run time. Sums are not fused with products, so that all forms give the same
//! bits.

/// Runs `work` as compiled for this processor.
///
/// The closure and what it calls must be `#[inline(always)]`: what is not inlined is not compiled again.
#[inline(always)]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    macerator::Arch::new().dispatch(work)
}
