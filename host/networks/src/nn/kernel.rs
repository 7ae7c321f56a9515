//! CPU kernels of what a training step spends its time in: slices of f32, channels last, forward and backward.
//!
//! burn's CPU backends run a depthwise convolution's weight gradient group by group (one small convolution a channel),
//! batch norm as some twenty passes over memory, and a recurrent cell as a dozen operations a step. Here each is one or
//! two passes a direction: see docs/benchmarks.md for what that is worth. [`crate::backend`] hands them burn-flex's
//! tensors.
//!
//! Work is cut by batch item, and sums over the batch are added in item order, so the result has the same bits however
//! many threads there are.

pub mod depthwise;
mod gates;
pub mod norm;
pub mod patches;
pub mod pool;
pub mod recurrent;
mod sum;
pub mod taps;
mod wide;
