//! Classic models on statistics of log-mel windows: logistic regression, nearest neighbours, naive Bayes, SVM.
//!
//! A window goes through [`statistics`], the `preparation` (standardised, optionally projected on principal components)
//! and a `classifier`; `graph` and each classifier write the same as one graph of standard operators. Solvers are
//! linfa's, except the SVM's (`smo` says why). Everything is in f64 here and f32 in the graph.
//!
//! A label without a training window has no classifier: its logit is a little below the least of the others.

mod classifier;
mod error;
mod folds;
mod gnb;
mod graph;
mod kind;
mod knn;
mod last_layer;
mod logreg;
mod model;
mod preparation;
#[cfg(test)]
mod reference;
mod samples;
mod search;
mod smo;
pub mod statistics;
mod svm;

pub use error::Error;
pub use kind::Kind;
pub(crate) use last_layer::LastLayer;
pub(crate) use model::{Model, Task};
pub(crate) use preparation::LeastDeviation;
pub use samples::Samples;
pub(crate) use samples::{statistics_of, thin};
pub use search::Trial;
pub use svm::Svm;
