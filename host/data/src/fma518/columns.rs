//! Which feature, statistic and number each of the 518 values is, in the order of FMA's features.csv.

use super::statistics::STATISTICS;
use super::{cepstrum, chroma, shape};

/// Values of one clip.
pub const VALUES: usize = 518;

/// A feature: one or more series over the clip. The names are the columns' of FMA's features.csv.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Chroma energy, quantised and smoothed.
    ChromaCens,
    /// Chroma of the constant-Q transform.
    ChromaCqt,
    /// Chroma of the short-time spectrum.
    ChromaStft,
    /// Mel-frequency cepstral coefficients.
    Mfcc,
    /// Root mean square.
    Rmse,
    /// Spread of the spectrum around its centroid, Hz.
    SpectralBandwidth,
    /// Mean frequency of the spectrum, Hz.
    SpectralCentroid,
    /// Peaks over valleys by octave band, dB.
    SpectralContrast,
    /// Frequency below which 85 % of the magnitude lies, Hz.
    SpectralRolloff,
    /// Tonal centroids of [`Feature::ChromaCens`].
    Tonnetz,
    /// Share of samples at which the sign changes.
    Zcr,
}

/// Every feature, sorted by name.
pub const FEATURES: [Feature; 11] = [
    Feature::ChromaCens,
    Feature::ChromaCqt,
    Feature::ChromaStft,
    Feature::Mfcc,
    Feature::Rmse,
    Feature::SpectralBandwidth,
    Feature::SpectralCentroid,
    Feature::SpectralContrast,
    Feature::SpectralRolloff,
    Feature::Tonnetz,
    Feature::Zcr,
];

impl Feature {
    /// The name in features.csv.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChromaCens => "chroma_cens",
            Self::ChromaCqt => "chroma_cqt",
            Self::ChromaStft => "chroma_stft",
            Self::Mfcc => "mfcc",
            Self::Rmse => "rmse",
            Self::SpectralBandwidth => "spectral_bandwidth",
            Self::SpectralCentroid => "spectral_centroid",
            Self::SpectralContrast => "spectral_contrast",
            Self::SpectralRolloff => "spectral_rolloff",
            Self::Tonnetz => "tonnetz",
            Self::Zcr => "zcr",
        }
    }

    /// How many series it has.
    pub const fn rows(self) -> usize {
        match self {
            Self::ChromaCens | Self::ChromaCqt | Self::ChromaStft => chroma::CLASSES,
            Self::Mfcc => cepstrum::COEFFICIENTS,
            Self::SpectralContrast => shape::CONTRAST_BANDS,
            Self::Tonnetz => chroma::TONNETZ_AXES,
            Self::Rmse
            | Self::SpectralBandwidth
            | Self::SpectralCentroid
            | Self::SpectralRolloff
            | Self::Zcr => 1,
        }
    }
}

/// One of the 518 columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The feature.
    pub feature: Feature,
    /// One of [`STATISTICS`].
    pub statistic: &'static str,
    /// Series of the feature, from 1.
    pub number: usize,
}

/// The columns in the order of features.csv: by feature, then statistic, then number, each sorted.
pub fn columns() -> Vec<Column> {
    let mut columns = Vec::with_capacity(VALUES);
    for feature in FEATURES {
        for statistic in STATISTICS {
            columns.extend((1..=feature.rows()).map(|number| Column {
                feature,
                statistic,
                number,
            }));
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_518_sorted_columns() {
        let columns = columns();
        assert_eq!(columns.len(), VALUES);
        let keys = columns
            .iter()
            .map(|column| (column.feature.name(), column.statistic, column.number));
        assert!(keys.is_sorted_by(|a, b| a < b));
    }
}
