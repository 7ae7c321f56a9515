//! Where tables and state live: in memory the caller lends, or (feature `alloc`) in owned boxes.

use core::ops::DerefMut;

use crate::config::{FftKind, FrontendConfig};
use crate::error::ConfigError;
use crate::ratio::Ratio;

/// A type that tables and state are made of.
pub trait Cell: Copy + Default + 'static {}
impl Cell for i16 {}
impl Cell for u16 {}
impl Cell for i32 {}
impl Cell for u32 {}
impl Cell for f32 {}

/// How arrays are held: [`Lent`] or, with feature `alloc`, [`Owned`].
pub trait Storage {
    /// An array of `T` whose length was settled at construction.
    type Of<T: Cell>: DerefMut<Target = [T]>;
}

/// Hands out zeroed arrays at construction.
pub(crate) trait Pool {
    type Storage: Storage;
    fn i16s(&mut self, len: usize) -> <Self::Storage as Storage>::Of<i16>;
    fn u16s(&mut self, len: usize) -> <Self::Storage as Storage>::Of<u16>;
    fn i32s(&mut self, len: usize) -> <Self::Storage as Storage>::Of<i32>;
    fn u32s(&mut self, len: usize) -> <Self::Storage as Storage>::Of<u32>;
    fn f32s(&mut self, len: usize) -> <Self::Storage as Storage>::Of<f32>;
}

/// Memory lent by the caller, one slice for each cell type; contents do not matter.
///
/// [`StorageSize`] says, in a `const`, how long each must be; longer is fine.
///
/// ```
/// use needledrop_frontend::{FrontendConfig, Lent, Pipeline, StorageSize};
///
/// const SIZE: StorageSize = StorageSize::of_log_mel(&FrontendConfig::COMPACT);
/// let mut i16s = [0; SIZE.i16s];
/// let mut u16s = [0; SIZE.u16s];
/// let mut i32s = [0; SIZE.i32s];
/// let mut u32s = [0; SIZE.u32s];
/// let memory = Lent {
///     i16s: &mut i16s,
///     u16s: &mut u16s,
///     i32s: &mut i32s,
///     u32s: &mut u32s,
///     f32s: &mut [],
/// };
/// let mut log_mel = Pipeline::new_in(&FrontendConfig::COMPACT, memory)?;
/// log_mel.push(&[0; 1024], |frame| assert_eq!(frame.len(), FrontendConfig::COMPACT.mel_bands));
/// # Ok::<(), needledrop_frontend::ConfigError>(())
/// ```
#[derive(Debug, Default)]
pub struct Lent<'a> {
    /// For samples, window and resampler coefficients.
    pub i16s: &'a mut [i16],
    /// For the places of the bins.
    pub u16s: &'a mut [u16],
    /// For the frame being transformed.
    pub i32s: &'a mut [i32],
    /// For twiddle factors and mel weights.
    pub u32s: &'a mut [u32],
    /// For the float FFT; may be empty with the integer one.
    pub f32s: &'a mut [f32],
}

impl<'a> Storage for Lent<'a> {
    type Of<T: Cell> = &'a mut [T];
}

/// Cuts `len` zeroed cells off the front; the whole was measured before.
fn cut<'a, T: Cell>(rest: &mut &'a mut [T], len: usize) -> &'a mut [T] {
    let (head, tail) = core::mem::take(rest).split_at_mut(len);
    *rest = tail;
    head.fill(T::default());
    head
}

impl<'a> Pool for Lent<'a> {
    type Storage = Lent<'a>;
    fn i16s(&mut self, len: usize) -> &'a mut [i16] {
        cut(&mut self.i16s, len)
    }
    fn u16s(&mut self, len: usize) -> &'a mut [u16] {
        cut(&mut self.u16s, len)
    }
    fn i32s(&mut self, len: usize) -> &'a mut [i32] {
        cut(&mut self.i32s, len)
    }
    fn u32s(&mut self, len: usize) -> &'a mut [u32] {
        cut(&mut self.u32s, len)
    }
    fn f32s(&mut self, len: usize) -> &'a mut [f32] {
        cut(&mut self.f32s, len)
    }
}

