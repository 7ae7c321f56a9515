//! From statistics to what a classifier sees: standardised, and projected on principal components when asked for.

use super::error::Error;
use linfa_linalg::eigh::{EigSort, EighInto};
use ndarray::{Array1, Array2, ArrayView2, Axis};

/// A feature that varies less than this over the training samples carries nothing and is weighted with nought: it is
/// f32 in the graph, and what varies less is its rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LeastDeviation {
    /// Of features in one unit.
    Of(f64),
    /// As a share of a feature's largest value, of features in units of their own.
    Relative(f64),
}

impl LeastDeviation {
    /// Of window statistics, which are shares of a window's deviation.
    pub(crate) const STATISTICS: Self = Self::Of(1e-3);
    /// Of the FMA paper's features: hertz, decibels, shares and moments.
    pub(crate) const FMA518: Self = Self::Relative(1e-6);
}

/// Constants of the training windows.
#[derive(Clone, Debug)]
pub(crate) struct Preparation {
    /// Mean of each feature.
    pub(crate) mean: Array1<f64>,
    /// 1 / deviation of each feature, or nought.
    pub(crate) scale: Array1<f64>,
    /// Principal components as columns, `[features, components]`.
    pub(crate) components: Option<Array2<f64>>,
}

impl Preparation {
    /// From training samples `[samples, features]`; `pca` keeps so many components.
    ///
    /// # Errors
    /// [`Error::TooManyComponents`], [`Error::Eigenvectors`].
    pub(crate) fn fit(
        x: ArrayView2<'_, f64>,
        least: LeastDeviation,
        pca: Option<usize>,
    ) -> Result<Self, Error> {
        let mean = x
            .mean_axis(Axis(0))
            .unwrap_or_else(|| Array1::zeros(x.ncols()));
        let deviation = x.std_axis(Axis(0), 0.0);
        let least = x.map_axis(Axis(0), |column| match least {
            LeastDeviation::Of(least) => least,
            // Not less than what f32 holds, so that a feature of noughts is not divided by nought.
            LeastDeviation::Relative(share) => column
                .fold(f64::from(f32::MIN_POSITIVE), |most, v| {
                    most.max(share * v.abs())
                }),
        });
        let scale = ndarray::Zip::from(&deviation)
            .and(&least)
            .map_collect(|&deviation, &least| match deviation {
                deviation if deviation < least => 0.0,
                deviation => deviation.recip(),
            });
        let mut preparation = Self {
            mean,
            scale,
            components: None,
        };
        if let Some(components) = pca {
            preparation.components = Some(principal(&preparation.apply(x), components)?);
        }
        Ok(preparation)
    }

    /// That changes nothing.
    pub(super) fn blank(features: usize) -> Self {
        Self {
            mean: Array1::zeros(features),
            scale: Array1::ones(features),
            components: None,
        }
    }

    /// Of windows `[windows, features]`.
    pub(crate) fn apply(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        let standardised = (&x - &self.mean) * &self.scale;
        match &self.components {
            Some(components) => standardised.dot(components),
            None => standardised,
        }
    }

    /// Numbers the graph holds for it.
    pub(crate) fn parameters(&self) -> u64 {
        let components = self.components.as_ref().map_or(0, Array2::len);
        (self.mean.len() + self.scale.len() + components) as u64
    }
}

/// The first eigenvectors of the covariance, as columns, each with its largest value positive.
///
/// The full decomposition: linfa-reduction's own PCA iterates, and left eigenvalues of components beyond the first 20
/// off by 1e-3 where this one is exact to 1e-13.
fn principal(centred: &Array2<f64>, components: usize) -> Result<Array2<f64>, Error> {
    let most = centred.ncols().min(centred.nrows().saturating_sub(1));
    if components > most {
        return Err(Error::TooManyComponents {
            components,
            most,
            samples: centred.nrows(),
            features: centred.ncols(),
        });
    }
    let covariance = centred.t().dot(centred) / centred.nrows() as f64;
    let (_, vectors) = covariance
        .eigh_into()
        .map_err(|error| Error::Eigenvectors {
            reason: error.to_string(),
        })?
        .sort_eig_desc();
    let mut kept = vectors.slice_move(ndarray::s![.., ..components]);
    for mut vector in kept.columns_mut() {
        let largest = vector.iter().fold(
            0.0_f64,
            |most, v| if v.abs() > most.abs() { *v } else { most },
        );
        if largest < 0.0 {
            vector.mapv_inplace(|v| -v);
        }
    }
    Ok(kept.as_standard_layout().into_owned())
}

