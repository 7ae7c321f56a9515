//! The graph in the runtime: a window of `int16` values to one `f32` logit a class. This file and its folder alone name
//! tract.
//!
//! tract runs on the calling thread. Batch is fixed to 1 when the graph is loaded, so that every shape is known and the
//! optimised plan holds no symbol; weights are folded and packed once.
mod attributes;
mod layers;
mod operators;
mod ports;
mod recurrent;
mod translation;
mod weights;

use crate::{Error, cost};
use needledrop_bundle::Window;
use onnx_protobuf::{Message, ModelProto};
use ports::{Element, input_shape, names, only_x, parameters, shape_error};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tract_hir::prelude::{
    Arc, Datum, IntoRunnable, IntoTValue, TValue, Tensor, TractError, TractResult, TypedFact,
    TypedRunnableModel, TypedSimpleState, tvec,
};
use translation::Translation;

/// A graph with batch 1, optimised for this machine.
pub struct Net {
    plan: Arc<TypedRunnableModel>,
    /// Kept between windows unless an operator has memory of its own.
    state: Option<TypedSimpleState>,
    /// Filled in place for every window, unless the runtime still holds it.
    input: Arc<Tensor>,
    classes: usize,
    multiply_adds: u64,
    parameters: u64,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            classes,
            multiply_adds,
            parameters,
            ..
        } = self;
        write!(
            f,
            "Net {{ classes: {classes}, multiply_adds: {multiply_adds}, parameters: {parameters} }}"
        )
    }
}

impl Net {
    /// Loads ONNX bytes.
    ///
    /// # Shape
    /// Input `x`: int16 `[N, frames, bands]`, or `[N, frames * bands]` for a graph that takes PCM. Output `logits`: f32
    /// `[N, classes]`.
    ///
    /// # Errors
    /// [`Error::Runtime`] when tract refuses the graph, [`Error::Shape`] when it is not the one that window and classes
    /// need. tract has a few panics left for graphs that no tool writes; they end here as errors, too, but in a build
    /// that aborts (profile `board`) they end the program.
    pub fn load(onnx: &[u8], window: &Window, classes: usize) -> Result<Self, Error> {
        Self::load_any::<i16>(onnx, window, classes)
    }

    /// Loads ONNX bytes of a graph that takes features of a whole clip: a study path that no board goes.
    ///
    /// # Shape
    /// Input `x`: f32 `[N, features]`. Output `logits`: f32 `[N, classes]`.
    ///
    /// # Errors
    /// Those of [`Net::load`].
    pub fn load_features(onnx: &[u8], features: usize, classes: usize) -> Result<Self, Error> {
        let vector = Window {
            frames: 1,
            hop: 1,
            bands: features,
        };
        Self::load_any::<f32>(onnx, &vector, classes)
    }

    fn load_any<T: Element>(onnx: &[u8], window: &Window, classes: usize) -> Result<Self, Error> {
        let loaded = catch_unwind(AssertUnwindSafe(|| {
            Self::load_graph::<T>(onnx, window, classes)
        }));
        loaded.unwrap_or_else(|_| {
            Err(Error::Runtime {
                step: "loading",
                reason: "it panicked on a malformed graph".to_owned(),
            })
        })
    }

    fn load_graph<T: Element>(onnx: &[u8], window: &Window, classes: usize) -> Result<Self, Error> {
        let proto =
            ModelProto::parse_from_bytes(onnx).map_err(|failed| at("decoding")(failed.into()))?;
        let no_graph = || shape_error("input", &format!("x {}", T::NAME), "no graph");
        let graph = proto.graph.as_ref().ok_or_else(no_graph)?;
        let shape = input_shape::<T>(graph, window)?;
        only_x(graph)?;
        if !matches!(graph.output.as_slice(), [output] if output.name == "logits") {
            return Err(shape_error(
                "output",
                "logits alone",
                &names(graph.output.iter().map(|port| &*port.name)),
            ));
        }

        let x = TypedFact::dt_shape(T::datum_type(), &shape[..]);
        let translation = Translation::new(&proto, graph, x, at("reading"))?;
        let logits = translation
            .outlet("logits")
            .ok_or_else(|| shape_error("output", "logits", "made by no node"))?;
        let dims = |name: &String| translation.dims(name).unwrap_or_default();
        let multiply_adds = graph.node.iter().map(|node| {
            let inputs: Vec<Vec<usize>> = node.input.iter().map(dims).collect();
            let inputs: Vec<&[usize]> = inputs.iter().map(Vec::as_slice).collect();
            let output = node.output.first().map(dims).unwrap_or_default();
            cost::multiply_adds(&node.op_type, &inputs, &output)
        });
        let multiply_adds = multiply_adds.fold(0, u64::saturating_add);
        let parameters = parameters(graph);
        // The model has its own copy of every weight.
        drop(proto);

        let mut model = translation.model;
        let optimised = model
            .select_output_outlets(&[logits])
            .and_then(|()| model.into_optimized())
            .map_err(at("optimising"))?;
        let output = optimised.output_fact(0).map_err(at("optimising"))?;
        if output.datum_type != f32::datum_type()
            || output.shape.as_concrete() != Some(&[1, classes][..])
        {
            let actual = format!("{:?} {:?}", output.datum_type, output.shape);
            return Err(shape_error(
                "output",
                &format!("f32 [1, {classes}]"),
                &actual,
            ));
        }
        let plan = optimised.into_runnable().map_err(at("planning"))?;
        let state = plan.spawn().map_err(at("planning"))?;
        // A recurrent layer keeps its hidden state in the session; windows must not hear each other.
        let remembers = state.op_states.iter().any(Option::is_some);
        let input = Arc::new(Tensor::zero_dt(T::datum_type(), &shape).map_err(at("planning"))?);
        Ok(Self {
            plan,
            state: (!remembers).then_some(state),
            input,
            classes,
            multiply_adds,
            parameters,
        })
    }

