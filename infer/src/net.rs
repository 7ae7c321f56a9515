//! The graph in the runtime. The only file that names tract.
//!
//! tract runs on the calling thread. Batch is fixed to 1 when the graph is loaded, so that every shape is known and the
//! optimised plan holds no symbol; weights are folded and packed once.
use crate::{Error, cost};
use needledrop_bundle::Window;
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tract_onnx::{
    model::ParseResult,
    pb,
    prelude::{
        Arc, Datum, Framework, InferenceFact, InferenceModelExt, IntoRunnable, IntoTValue, TValue,
        Tensor, TractError, TractResult, TypedRunnableModel, TypedSimpleState, tvec,
    },
};

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
    /// need. tract has a few panics left for graphs that no tool writes; they end here as errors, too.
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

    fn load_graph<T: Element>(
        mut onnx: &[u8],
        window: &Window,
        classes: usize,
    ) -> Result<Self, Error> {
        let importer = tract_onnx::onnx().with_ignore_value_info(true);
        let proto = importer
            .proto_model_for_read(&mut onnx)
            .map_err(at("decoding"))?;
        let graph = proto
            .graph
            .as_ref()
            .ok_or_else(|| shape_error("input", &format!("x {}", T::NAME), "no graph"))?;
        let ParseResult {
            mut model,
            outlets_by_name,
            ..
        } = importer.parse(&proto, None).map_err(at("reading"))?;

        let shape = input_shape::<T>(graph, window)?;
        let fact = InferenceFact::dt_shape(T::datum_type(), shape.as_slice());
        let &source = outlets_by_name
            .get("x")
            .ok_or_else(|| shape_error("input", &format!("x {}", T::NAME), "without `x`"))?;
        if model.inputs.as_slice() != [source] {
            return Err(shape_error(
                "input",
                "x alone",
                &format!("{} inputs", model.inputs.len()),
            ));
        }
        if !matches!(graph.output.as_slice(), [output] if output.name == "logits") {
            return Err(shape_error(
                "output",
                "logits alone",
                &names(graph.output.iter().map(|port| &*port.name)),
            ));
        }
        model
            .set_outlet_fact(source, fact)
            .map_err(at("fixing its input"))?;
        model.analyse(false).map_err(at("working out its shapes"))?;

        let dims = |name: &String| {
            let outlet = outlets_by_name.get(name)?;
            let shape = model
                .outlet_fact(*outlet)
                .ok()?
                .shape
                .as_concrete_finite()
                .ok()??;
            Some(shape.to_vec())
        };
        let multiply_adds = graph.node.iter().map(|node| {
            let inputs: Vec<Vec<usize>> = node
                .input
                .iter()
                .map(|name| dims(name).unwrap_or_default())
                .collect();
            let inputs: Vec<&[usize]> = inputs.iter().map(Vec::as_slice).collect();
            let output = node.output.first().and_then(dims).unwrap_or_default();
            cost::multiply_adds(&node.op_type, &inputs, &output)
        });
        let multiply_adds = multiply_adds.fold(0, u64::saturating_add);

        let optimised = model.into_optimized().map_err(at("optimising"))?;
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
        let parameters = parameters(graph);
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
    /// [`Error::Length`] for a buffer of another length, [`Error::Runtime`] from tract, [`Error::NotFinite`] for a logit
    /// that is infinite or not a number.
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

/// Type of a graph's input.
trait Element: Datum + Copy {
    /// Its name in messages.
    const NAME: &'static str;
    /// Its number in ONNX.
    const TYPE: pb::tensor_proto::DataType;
}

impl Element for i16 {
    const NAME: &'static str = "int16";
    const TYPE: pb::tensor_proto::DataType = pb::tensor_proto::DataType::Int16;
}

impl Element for f32 {
    const NAME: &'static str = "f32";
    const TYPE: pb::tensor_proto::DataType = pb::tensor_proto::DataType::Float;
}

/// Shape of `x` with batch 1, from the rank that the graph declares.
fn input_shape<T: Element>(graph: &pb::GraphProto, window: &Window) -> Result<Vec<usize>, Error> {
    let needed = format!("x {} [N, {}, {}]", T::NAME, window.frames, window.bands);
    let Some(port) = graph.input.iter().find(|port| port.name == "x") else {
        return Err(shape_error(
            "input",
            &needed,
            &names(graph.input.iter().map(|port| &*port.name)),
        ));
    };
    let kind = port.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(pb::type_proto::Value::TensorType(tensor)) = kind else {
        return Err(shape_error("input", &needed, "no tensor"));
    };
    let dims = tensor
        .shape
        .as_ref()
        .map(|shape| shape.dim.as_slice())
        .unwrap_or_default();
    let shape = match dims.len() {
        2 => vec![1, window.frames * window.bands],
        _ => vec![1, window.frames, window.bands],
    };
    let fixed = |dim: &pb::tensor_shape_proto::Dimension| match &dim.value {
        Some(pb::tensor_shape_proto::dimension::Value::DimValue(size)) => {
            usize::try_from(*size).ok()
        }
        _ => None,
    };
    let fits = dims.len() == shape.len()
        && dims
            .iter()
            .zip(&shape)
            .all(|(dim, &size)| fixed(dim).is_none_or(|d| d == size));
    if fits && tensor.elem_type == T::TYPE as i32 {
        return Ok(shape);
    }
    let dims = dims
        .iter()
        .map(|dim| fixed(dim).map_or_else(|| "N".to_owned(), |size| size.to_string()));
    let dims = dims.collect::<Vec<_>>().join(", ");
    let element = pb::tensor_proto::DataType::try_from(tensor.elem_type)
        .map_or("unknown type", |kind| kind.as_str_name());
    Err(shape_error(
        "input",
        &needed,
        &format!("x {} [{dims}]", element.to_lowercase()),
    ))
}

fn parameters(graph: &pb::GraphProto) -> u64 {
    let float = pb::tensor_proto::DataType::Float as i32;
    let weights = graph
        .initializer
        .iter()
        .filter(|tensor| tensor.data_type == float);
    // Saturating: the shapes are the file's word.
    let values = |dims: &[i64]| {
        let dims = dims.iter().map(|&dim| u64::try_from(dim).unwrap_or(0));
        dims.fold(1, u64::saturating_mul)
    };
    weights
        .map(|tensor| values(&tensor.dims))
        .fold(0, u64::saturating_add)
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "missing".to_owned()
    } else {
        names.join(" and ")
    }
}

fn shape_error(what: &'static str, expected: &str, actual: &str) -> Error {
    Error::Shape {
        what,
        expected: expected.to_owned(),
        actual: actual.to_owned(),
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
    move |failed| {
        let mut reason = format!("{failed:#}").replace('\n', " ");
        if let Some((end, _)) = reason.char_indices().nth(400) {
            reason.truncate(end);
            reason.push('…');
        }
        Error::Runtime { step, reason }
    }
}
