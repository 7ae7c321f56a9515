//! Identity of a frontend: its configuration and every table in, 8 bytes of SHA-256 out, shown as 16 hex digits.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};

use crate::config::{FftKind, FrontendConfig, MelNorm, MelScale};
use crate::tables::resampler::{ID_POINTS, id_point_q30};

/// Raised whenever the same configuration and tables give other bits than before.
const ALGORITHM_VERSION: u32 = 1;

/// First 8 bytes of SHA-256 over configuration, every table, FFT kind and algorithm version; shown
/// as 16 lower-case hex digits.
///
/// Two frontends with the same id give the same bits for the same PCM.
///
/// ```
/// use needledrop_frontend::FrontendId;
///
/// let id: FrontendId = "00112233445566ff".parse()?;
/// assert_eq!(id.to_string(), "00112233445566ff");
/// assert!("00112233445566FF".parse::<FrontendId>().is_err());
/// # Ok::<(), needledrop_frontend::ParseIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrontendId(pub [u8; 8]);

/// A text that is not a frontend id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frontend id is 16 lower-case hex digits")]
pub struct ParseIdError;

impl fmt::Display for FrontendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for FrontendId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let digit = |c: u8| match c {
            b'0'..=b'9' => Ok(c - b'0'),
            b'a'..=b'f' => Ok(c - b'a' + 10),
            _ => Err(ParseIdError),
        };
        let text: &[u8; 16] = text.as_bytes().try_into().map_err(|_| ParseIdError)?;
        let mut bytes = [0; 8];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FrontendId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for FrontendId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = FrontendId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("16 lower-case hex digits")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FrontendId, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Collects what decides the output bits.
pub(crate) struct Hasher(Sha256);

impl Hasher {
    /// Starts with version, configuration and the resampler's prototype.
    pub(crate) fn new(config: &FrontendConfig) -> Self {
        // Exhaustive, so that a new field cannot be forgotten.
        let FrontendConfig {
            sample_rate_hz,
            n_fft,
            hop_samples,
            mel_bands,
            f_min_hz,
            f_max_hz,
            mel_scale,
            mel_norm,
            fft,
        } = *config;
        let mut this = Self(Sha256::new());
        this.0.update(b"needledrop frontend");
        let scale = match mel_scale {
            MelScale::Slaney => 0,
            MelScale::Htk => 1,
        };
        let norm = match mel_norm {
            MelNorm::Slaney => 0,
            MelNorm::None => 1,
        };
        let kind = match fft {
            FftKind::Fixed => 0,
            FftKind::Micro => 1,
        };
        this.u32s(&[
            ALGORITHM_VERSION,
            sample_rate_hz,
            n_fft as u32,
            hop_samples as u32,
            mel_bands as u32,
            scale,
            norm,
            kind,
        ]);
        this.0.update(f_min_hz.to_bits().to_le_bytes());
        this.0.update(f_max_hz.to_bits().to_le_bytes());
        // Every ratio's coefficients are samples of this curve.
        for i in 0..=ID_POINTS {
            this.0.update(id_point_q30(i).to_le_bytes());
        }
        this
    }

    pub(crate) fn i16s(&mut self, table: &[i16]) {
        self.table(table.iter().map(|x| x.to_le_bytes()));
    }

    pub(crate) fn u16s(&mut self, table: impl ExactSizeIterator<Item = u16>) {
        self.table(table.map(u16::to_le_bytes));
    }

    pub(crate) fn i32s(&mut self, table: &[i32]) {
        self.table(table.iter().map(|x| x.to_le_bytes()));
    }

    pub(crate) fn u32s(&mut self, table: &[u32]) {
        self.table(table.iter().map(|x| x.to_le_bytes()));
    }

    fn table<const N: usize>(&mut self, cells: impl ExactSizeIterator<Item = [u8; N]>) {
        self.0.update((cells.len() as u64).to_le_bytes());
        for cell in cells {
            self.0.update(cell);
        }
    }

    pub(crate) fn finish(self) -> FrontendId {
        let digest: [u8; 32] = self.0.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        FrontendId([a, b, c, d, e, f, g, h])
    }
}
