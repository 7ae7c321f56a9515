//! What can be wrong with a model that is to run.

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model file itself: unreadable, changed, of another format or frontend.
    #[error(transparent)]
    Bundle(#[from] needledrop_bundle::Error),
    /// The model was trained on imported features, which no microphone gives.
    #[error(
        "{name} was trained on imported features ({external}), not on this firmware's frontend; it cannot hear live input: train on audio prepared with `needledrop prepare`"
    )]
    NotLive {
        /// File.
        name: String,
        /// Identity of its features.
        external: String,
    },
    /// The runtime cannot load or run the graph.
    #[error("the runtime refuses the graph while {step}: {reason}")]
    Runtime {
        /// What was being done.
        step: &'static str,
        /// Its words, outermost first.
        reason: String,
    },
    /// The graph has an operator that no board runs.
    #[error(
        "the graph has the operator {operator} (node `{node}`), which this program does not run; export the model with tools/export of this version"
    )]
    Operator {
        /// Its ONNX name.
        operator: String,
        /// The first node of that kind.
        node: String,
    },
    /// A graph input or output is not what the window needs.
    #[error("graph {what} is {actual}, the model needs {expected}")]
    Shape {
        /// `input` or `output`.
        what: &'static str,
        /// Needed.
        expected: String,
        /// Found.
        actual: String,
    },
    /// A buffer has another length.
    #[error("{what} has {actual} values, the model needs {expected}")]
    Length {
        /// `window` or `output buffer`.
        what: &'static str,
        /// Needed.
        expected: usize,
        /// Given.
        actual: usize,
    },
    /// A logit is infinite or not a number.
    #[error(
        "the model gave {value} for class {class}; its weights are damaged or overflow: train it again"
    )]
    NotFinite {
        /// Index of the class.
        class: usize,
        /// What it gave.
        value: f32,
    },
}
