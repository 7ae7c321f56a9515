//! The operators that a board runs: those that the graphs of `needledrop train` are made of.
//!
//! tract's own table of ONNX operators names 180, and a table keeps all it names in the program (docs/benchmarks.md
//! says how much that is). Here each operator has a line, and the linker drops what no line names. What an operator
//! means is the ONNX specification's word, operator set 13 and later; shapes are known, so a check that inference would
//! make is made here, where tract would stop with a panic.
use super::{
    attributes::{Node, integers, resolve},
    layers, recurrent,
};
use onnx_protobuf::tensor_proto::DataType;
use std::ops::RangeInclusive;
use tract_hir::{
    internal::{
        DatumType, Expansion, OutletId, SpecialOps, TVec, ToDim, TractResult, TypedModel, bail,
        ensure, tvec,
    },
    ops::{
        activations, array,
        binary::InferenceBinOp,
        element_wise::ElementWiseOp,
        matmul::MatMulInference,
        nn::{self, Reducer},
    },
    tract_core::ops::{
        array::{StridedSlice, Topk},
        binary::BinMiniOp,
        cast,
        change_axes::wire_with_rank_broadcast,
        element_wise, math,
    },
};

/// What is added to a model: the node's inputs that have names, in order, give its outputs.
type Wire = fn(&Node<'_>, &mut TypedModel, &[OutletId]) -> TractResult<TVec<OutletId>>;

/// One line of the table.
pub(super) struct Operator {
    name: &'static str,
    pub(super) inputs: RangeInclusive<usize>,
    pub(super) wire: Wire,
}

const fn operator(name: &'static str, inputs: RangeInclusive<usize>, wire: Wire) -> Operator {
    Operator { name, inputs, wire }
}

/// In the order of the alphabet.
static OPERATORS: [Operator; 38] = [
    operator("Abs", 1..=1, |n, m, i| unary(n, m, i, math::abs())),
    operator("Add", 2..=2, |n, m, i| binary(n, m, i, math::Add)),
    operator("Cast", 1..=1, cast),
    operator("Clip", 1..=3, clip),
    operator("Concat", 1..=usize::MAX, concat),
    operator("Conv", 2..=3, layers::convolution),
    operator("Div", 2..=2, |n, m, i| binary(n, m, i, math::Div)),
    operator("Exp", 1..=1, |n, m, i| unary(n, m, i, math::exp())),
    operator("Flatten", 1..=1, flatten),
    operator("GRU", 4..=4, recurrent::gru),
    operator("Gather", 2..=2, gather),
    operator("Gemm", 2..=3, layers::gemm),
    operator("GlobalAveragePool", 1..=1, layers::global_average),
    operator("Identity", 1..=1, |_, _, i| Ok(i.into())),
    operator("LSTM", 4..=4, recurrent::lstm),
    operator("Log", 1..=1, |n, m, i| unary(n, m, i, math::ln())),
    operator("MatMul", 2..=2, mat_mul),
    operator("Max", 2..=2, |n, m, i| binary(n, m, i, math::Max)),
    operator("MaxPool", 1..=1, layers::max_pool),
    operator("Min", 2..=2, |n, m, i| binary(n, m, i, math::Min)),
    operator("Mul", 2..=2, |n, m, i| binary(n, m, i, math::Mul)),
    operator("Neg", 1..=1, |n, m, i| unary(n, m, i, math::neg())),
    operator("ReduceMax", 1..=2, |n, m, i| reduce(n, m, i, Reducer::Max)),
    operator("ReduceMean", 1..=2, |n, m, i| {
        reduce(n, m, i, Reducer::Mean)
    }),
    operator("ReduceMin", 1..=2, |n, m, i| reduce(n, m, i, Reducer::Min)),
    operator("ReduceSum", 1..=2, |n, m, i| reduce(n, m, i, Reducer::Sum)),
    operator("Relu", 1..=1, |n, m, i| {
        activations::Clip::new(Some(0.0), None).wire(&n.name, m, i)
    }),
    operator("Reshape", 2..=2, |n, m, i| {
        let allow_zero = n.flag("allowzero")?.unwrap_or(false);
        array::Reshape::new(allow_zero).wire(&n.name, m, i)
    }),
    operator("Sigmoid", 1..=1, |n, m, i| unary(n, m, i, nn::sigmoid())),
    operator("Slice", 3..=5, slice),
    operator("Softmax", 1..=1, softmax),
    operator("Sqrt", 1..=1, |n, m, i| unary(n, m, i, math::sqrt())),
    operator("Squeeze", 1..=2, squeeze),
    operator("Sub", 2..=2, |n, m, i| binary(n, m, i, math::Sub)),
    operator("Tanh", 1..=1, |n, m, i| unary(n, m, i, math::tanh())),
    operator("TopK", 2..=2, top_k),
    operator("Transpose", 1..=1, transpose),
    operator("Unsqueeze", 2..=2, unsqueeze),
];

/// The line of an operator; none for one that no board runs.
pub(super) fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|it| it.name == name)
}

