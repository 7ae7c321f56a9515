//! Why a classic model could not be fitted.

/// Errors of fitting; each says what and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `--pca` asks for more than the training samples span.
    #[error(
        "--pca {components}: {samples} training samples of {features} features have at most {most} components; give \
         --pca {most} or less"
    )]
    TooManyComponents {
        /// Asked for.
        components: usize,
        /// There can be.
        most: usize,
        /// Training windows, or clips of whole-clip features.
        samples: usize,
        /// Statistics, or whole-clip features.
        features: usize,
    },
    /// The covariance could not be decomposed.
    #[error("principal components: {reason}; train without --pca")]
    Eigenvectors {
        /// The solver's.
        reason: String,
    },
    /// A solver failed.
    #[error("{model}: the solver failed ({reason}); try --pca, or another model")]
    Solver {
        /// Which model.
        model: &'static str,
        /// The solver's.
        reason: String,
    },
    /// Changes between frames need two of them.
    #[error("windows of {frames} frame have no change over time; {model} needs two frames or more")]
    OneFrame {
        /// Which model.
        model: &'static str,
        /// Frames of a window.
        frames: usize,
    },
}