    /// One window of `frames * bands` values in, one logit a class out.
    ///
    /// # Errors
    /// [`Error::Length`] for a buffer of another length, [`Error::Runtime`] from tract, [`Error::NotFinite`] for a
    /// logit that is infinite or not a number.
    pub fn logits(&mut self, window: &[i16], out: &mut [f32]) -> Result<(), Error> {
        self.logits_of(window, out)
    }

    /// One clip's features in, one logit a class out; of a net that [`Net::load_features`] loaded.
    ///
    /// # Errors
    /// Those of [`Net::logits`].
    pub fn logits_of_features(&mut self, features: &[f32], out: &mut [f32]) -> Result<(), Error> {
        self.logits_of(features, out)
    }

    fn logits_of<T: Element>(&mut self, window: &[T], out: &mut [f32]) -> Result<(), Error> {
        let length = |what, expected, actual| {
            if expected == actual {
                Ok(())
            } else {
                Err(Error::Length {
                    what,
                    expected,
                    actual,
                })
            }
        };
        length("window", self.input.len(), window.len())?;
        length("output buffer", self.classes, out.len())?;

        let outputs = self.run(window).map_err(at("running"))?;
        let logits = outputs
            .first()
            .and_then(|value| value.as_plain_ram())
            .ok_or_else(|| nothing("running"))?;
        let logits = logits.as_slice::<f32>().map_err(at("running"))?;
        length("output", self.classes, logits.len())?;
        out.copy_from_slice(logits);
        match out.iter().position(|logit| !logit.is_finite()) {
            Some(class) => Err(Error::NotFinite {
                class,
                value: logits[class],
            }),
            None => Ok(()),
        }
    }

    fn run<T: Element>(&mut self, window: &[T]) -> TractResult<Vec<TValue>> {
        match Arc::get_mut(&mut self.input) {
            Some(tensor) => tensor
                .try_as_plain_ram_mut()?
                .as_slice_mut::<T>()?
                .copy_from_slice(window),
            None => self.input = Arc::new(Tensor::from_shape(self.input.shape(), window)?),
        }
        let inputs = tvec!(Arc::clone(&self.input).into_tvalue());
        let outputs = match &mut self.state {
            Some(state) => {
                let outputs = state.run(inputs);
                if outputs.is_err() {
                    // What a failed run left behind must not reach the next window.
                    *state = self.plan.spawn()?;
                }
                outputs?
            }
            None => self.plan.run(inputs)?,
        };
        Ok(outputs.into_vec())
    }

    /// Logits a window gives.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Multiply-adds for one window, counted over the graph's convolutions, matrix products and recurrent layers.
    pub fn multiply_adds(&self) -> u64 {
        self.multiply_adds
    }

    /// Floating-point values among the graph's weights.
    pub fn parameters(&self) -> u64 {
        self.parameters
    }
}

fn nothing(step: &'static str) -> Error {
    Error::Runtime {
        step,
        reason: "it gave no output".to_owned(),
    }
}

/// tract's chain of causes as one line.
fn at(step: &'static str) -> impl Fn(TractError) -> Error {
    /// Longest line that is shown.
    const REASON_CHARACTERS: usize = 400;
    move |failed| {
        let mut reason = format!("{failed:#}").replace('\n', " ");
        if let Some((end, _)) = reason.char_indices().nth(REASON_CHARACTERS) {
            reason.truncate(end);
            reason.push('…');
        }
        Error::Runtime { step, reason }
    }
}
