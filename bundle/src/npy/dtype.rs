//! Types of number in a .npy file: the name that its header has, and the bytes of one value.
use std::fmt::{self, Display};

/// Type of the values, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dtype {
    /// `|u1`
    U8,
    /// `|i1`
    I8,
    /// `<u2`
    U16,
    /// `<i2`
    I16,
    /// `<u4`
    U32,
    /// `<i4`
    I32,
    /// `<u8`
    U64,
    /// `<i8`
    I64,
    /// `<f2`
    F16,
    /// `<f4`
    F32,
    /// `<f8`
    F64,
}

impl Dtype {
    /// Each type with its name and bytes.
    pub(super) const ALL: [(Self, &'static str, usize); 11] = [
        (Self::U8, "|u1", 1),
        (Self::I8, "|i1", 1),
        (Self::U16, "<u2", 2),
        (Self::I16, "<i2", 2),
        (Self::U32, "<u4", 4),
        (Self::I32, "<i4", 4),
        (Self::U64, "<u8", 8),
        (Self::I64, "<i8", 8),
        (Self::F16, "<f2", 2),
        (Self::F32, "<f4", 4),
        (Self::F64, "<f8", 8),
    ];

    fn row(self) -> (&'static str, usize) {
        Self::ALL
            .into_iter()
            .find(|(dtype, ..)| *dtype == self)
            .map_or(("", 0), |(_, name, bytes)| (name, bytes))
    }

    /// Bytes of one value.
    pub fn bytes(self) -> usize {
        self.row().1
    }

    /// The names of all, for a sentence.
    pub(super) fn names() -> String {
        Self::ALL.map(|(_, name, _)| name).join(", ")
    }
}

impl Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().0)
    }
}