fn unary(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
    op: element_wise::ElementWiseOp,
) -> TractResult<TVec<OutletId>> {
    ElementWiseOp(op.0).wire(&node.name, model, inputs)
}

fn binary(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
    op: impl BinMiniOp,
) -> TractResult<TVec<OutletId>> {
    InferenceBinOp(Box::new(op)).wire(&node.name, model, inputs)
}

fn cast(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let to = match node.int("to")? {
        Some(it) if it == DataType::FLOAT as i64 => DatumType::F32,
        Some(it) if it == DataType::INT64 as i64 => DatumType::I64,
        other => bail!("`to` is {other:?}; floats (1) and whole numbers (7) are known"),
    };
    // About float8 alone.
    node.int("saturate")?;
    model.wire_node(&node.name, cast::cast(to), inputs)
}

fn concat(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let Some(axis) = node.int("axis")? else {
        bail!("no `axis`");
    };
    array::Concat::new(axis).wire(&node.name, model, inputs)
}

fn clip(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let mut outlet = tvec!(inputs[0]);
    if let Some(least) = node.input(1) {
        let name = format!("{}.least", node.name);
        outlet = wire_with_rank_broadcast(name, model, math::max(), &[outlet[0], inputs[least]])?;
    }
    if let Some(most) = node.input(2) {
        let name = format!("{}.most", node.name);
        outlet = wire_with_rank_broadcast(name, model, math::min(), &[outlet[0], inputs[most]])?;
    }
    Ok(outlet)
}

fn mat_mul(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let (a, b) = (model.outlet_fact(inputs[0])?, model.outlet_fact(inputs[1])?);
    let shared = match b.rank() {
        0 => None,
        1 => b.shape.first(),
        rank => b.shape.get(rank - 2),
    };
    ensure!(
        shared.is_some() && a.shape.last() == shared && a.datum_type == b.datum_type,
        "{a:?} and {b:?} have no product"
    );
    MatMulInference::default().wire(&node.name, model, inputs)
}

fn reduce(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
    reducer: Reducer,
) -> TractResult<TVec<OutletId>> {
    // Which of them has its axes as an input depends on the operator set; either says what it means.
    let axes = match inputs.get(1) {
        Some(&axes) => Some(integers(model, axes)?),
        None => node.ints("axes")?.map(<[i64]>::to_vec),
    };
    let axes = axes.filter(|axes: &Vec<i64>| !axes.is_empty());
    let keep = node.flag("keepdims")?.unwrap_or(true);
    if node.flag("noop_with_empty_axes")? == Some(true) && axes.is_none() {
        return Ok(tvec!(inputs[0]));
    }
    nn::Reduce::new(axes, keep, reducer).wire(&node.name, model, &inputs[..1])
}

fn softmax(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let axis = node.int("axis")?.unwrap_or(-1);
    let axis = resolve(axis, model.outlet_fact(inputs[0])?.rank())?;
    nn::Softmax::new(axis as isize).wire(&node.name, model, inputs)
}

fn flatten(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let axis = node.int("axis")?.unwrap_or(1);
    // One more than the axes there are: behind all of them.
    let rank = model.outlet_fact(inputs[0])?.rank() as i64;
    ensure!(
        (-rank..=rank).contains(&axis),
        "no axis {axis} among {rank}"
    );
    array::Flatten::new(axis).wire(&node.name, model, inputs)
}

