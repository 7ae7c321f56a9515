//! Reads NumPy's .npy files, whoever wrote them.
//!
//! ```text
//! magic, version, header length -> header (a Python dict as text) -> values, row-major
//! ```
//!
//! A file is checked whole before a value is read: the header's length before the header is, the size that its shape
//! promises against the bytes that are there. What a header claims is never allocated. The header is read by a parser of
//! its own (module `header`) because a general one of Python literals takes nesting without end, and a general reader of .npy
//! makes room for a header of 4 GiB and multiplies sizes without looking.
//!
//! # Source
//! NumPy, `numpy/lib/_format_impl.py` and NEP 1.

mod header;

use crate::{Error, Scalar};
use header::Header;
use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Longest header that is read: NumPy's own limit, three times what a plain array ever needs.
const MAX_HEADER_BYTES: usize = 10_000;
/// Largest file that [`read`] takes into memory.
const MAX_BYTES: u64 = 4 << 30;
/// Magic and version.
const PREAMBLE_BYTES: usize = 8;

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

impl Fault {
    /// For `map_err`: names the file.
    pub fn of(path: &Path) -> impl FnOnce(Self) -> Error + '_ {
        move |fault| Error::Npy {
            path: path.to_owned(),
            fault,
        }
    }
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
    const ALL: [(Self, &'static str, usize); 11] = [
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

    fn names() -> String {
        Self::ALL.map(|(_, name, _)| name).join(", ")
    }
}

impl Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().0)
    }
}

/// A file whose header holds what it promises, before its first value.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    dtype: Dtype,
    shape: Vec<usize>,
}

/// Opens a file and checks its header.
///
/// # Errors
/// Every [`Fault`] but those of type and shape.
pub fn open(path: &Path) -> Result<Reader<BufReader<File>>, Fault> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    Reader::new(BufReader::with_capacity(1 << 18, file), bytes)
}

impl<R: Read> Reader<R> {
    /// For a source of `total_bytes` bytes; reads its header.
    ///
    /// # Errors
    /// As [`open`].
    pub fn new(mut source: R, total_bytes: u64) -> Result<Self, Fault> {
        let (header, header_bytes) = read_header(&mut source)?;
        let dtype = header.dtype()?;
        if header.fortran_order {
            return Err(Fault::Fortran);
        }
        let held = total_bytes.saturating_sub(header_bytes);
        let needed = header
            .shape
            .iter()
            .try_fold(dtype.bytes() as u64, |bytes, &axis| bytes.checked_mul(axis));
        let shape = header.shape.iter().map(|&axis| usize::try_from(axis).ok());
        match (needed, shape.collect::<Option<Vec<_>>>()) {
            (Some(needed), Some(shape)) if needed == held => Ok(Self {
                source,
                dtype,
                shape,
            }),
            (needed, _) => Err(Fault::Size {
                more: needed.is_none_or(|needed| needed >= held),
                shape: header.shape,
            }),
        }
    }

    /// Type of the values.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Size of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// A fault that names the shape.
    pub fn wrong_shape(&self, expected: impl Into<String>) -> Fault {
        Fault::Shape {
            expected: expected.into(),
            actual: self.shape.iter().map(|&axis| axis as u64).collect(),
        }
    }

    /// Reads the next `values` values into `out`, as bytes; `out` is made as long.
    ///
    /// # Errors
    /// [`Fault::Io`], also for more values than are left.
    pub fn read_values(&mut self, values: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        out.resize(values * self.dtype.bytes(), 0);
        Ok(self.source.read_exact(out)?)
    }
}

/// The header, and the bytes up to the first value.
fn read_header(source: &mut impl Read) -> Result<(Header, u64), Fault> {
    let cut = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::HeaderCut,
        _ => Fault::Io(error),
    };
    let mut preamble = [0; PREAMBLE_BYTES];
    source
        .read_exact(&mut preamble)
        .map_err(|error| match cut(error) {
            Fault::HeaderCut => Fault::NotNpy,
            other => other,
        })?;
    let [0x93, b'N', b'U', b'M', b'P', b'Y', major, minor] = preamble else {
        return Err(Fault::NotNpy);
    };
    let length_bytes = match (major, minor) {
        (1, 0) => 2,
        (2 | 3, 0) => 4,
        _ => return Err(Fault::Version { major, minor }),
    };
    let mut length = [0; 4];
    source
        .read_exact(&mut length[..length_bytes])
        .map_err(cut)?;
    let length = u32::from_le_bytes(length);
    let bytes = usize::try_from(length)
        .ok()
        .filter(|&bytes| bytes <= MAX_HEADER_BYTES)
        .ok_or(Fault::HeaderLong {
            bytes: u64::from(length),
        })?;
    let mut text = vec![0; bytes];
    source.read_exact(&mut text).map_err(cut)?;
    let header = header::parse(&text).map_err(|reason| Fault::Header { reason })?;
    Ok((header, (PREAMBLE_BYTES + length_bytes + bytes) as u64))
}

/// A dense array, last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<T> {
    /// Size of each axis.
    pub shape: Vec<usize>,
    /// Values.
    pub values: Vec<T>,
}

/// A type of number that [`read`] gives.
pub trait Value: Scalar {
    /// Its type in a file.
    const DTYPE: Dtype;
}

impl Value for i16 {
    const DTYPE: Dtype = Dtype::I16;
}

impl Value for i64 {
    const DTYPE: Dtype = Dtype::I64;
}

impl Value for f32 {
    const DTYPE: Dtype = Dtype::F32;
}

/// Reads a file of `T` whole, whose axes after the first are `row`.
///
/// # Errors
/// [`Error::Npy`].
pub fn read<T: Value>(path: &Path, row: &[usize]) -> Result<Array<T>, Error> {
    read_whole(path, row).map_err(Fault::of(path))
}

fn read_whole<T: Value>(path: &Path, row: &[usize]) -> Result<Array<T>, Fault> {
    let mut reader = open(path)?;
    if reader.dtype != T::DTYPE {
        return Err(Fault::Type {
            expected: format!("'{}'", T::DTYPE),
            actual: reader.dtype,
        });
    }
    if reader.shape.get(1..) != Some(row) {
        let row: String = row.iter().map(|axis| format!(", {axis}")).collect();
        return Err(reader.wrong_shape(format!("[N{row}]")));
    }
    let values: usize = reader.shape.iter().product();
    if (values * T::DTYPE.bytes()) as u64 > MAX_BYTES {
        return Err(Fault::Large);
    }
    let mut bytes = Vec::new();
    reader.read_values(values, &mut bytes)?;
    Ok(Array {
        values: T::load_all(&bytes),
        shape: reader.shape,
    })
}