/// Boxes on the heap, allocated at construction only.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Owned;

#[cfg(feature = "alloc")]
impl Storage for Owned {
    type Of<T: Cell> = alloc::boxed::Box<[T]>;
}

#[cfg(feature = "alloc")]
fn boxed<T: Cell>(len: usize) -> alloc::boxed::Box<[T]> {
    alloc::vec![T::default(); len].into_boxed_slice()
}

#[cfg(feature = "alloc")]
impl Pool for Owned {
    type Storage = Self;
    fn i16s(&mut self, len: usize) -> alloc::boxed::Box<[i16]> {
        boxed(len)
    }
    fn u16s(&mut self, len: usize) -> alloc::boxed::Box<[u16]> {
        boxed(len)
    }
    fn i32s(&mut self, len: usize) -> alloc::boxed::Box<[i32]> {
        boxed(len)
    }
    fn u32s(&mut self, len: usize) -> alloc::boxed::Box<[u32]> {
        boxed(len)
    }
    fn f32s(&mut self, len: usize) -> alloc::boxed::Box<[f32]> {
        boxed(len)
    }
}

/// Cells of each type that a frontend needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageSize {
    /// Cells of `i16`.
    pub i16s: usize,
    /// Cells of `u16`.
    pub u16s: usize,
    /// Cells of `i32`.
    pub i32s: usize,
    /// Cells of `u32`.
    pub u32s: usize,
    /// Cells of `f32`.
    pub f32s: usize,
}

impl StorageSize {
    /// What a log-mel pipeline of this configuration needs.
    #[must_use]
    pub const fn of_log_mel(config: &FrontendConfig) -> Self {
        let n_fft = config.n_fft;
        let (order, twiddles, floats) = match config.fft {
            FftKind::Fixed => (n_fft, n_fft, 0),
            FftKind::Micro => (0, 0, n_fft),
        };
        Self {
            // Framer, and the window's upper and lower halves.
            i16s: 3 * n_fft,
            u16s: order,
            i32s: n_fft,
            // Cosines and sines, and one mel ramp value for each bin.
            u32s: twiddles + n_fft / 2 + 1,
            f32s: floats,
        }
    }

    /// What a resampler from `input_hz` to `output_hz` needs; nothing when they are equal.
    ///
    /// # Errors
    /// [`ConfigError::SampleRate`] and [`ConfigError::ResamplerRatio`].
    pub const fn of_resampler(input_hz: u32, output_hz: u32) -> Result<Self, ConfigError> {
        match Ratio::new(input_hz, output_hz) {
            Ok(ratio) => Ok(Self {
                i16s: ratio.storage_i16s(),
                u16s: 0,
                i32s: 0,
                u32s: 0,
                f32s: 0,
            }),
            Err(error) => Err(error),
        }
    }

    /// What both need together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            i16s: self.i16s + other.i16s,
            u16s: self.u16s + other.u16s,
            i32s: self.i32s + other.i32s,
            u32s: self.u32s + other.u32s,
            f32s: self.f32s + other.f32s,
        }
    }

    /// All of it in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        2 * (self.i16s + self.u16s) + 4 * (self.i32s + self.u32s + self.f32s)
    }

    /// Refuses lent memory that is too small.
    pub(crate) fn check(&self, lent: &Lent<'_>) -> Result<(), ConfigError> {
        [
            ("i16", self.i16s, lent.i16s.len()),
            ("u16", self.u16s, lent.u16s.len()),
            ("i32", self.i32s, lent.i32s.len()),
            ("u32", self.u32s, lent.u32s.len()),
            ("f32", self.f32s, lent.f32s.len()),
        ]
        .into_iter()
        .find(|&(_, expected, actual)| actual < expected)
        .map_or(Ok(()), |(cell, expected, actual)| {
            Err(ConfigError::Storage {
                cell,
                expected,
                actual,
            })
        })
    }
}
