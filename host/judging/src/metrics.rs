//! What a classifier's answers are worth: accuracy, macro-F1, log-loss, calibration error, confusion.
//!
//! Every figure is computed here and nowhere else, from probabilities and true labels. Windows are what a network
//! answers; [`Levels`] makes segments and clips of them.

mod answers;
mod calibration;
mod classes;
mod levels;
mod pool;
mod probabilities;
mod summary;

pub use answers::Answers;
pub use calibration::{Bin, CALIBRATION_BINS};
pub use classes::{ClassFigures, VoteSummary};
pub use levels::{Figures, Levels, Segments};
pub use needledrop_infer::argmax;
pub use pool::{majority, mean_probabilities};
pub use probabilities::softmax;
pub use summary::Summary;
