//! An ONNX graph as tract's own, node by node.
//!
//! Batch is 1 and every weight is in the file, so each node's shapes are known when its turn comes: nothing is inferred
//! backwards, and tract's inference of unknown shapes stays out of the program. So do the operators that
//! [`super::operators`] does not list.
use super::{
    attributes::{Node, name},
    operators::{self, Operator},
    weights,
};
use crate::Error;
use onnx_protobuf::{GraphProto, ModelProto};
use std::{collections::HashMap, ops::RangeInclusive};
use tract_hir::internal::{
    OutletId, SpecialOps, TractError, TractResult, TypedFact, TypedModel, anyhow, bail, ensure,
};

/// The oldest and newest operator sets whose operators mean what [`super::operators`] takes them for.
const OPERATOR_SETS: RangeInclusive<i64> = 13..=21;

/// A graph and where its values are in it.
pub(super) struct Translation {
    pub(super) model: TypedModel,
    outlets: HashMap<String, OutletId>,
}

impl Translation {
    /// Translates `graph`, whose one input that is no weight is `x`.
    ///
    /// # Errors
    /// [`Error::Operator`] for an operator that no board runs; `at` makes an error of tract's words.
    pub(super) fn new(
        proto: &ModelProto,
        graph: &GraphProto,
        x: TypedFact,
        at: impl Fn(TractError) -> Error,
    ) -> Result<Self, Error> {
        let nodes = graph.node.iter().enumerate().map(|(place, node)| {
            let operator = operators::find(&node.op_type).ok_or_else(|| Error::Operator {
                operator: node.op_type.clone(),
                node: name(node).to_owned(),
            })?;
            Ok((Node::new(place, node), operator))
        });
        let nodes = nodes.collect::<Result<Vec<_>, Error>>()?;
        check_operator_set(proto).map_err(&at)?;
        let mut translation = Self::of_inputs(graph, x).map_err(&at)?;
        for (node, operator) in nodes {
            translation
                .add(&node, operator)
                .map_err(|failed| {
                    failed.context(format!("{} `{}`", node.proto.op_type, name(node.proto)))
                })
                .map_err(&at)?;
        }
        Ok(translation)
    }

    /// `x` and the weights.
    fn of_inputs(graph: &GraphProto, x: TypedFact) -> TractResult<Self> {
        let mut model = TypedModel::default();
        let mut outlets = HashMap::new();
        outlets.insert("x".to_owned(), model.add_source("x", x)?);
        for tensor in &graph.initializer {
            let value = weights::read(tensor)
                .map_err(|failed| failed.context(format!("weight `{}`", tensor.name)))?;
            let outlet = model.add_const(format!("weight {}", tensor.name), value)?;
            ensure!(
                outlets.insert(tensor.name.clone(), outlet).is_none(),
                "`{}` is there twice",
                tensor.name
            );
        }
        Ok(Self { model, outlets })
    }

    fn add(&mut self, node: &Node<'_>, operator: &Operator) -> TractResult<()> {
        let proto = node.proto;
        ensure!(
            ["", "ai.onnx"].contains(&proto.domain.as_str()),
            "it is of the domain `{}`, not of ONNX itself",
            proto.domain
        );
        let needed = proto.input.iter().take(*operator.inputs.start());
        ensure!(
            needed.clone().all(|name| !name.is_empty()),
            "one of its first {} inputs is left out",
            operator.inputs.start()
        );
        let inputs = proto
            .input
            .iter()
            .filter(|name| !name.is_empty())
            .map(|name| {
                let outlet = self.outlets.get(name).copied();
                outlet.ok_or_else(|| anyhow!("no node before it makes its input `{name}`"))
            })
            .collect::<TractResult<Vec<_>>>()?;
        ensure!(
            operator.inputs.contains(&inputs.len()),
            "it has {} inputs, it takes {} to {}",
            inputs.len(),
            operator.inputs.start(),
            operator.inputs.end()
        );
        let made = (operator.wire)(node, &mut self.model, &inputs)?;
        node.refuse_unknown()?;
        for (place, name) in node.proto.output.iter().enumerate() {
            if name.is_empty() {
                continue;
            }
            let Some(&outlet) = made.get(place) else {
                bail!("it has no output for `{name}`");
            };
            ensure!(
                self.outlets.insert(name.clone(), outlet).is_none(),
                "`{name}` is there twice"
            );
        }
        Ok(())
    }

    /// Where a value is.
    pub(super) fn outlet(&self, name: &str) -> Option<OutletId> {
        self.outlets.get(name).copied()
    }

    /// Dimensions of a value; none when it is not in the graph.
    pub(super) fn dims(&self, name: &str) -> Option<Vec<usize>> {
        let fact = self.model.outlet_fact(self.outlet(name)?).ok()?;
        fact.shape.as_concrete().map(<[usize]>::to_vec)
    }
}

fn check_operator_set(proto: &ModelProto) -> TractResult<()> {
    let imports = proto.opset_import.iter();
    let mut standard = imports.filter(|it| it.domain.is_empty() || it.domain == "ai.onnx");
    let Some(version) = standard.next().map(|it| it.version) else {
        bail!("it names no operator set");
    };
    ensure!(
        OPERATOR_SETS.contains(&version),
        "it uses operator set {version}, this program knows {} to {}",
        OPERATOR_SETS.start(),
        OPERATOR_SETS.end()
    );
    Ok(())
}
