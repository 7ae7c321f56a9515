//! `needledrop report`: finished runs as one page that needs nothing else, no network, no scripts, no fonts.
//!
//! [`Run`] is a run folder as read; [`page`] composes the page of `html` (escaping), `plot` (lines as SVG) and one
//! module a part. All figures come from [`needledrop_judging::metrics`], out of the logits on the validation windows
//! that the run folder holds: no data set is needed, and all runs are judged alike. They are before calibration.
//! Filters and saliency are [`needledrop_training::pictures`].

mod classes;
mod clips;
mod comparison;
mod curves;
mod error;
mod gallery;
mod html;
mod levels;
mod matrix;
mod metrics_file;
mod page;
mod plot;
mod reliability;
mod run;
mod seeds;
mod trials;

pub use error::Error;
pub use metrics_file::{Classic, Ensemble, Member, Metrics};
pub use page::page;
pub use run::{Drawn, Run, ValidClip};