#[cfg(test)]
mod tests {
    use super::{LeastDeviation, Preparation};
    use crate::classic::error::Error;
    use ndarray::{Array2, Axis, array};

    #[test]
    fn training_windows_are_standardised_and_constants_vanish() {
        let x = array![[1.0, 5.0, 2.0], [3.0, 5.0, 4.0], [5.0, 5.0, 0.0]];
        let least = LeastDeviation::STATISTICS;
        let preparation = Preparation::fit(x.view(), least, None).unwrap();
        let z = preparation.apply(x.view());
        assert!(
            z.mean_axis(Axis(0))
                .unwrap()
                .iter()
                .all(|m| m.abs() < 1e-12)
        );
        let deviation = z.std_axis(Axis(0), 0.0);
        assert!((deviation[0] - 1.0).abs() < 1e-12 && (deviation[2] - 1.0).abs() < 1e-12);
        assert!(z.column(1).iter().all(|&v| v == 0.0));
        // A constant feature of training stays silent when it moves later.
        assert_eq!(
            preparation.apply(array![[3.0, 99.0, 2.0]].view())[[0, 1]],
            0.0
        );
    }

    #[test]
    fn units_do_not_decide_what_is_constant() {
        // A share, hertz that only round, and noughts.
        let x = array![[1e-4, 8000.0, 0.0], [3e-4, 8000.001, 0.0]];
        let preparation = Preparation::fit(x.view(), LeastDeviation::FMA518, None).unwrap();
        let z = preparation.apply(x.view());
        assert!((z[[1, 0]] - 1.0).abs() < 1e-9);
        assert_eq!([z[[1, 1]], z[[1, 2]]], [0.0, 0.0]);
    }

    #[test]
    fn components_are_orthonormal_and_in_order_of_variance() {
        let x = Array2::from_shape_fn((40, 6), |(row, column)| {
            let (a, b) = ((row as f64 * 0.7).sin(), (row as f64 * 1.9).cos());
            a * (column + 1) as f64
                + b * (column as f64 * 1.3).cos()
                + 0.05 * ((row * 7 + column * 13) % 11) as f64
        });
        let least = LeastDeviation::STATISTICS;
        let preparation = Preparation::fit(x.view(), least, Some(4)).unwrap();
        let components = preparation.components.as_ref().unwrap();
        let product = components.t().dot(components) - Array2::<f64>::eye(4);
        assert!(product.iter().all(|v| v.abs() < 1e-10));
        let z = preparation.apply(x.view());
        let variance = z.var_axis(Axis(0), 0.0);
        assert!(variance.iter().is_sorted_by(|a, b| a >= b), "{variance}");
        // Uncorrelated: the covariance of what comes out is diagonal.
        let covariance = z.t().dot(&z) / 40.0;
        for ((row, column), v) in covariance.indexed_iter() {
            assert!(row == column || v.abs() < 1e-10, "{row} {column} {v}");
        }
    }

    #[test]
    fn more_components_than_windows_are_refused() {
        let x = Array2::from_shape_fn((4, 9), |(row, column)| (row * column) as f64);
        let error = Preparation::fit(x.view(), LeastDeviation::FMA518, Some(4)).unwrap_err();
        assert!(
            matches!(error, Error::TooManyComponents { most: 3, .. }),
            "{error}"
        );
    }
}
