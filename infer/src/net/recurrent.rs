//! Recurrent layers: LSTM, and GRU with its reset gate behind the product, in one direction or both.
//!
//! Both start from zeros with every window, and give all states and the last one. A GRU is one operator of tract; an
//! LSTM is a scan whose body has one product a step on either side and one operator for the gates.
use super::attributes::Node;
use tract_hir::{
    internal::{
        AxisOp, Datum, OutletId, SpecialOps, TVec, Tensor, ToDim, TractResult, TypedModel, bail,
        ensure, tvec,
    },
    tract_core::ops::{
        array::{Slice, TypedConcat},
        einsum::EinSum,
        gru_seq::GruSeq,
        lstm_cell::LstmEpilogue,
        math,
        scan::{InputMapping, OutputMapping, Scan, ScanInfo},
    },
};

/// Gates of an LSTM: input, output, forget, cell.
const LSTM_GATES: usize = 4;
/// Gates of a GRU: update, reset, hidden.
const GRU_GATES: usize = 3;

/// What a layer's shapes say.
struct Sizes {
    /// 1, or 2 when it is read in both directions.
    sides: usize,
    batch: usize,
    hidden: usize,
}

/// One direction of a layer.
struct Side<'a> {
    name: String,
    /// `[batch, steps, in]`
    x: OutletId,
    /// `[gates * hidden, in]`
    input: OutletId,
    /// `[gates * hidden, hidden]`
    state: OutletId,
    /// `[1, 2 * gates * hidden]`: of the input's product, then of the state's.
    bias: OutletId,
    sizes: &'a Sizes,
    /// 1, or -1 for a side that reads the last step first.
    step: isize,
    /// Whether a node reads the states of all steps.
    all: bool,
}

pub(super) fn lstm(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    layer(node, model, inputs, LSTM_GATES, lstm_side)
}

pub(super) fn gru(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    ensure!(
        node.flag("linear_before_reset")? == Some(true),
        "its reset gate comes before the product (linear_before_reset 0)"
    );
    layer(node, model, inputs, GRU_GATES, gru_side)
}