fn gather(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let axis = node.int("axis")?.unwrap_or(0);
    let fact = model.outlet_fact(inputs[0])?;
    let axis = resolve(axis, fact.rank())?;
    // tract would read past the axis. Indices that the graph computes are those of TopK, which has them in range.
    if model.outlet_fact(inputs[1])?.konst.is_some() {
        let length = fact.shape[axis].to_i64()?;
        for index in integers(model, inputs[1])? {
            ensure!(
                (-length..length).contains(&index),
                "index {index} of an axis of {length}"
            );
        }
    }
    array::Gather::new(axis as i64).wire(&node.name, model, inputs)
}

fn slice(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let rank = model.outlet_fact(inputs[0])?.rank();
    // All are constants: of computed ones tract would drop the steps.
    let starts = integers(model, inputs[1])?;
    let ends = integers(model, inputs[2])?;
    let axes = node.input(3).map(|place| integers(model, inputs[place]));
    let axes = axes.unwrap_or_else(|| Ok((0..starts.len() as i64).collect()))?;
    let steps = node.input(4).map(|place| integers(model, inputs[place]));
    let steps = steps.unwrap_or_else(|| Ok(vec![1; starts.len()]))?;
    ensure!(
        [ends.len(), axes.len(), steps.len()] == [starts.len(); 3],
        "{} starts, {} ends, {} axes and {} steps",
        starts.len(),
        ends.len(),
        axes.len(),
        steps.len()
    );
    for axis in axes {
        resolve(axis, rank)?;
    }
    ensure!(!steps.contains(&0), "a step of 0");
    let op = StridedSlice {
        begin_mask: 0,
        end_mask: 0,
        shrink_axis_mask: 0,
        optional_axes_input: node.input(3),
        optional_steps_input: node.input(4),
    };
    model.wire_node(&node.name, op, inputs)
}

fn squeeze(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let rank = model.outlet_fact(inputs[0])?.rank();
    let axes = inputs.get(1).map(|&axes| {
        let axes = integers(model, axes)?;
        let axes = axes
            .into_iter()
            .map(|axis| Ok(resolve(axis, rank)? as isize));
        axes.collect::<TractResult<Vec<_>>>()
    });
    array::Squeeze::new(axes.transpose()?).wire(&node.name, model, &inputs[..1])
}

fn unsqueeze(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let axes = integers(model, inputs[1])?;
    let rank = model.outlet_fact(inputs[0])?.rank() + axes.len();
    let axes = axes
        .into_iter()
        .map(|axis| Ok(resolve(axis, rank)? as isize));
    let axes = axes.collect::<TractResult<Vec<_>>>()?;
    array::AddDims::new(axes).wire(&node.name, model, &inputs[..1])
}

fn transpose(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let order = node.sizes("perm")?;
    if let Some(order) = &order {
        let rank = model.outlet_fact(inputs[0])?.rank();
        let all = (0..rank).all(|axis| order.contains(&axis));
        ensure!(
            all && order.len() == rank,
            "{order:?} is no order of {rank} axes"
        );
    }
    array::PermuteAxes::new(order.map(TVec::from)).wire(&node.name, model, inputs)
}

fn top_k(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let axis = node.int("axis")?.unwrap_or(-1);
    let x = model.outlet_fact(inputs[0])?;
    let axis = resolve(axis, x.rank())?;
    let values = x.shape[axis].to_i64()?;
    let k = integers(model, inputs[1])?;
    ensure!(
        matches!(k[..], [k] if (0..=values).contains(&k)),
        "{k:?} of {values} values"
    );
    // tract sorts; without the wish any order would do.
    node.flag("sorted")?;
    let op = Topk {
        axis,
        largest: node.flag("largest")?.unwrap_or(true),
        fallback_k: k[0].to_dim(),
    };
    model.wire_node(&node.name, op, inputs)
}

#[cfg(test)]
mod tests {
    use super::{OPERATORS, find};

    #[test]
    fn the_table_is_in_order_and_each_line_is_found() {
        assert!(OPERATORS.is_sorted_by(|a, b| a.name < b.name));
        for operator in &OPERATORS {
            assert_eq!(find(operator.name).map(|it| it.name), Some(operator.name));
        }
        assert!(find("NonMaxSuppression").is_none());
    }
}
