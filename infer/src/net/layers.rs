//! The operators that have windows or weights: convolutions, pools, products.
use super::attributes::Node;
use tract_hir::{
    internal::{
        AxesMapping, Expansion, OutletId, SpecialOps, TVec, TractResult, TypedModel, bail, ensure,
        tensor0, tvec,
    },
    ops::{
        cnn::{Conv, HirMaxPool, PaddingSpec, PoolSpec},
        nn::{self, DataFormat},
    },
    tract_core::ops::{change_axes::wire_with_rank_broadcast, einsum::EinSum, math},
};

pub(super) fn convolution(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let (x, kernel) = (model.outlet_fact(inputs[0])?, model.outlet_fact(inputs[1])?);
    let spatial = x.rank().saturating_sub(2);
    let group = usize::try_from(node.int("group")?.unwrap_or(1))?;
    let sizes = kernel.shape.as_concrete().unwrap_or_default();
    let declared = node.sizes("kernel_shape")?;
    ensure!(
        spatial > 0 && sizes.len() == x.rank() && group > 0 && sizes[0] % group == 0,
        "{x:?} by {kernel:?} in {group} groups"
    );
    ensure!(
        declared.is_none_or(|declared| declared[..] == sizes[2..]),
        "its kernel is {:?}",
        &sizes[2..]
    );
    if let Some(&bias) = inputs.get(2) {
        let bias = model.outlet_fact(bias)?.shape.as_concrete();
        ensure!(
            bias == Some(&sizes[..1]),
            "{bias:?} for {} channels",
            sizes[0]
        );
    }
    let windows = Windows::read(node, spatial)?;
    let padding = match windows.pads {
        Some((before, after)) => PaddingSpec::Explicit(before, after),
        None => windows.automatic,
    };
    let op = Conv {
        padding,
        strides: windows.strides,
        dilations: windows.dilations,
        group: Some(group),
        bias_input: (inputs.len() == 3).then_some(2),
        ..Conv::default()
    };
    op.wire(&node.name, model, inputs)
}

pub(super) fn max_pool(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let kernel = node.sizes("kernel_shape")?.unwrap_or_default();
    let x = model.outlet_fact(inputs[0])?;
    ensure!(
        x.rank() == kernel.len() + 2 && !kernel.is_empty(),
        "windows of {kernel:?} on {x:?}"
    );
    let windows = Windows::read(node, kernel.len())?;
    // How indices are counted, which are not given.
    node.int("storage_order")?;
    let round_up = node.flag("ceil_mode")?.unwrap_or(false);
    let padding = match windows.pads {
        Some((before, after)) => PaddingSpec::ExplicitOnnxPool(before, after, round_up),
        None => {
            ensure!(!round_up, "`ceil_mode` beside `auto_pad`");
            windows.automatic
        }
    };
    let pool = PoolSpec::new(
        DataFormat::NCHW,
        kernel.into(),
        padding,
        windows.dilations,
        windows.strides,
        0,
        0,
    );
    HirMaxPool::new(pool, None).wire(&node.name, model, inputs)
}

/// Where windows lie, as Conv and MaxPool both say it.
struct Windows {
    strides: Option<TVec<usize>>,
    dilations: Option<TVec<usize>>,
    /// None when `automatic` holds.
    pads: Option<(TVec<usize>, TVec<usize>)>,
    automatic: PaddingSpec,
}

impl Windows {
    fn read(node: &Node<'_>, axes: usize) -> TractResult<Self> {
        let strides = node.sizes("strides")?.map(TVec::from);
        let dilations = node.sizes("dilations")?.map(TVec::from);
        for steps in [&strides, &dilations].into_iter().flatten() {
            let fits = steps.len() == axes && steps.iter().all(|&step| step > 0);
            ensure!(fits, "steps of {steps:?} on {axes} axes");
        }
        let (automatic, explicit) = match node.text("auto_pad")? {
            None | Some("NOTSET") => (PaddingSpec::Valid, true),
            Some("VALID") => (PaddingSpec::Valid, false),
            Some("SAME_UPPER") => (PaddingSpec::SameUpper, false),
            Some("SAME_LOWER") => (PaddingSpec::SameLower, false),
            Some(other) => bail!("no padding is called {other}"),
        };
        let pads = node.sizes("pads")?;
        let pads = if explicit {
            let pads = pads.unwrap_or_else(|| vec![0; 2 * axes]);
            ensure!(pads.len() == 2 * axes, "pads of {pads:?} on {axes} axes");
            Some((pads[..axes].into(), pads[axes..].into()))
        } else {
            None
        };
        Ok(Self {
            strides,
            dilations,
            pads,
            automatic,
        })
    }
}

pub(super) fn global_average(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let x = model.outlet_fact(inputs[0])?;
    ensure!(x.rank() > 2, "no place to average over in {x:?}");
    nn::GlobalAvgPool.wire(&node.name, model, inputs)
}

/// `alpha * A * B + beta * C`, either matrix as it is or transposed.
pub(super) fn gemm(
    node: &Node<'_>,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let transposed_a = node.flag("transA")?.unwrap_or(false);
    let transposed_b = node.flag("transB")?.unwrap_or(false);
    let (a, b) = (model.outlet_fact(inputs[0])?, model.outlet_fact(inputs[1])?);
    let element = a.datum_type;
    let (along_a, along_b) = (usize::from(!transposed_a), usize::from(transposed_b));
    ensure!(
        a.rank() == 2
            && b.rank() == 2
            && a.shape[along_a] == b.shape[along_b]
            && b.datum_type == element,
        "{a:?} and {b:?} have no product"
    );
    let axes = AxesMapping::for_numpy_matmul(2, transposed_a, transposed_b, false)?;
    let name = format!("{}.product", node.name);
    let mut outlet = model.wire_node(name, EinSum::new(axes, element), &inputs[..2])?;
    let alpha = node.float("alpha")?.unwrap_or(1.0);
    outlet = scaled(node, model, "alpha", outlet[0], alpha)?;
    let beta = node.float("beta")?.unwrap_or(1.0);
    if let Some(&bias) = inputs.get(2).filter(|_| beta != 0.0) {
        let bias = scaled(node, model, "beta", bias, beta)?;
        outlet = wire_with_rank_broadcast(&node.name, model, math::add(), &[outlet[0], bias[0]])?;
    }
    Ok(outlet)
}

fn scaled(
    node: &Node<'_>,
    model: &mut TypedModel,
    what: &str,
    outlet: OutletId,
    by: f32,
) -> TractResult<TVec<OutletId>> {
    if by == 1.0 {
        return Ok(tvec!(outlet));
    }
    let factor = model.add_const(format!("{}.{what}", node.name), tensor0(by))?;
    let name = format!("{}.by_{what}", node.name);
    wire_with_rank_broadcast(name, model, math::mul(), &[factor, outlet])
}