/// `x` `[steps, batch, in]` to all states `[steps, sides, batch, hidden]` and the last ones `[sides, batch, hidden]`.
///
/// `wire` gives `[batch, steps, hidden]` and `[batch, 1, hidden]` or `[batch, hidden]`.
fn layer(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
    gates: usize,
    wire: fn(&Side<'_>, &mut TypedModel) -> TractResult<[OutletId; 2]>,
) -> TractResult<TVec<OutletId>> {
    let sizes = sizes(node, model, inputs, gates)?;
    let name = &node.name;
    let x = one(
        model,
        format!("{name}.batch_first"),
        AxisOp::Move(1, 0),
        &inputs[..1],
    )?;
    let (mut all, mut last) = (tvec!(), tvec!());
    for index in 0..sizes.sides {
        let name = format!("{name}.{index}");
        let mut part = |what: &str, input: OutletId| {
            let name = format!("{name}.{what}");
            one(model, name, Slice::new(0, index, index + 1), &[input])
        };
        let [input, state, bias] = [
            part("input_of_side", inputs[1])?,
            part("state_of_side", inputs[2])?,
            part("bias", inputs[3])?,
        ];
        let side = Side {
            x,
            input: one(model, format!("{name}.input"), AxisOp::Rm(0), &[input])?,
            state: one(model, format!("{name}.state"), AxisOp::Rm(0), &[state])?,
            bias,
            sizes: &sizes,
            step: [1, -1][index],
            all: node
                .proto
                .output
                .first()
                .is_some_and(|name| !name.is_empty()),
            name,
        };
        let [states, end] = wire(&side, model)?;
        let name = &side.name;
        let states = one(
            model,
            format!("{name}.steps_first"),
            AxisOp::Move(1, 0),
            &[states],
        )?;
        all.push(one(
            model,
            format!("{name}.states"),
            AxisOp::Add(1),
            &[states],
        )?);
        last.push(one(
            model,
            format!("{name}.side_first"),
            AxisOp::Move(1, 0),
            &[end],
        )?);
    }
    Ok(tvec!(
        one(model, format!("{name}.all"), TypedConcat::new(1), &all)?,
        one(model, name.clone(), TypedConcat::new(0), &last)?,
    ))
}

fn sizes(
    node: &Node<'_>,
    model: &TypedModel,
    inputs: &[OutletId],
    gates: usize,
) -> TractResult<Sizes> {
    let sides = match node.text("direction")? {
        None | Some("forward") => 1,
        Some("bidirectional") => 2,
        Some(other) => bail!("direction {other} is not followed"),
    };
    let declared = node.int("hidden_size")?;
    let shapes = inputs.iter().map(|&input| {
        let fact = model.outlet_fact(input)?;
        Ok(fact.shape.as_concrete().unwrap_or_default())
    });
    let shapes = shapes.collect::<TractResult<Vec<_>>>()?;
    if let [&[_, batch, wide], input, state, bias] = shapes[..]
        && let &[_, _, hidden] = state
        && *input == [sides, gates * hidden, wide]
        && *state == [sides, gates * hidden, hidden]
        && *bias == [sides, 2 * gates * hidden]
        && declared.is_none_or(|declared| usize::try_from(declared) == Ok(hidden))
    {
        return Ok(Sizes {
            sides,
            batch,
            hidden,
        });
    }
    bail!("inputs of shapes {shapes:?} in {sides} directions")
}

fn gru_side(side: &Side<'_>, model: &mut TypedModel) -> TractResult<[OutletId; 2]> {
    let op = GruSeq {
        hidden: side.sizes.hidden,
        has_bias: true,
        chunk: side.step,
        emit_y: side.all,
        reset_every_turn: true,
        projected: false,
        packed_r: None,
    };
    let zeros = side.zeros(model, "first")?;
    let inputs = [side.x, side.input, side.state, side.bias, zeros];
    let made = model.wire_node(format!("{}.gru", side.name), op, &inputs)?;
    Ok([made[0], made[1]])
}

fn lstm_side(side: &Side<'_>, model: &mut TypedModel) -> TractResult<[OutletId; 2]> {
    let name = &side.name;
    let gates = LSTM_GATES * side.sizes.hidden;
    let of_input = Slice::new(1, 0, gates);
    let of_input = one(
        model,
        format!("{name}.bias_of_input"),
        of_input,
        &[side.bias],
    )?;
    let of_state = Slice::new(1, gates, 2 * gates);
    let of_state = one(
        model,
        format!("{name}.bias_of_state"),
        of_state,
        &[side.bias],
    )?;
    let bias = [of_input, of_state];
    let bias = one(model, format!("{name}.biases"), math::add(), &bias)?;
    let zeros = [
        side.zeros(model, "first")?,
        side.zeros(model, "first_cell")?,
    ];

    let mut body = TypedModel {
        symbols: model.symbols.clone(),
        ..TypedModel::default()
    };
    let mut source = |name: &str, outlet: OutletId| {
        let mut fact = model.outlet_fact(outlet)?.without_value();
        if outlet == side.x {
            // One step of all.
            fact.shape.set(1, 1.to_dim());
        }
        body.add_source(name, fact)
    };
    let x = source("x", side.x)?;
    let input = source("input", side.input)?;
    let state = source("state", side.state)?;
    let bias_of_step = source("bias", bias)?;
    let hidden = source("hidden", zeros[0])?;
    let cell = source("cell", zeros[1])?;
    let scanned = ScanInfo {
        axis: 1,
        chunk: side.step,
    };
    let product = EinSum::new("mk,nk->mn".parse()?, f32::datum_type());
    let x = one(&mut body, "x.row".to_owned(), AxisOp::Rm(1), &[x])?;
    let hidden = one(&mut body, "hidden.row".to_owned(), AxisOp::Rm(1), &[hidden])?;
    let cell = one(&mut body, "cell.row".to_owned(), AxisOp::Rm(1), &[cell])?;
    let sum = one(&mut body, "of_x".to_owned(), product.clone(), &[x, input])?;
    let of_state = one(&mut body, "of_state".to_owned(), product, &[hidden, state])?;
    let sum = one(&mut body, "sum".to_owned(), math::add(), &[sum, of_state])?;
    let sum = one(
        &mut body,
        "gates".to_owned(),
        math::add(),
        &[sum, bias_of_step],
    )?;
    let epilogue = LstmEpilogue {
        hidden: side.sizes.hidden,
    };
    let made = body.wire_node("epilogue", epilogue, &[sum, cell])?;
    let hidden = one(
        &mut body,
        "hidden.step".to_owned(),
        AxisOp::Add(1),
        &made[..1],
    )?;
    let cell = one(
        &mut body,
        "cell.step".to_owned(),
        AxisOp::Add(1),
        &made[1..2],
    )?;
    body.select_output_outlets(&[hidden, cell])?;

    let mapping = |last: Option<usize>, scan: Option<(usize, ScanInfo)>| OutputMapping {
        scan,
        full_dim_hint: None,
        last_value_slot: last,
        state: true,
    };
    let from = vec![
        InputMapping::Scan(scanned),
        InputMapping::Full,
        InputMapping::Full,
        InputMapping::Full,
        InputMapping::State,
        InputMapping::State,
    ];
    let to = vec![mapping(Some(1), Some((0, scanned))), mapping(None, None)];
    let mut scan = Scan::new(body, from, to, 0)?;
    scan.reset_every_turn = true;
    let inputs = [side.x, side.input, side.state, bias, zeros[0], zeros[1]];
    let made = model.wire_node(format!("{name}.lstm"), scan, &inputs)?;
    Ok([made[0], made[1]])
}

impl Side<'_> {
    /// A state of zeros: `[batch, 1, hidden]`.
    fn zeros(&self, model: &mut TypedModel, what: &str) -> TractResult<OutletId> {
        let shape = [self.sizes.batch, 1, self.sizes.hidden];
        let zeros = Tensor::zero::<f32>(&shape)?;
        model.add_const(format!("{}.{what}", self.name), zeros)
    }
}

/// A node of one output.
fn one(
    model: &mut TypedModel,
    name: String,
    op: impl Into<Box<dyn tract_hir::internal::TypedOp>>,
    inputs: &[OutletId],
) -> TractResult<OutletId> {
    Ok(model.wire_node(name, op, inputs)?[0])
}
