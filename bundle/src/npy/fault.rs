//! What can be wrong with a .npy file, and the bounds that the sentences name.
use super::dtype::Dtype;
use std::fmt::{self, Display};
use std::io;

/// Longest header that is read: NumPy's own limit, three times what a plain array ever needs.
pub(super) const MAX_HEADER_BYTES: usize = 10_000;
/// Largest file that [`read`](super::read) takes into memory.
pub(super) const MAX_BYTES: u64 = 4 << 30;

/// What can be wrong with a file, in words that follow its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The operating system's.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Another kind of file.
    #[error("is no .npy file")]
    NotNpy,
    /// A version that NumPy has not.
    #[error("has .npy version {major}.{minor}, known are 1.0, 2.0 and 3.0")]
    Version {
        /// First byte.
        major: u8,
        /// Second byte.
        minor: u8,
    },
    /// Cut short.
    #[error("ends inside its header")]
    HeaderCut,
    /// Longer than any array's.
    #[error("has a header of {bytes} bytes, at most {MAX_HEADER_BYTES} are read")]
    HeaderLong {
        /// What it says.
        bytes: u64,
    },
    /// Not the header of an array.
    #[error("has a damaged header: {reason}")]
    Header {
        /// What was expected, and where.
        reason: String,
    },
    /// Rows of named fields.
    #[error("holds a structured array; save one field of it as a plain array")]
    Structured,
    /// Pickled objects.
    #[error("holds Python objects ('{descr}'); save it as an array of numbers")]
    Objects {
        /// Its type.
        descr: String,
    },
    /// Values of another byte order.
    #[error(
        "holds big-endian values ('{descr}'); save it little-endian, x.astype(x.dtype.newbyteorder('<'))"
    )]
    BigEndian {
        /// Its type.
        descr: String,
    },
    /// No type of number known here.
    #[error("holds '{descr}', known are {}", Dtype::names())]
    Dtype {
        /// Its type.
        descr: String,
    },
    /// Column by column.
    #[error(
        "is stored column by column (fortran_order); save it in C order, np.ascontiguousarray(x)"
    )]
    Fortran,
    /// Not the bytes that its shape needs.
    #[error("promises shape {}, which is {} than the file holds", Shape(shape), if *more { "more" } else { "less" })]
    Size {
        /// Promised.
        shape: Vec<u64>,
        /// Promised more than there is.
        more: bool,
    },
    /// A number of another kind than asked for.
    #[error("holds '{actual}', expected {expected}")]
    Type {
        /// What it may be.
        expected: String,
        /// What it is.
        actual: Dtype,
    },
    /// Another shape than asked for.
    #[error("has shape {}, expected {expected}", Shape(actual))]
    Shape {
        /// What it may be.
        expected: String,
        /// What it is.
        actual: Vec<u64>,
    },
    /// More than fits.
    #[error("is larger than {MAX_BYTES} bytes")]
    Large,
}

/// A shape in an error sentence, shortened: a header may list thousands of axes.
struct Shape<'a>(&'a [u64]);

impl Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const AXES: usize = 8;
        match self.0.get(..AXES) {
            Some(first) if self.0.len() > AXES => write!(f, "{first:?} and more axes"),
            _ => write!(f, "{:?}", self.0),
        }
    }
}
