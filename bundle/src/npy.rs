//! Reads NumPy's .npy files, whoever wrote them.
//!
//! ```text
//! magic, version, header length -> header (a Python dict as text) -> values, row-major
//! ```
//!
//! A file is checked whole before a value is read: the header's length before the header is, the size that its shape
//! promises against the bytes that are there. What a header claims is never allocated. The header is read by a parser
//! of its own (module `header`) because a general one of Python literals takes nesting without end, and a general
//! reader of .npy makes room for a header of 4 GiB and multiplies sizes without looking.
//!
//! # Source
//! NumPy, `numpy/lib/_format_impl.py` and NEP 1.

mod dtype;
pub(crate) mod fault;
mod header;

use crate::{Error, Scalar};
use fault::{MAX_BYTES, MAX_HEADER_BYTES};
use header::Header;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

pub use dtype::Dtype;
pub use fault::Fault;

/// Magic and version.
const PREAMBLE_BYTES: usize = 8;

impl Fault {
    /// For `map_err`: names the file.
    pub fn of(path: &Path) -> impl FnOnce(Self) -> Error + '_ {
        move |fault| Error::Npy {
            path: path.to_owned(),
            fault,
        }
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
