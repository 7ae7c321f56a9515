//! Numbers as files hold them, little-endian.

/// A number that a file holds.
pub trait Scalar: Copy {
    /// Bytes of one value.
    const BYTES: usize;

    /// Appends the value to `out`.
    fn store(self, out: &mut Vec<u8>);

    /// The values in `bytes`; a last, incomplete one is left out.
    ///
    /// ```
    /// use needledrop_bundle::Scalar;
    /// assert_eq!(i16::load_all(&[1, 0, 0xfe, 0xff, 7]), [1, -2]);
    /// ```
    fn load_all(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! scalar {
    ($($type:ty),*) => {$(
        impl Scalar for $type {
            const BYTES: usize = size_of::<Self>();

            fn store(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }

            fn load_all(bytes: &[u8]) -> Vec<Self> {
                let (values, _) = bytes.as_chunks();
                values
                    .iter()
                    .map(|value| Self::from_le_bytes(*value))
                    .collect()
            }
        }
    )*};
}

scalar!(i16, i64, f32);
