//! A node's attributes and constant inputs, by name and type.
use onnx_protobuf::{AttributeProto, NodeProto, attribute_proto::AttributeType};
use std::cell::RefCell;
use tract_hir::internal::{OutletId, TractResult, TypedModel, anyhow, bail, ensure};

/// A node.
pub(super) struct Node<'a> {
    pub(super) proto: &'a NodeProto,
    /// Begins the names of its parts in the model. The file's names may clash with those of parts; this begins with the
    /// node's place in the file.
    pub(super) name: String,
    /// Attributes that the operator asked for.
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Node<'a> {
    pub(super) fn new(place: usize, proto: &'a NodeProto) -> Self {
        Self {
            proto,
            name: format!("{place} {}", name(proto)),
            known: RefCell::default(),
        }
    }

    /// One whole number.
    pub(super) fn int(&self, name: &'static str) -> TractResult<Option<i64>> {
        let found = self.attribute(name, AttributeType::INT)?;
        Ok(found.map(|it| it.i))
    }

    /// A whole number that says no or yes.
    pub(super) fn flag(&self, name: &'static str) -> TractResult<Option<bool>> {
        match self.int(name)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(other) => bail!("`{name}` is {other}, not 0 or 1"),
        }
    }

    /// Whole numbers.
    pub(super) fn ints(&self, name: &'static str) -> TractResult<Option<&'a [i64]>> {
        let found = self.attribute(name, AttributeType::INTS)?;
        Ok(found.map(|it| it.ints.as_slice()))
    }

    /// Whole numbers that count something.
    pub(super) fn sizes(&self, name: &'static str) -> TractResult<Option<Vec<usize>>> {
        let size = |&int: &i64| {
            usize::try_from(int).map_err(|_| anyhow!("`{name}` has {int}, which counts nothing"))
        };
        let found = self.ints(name)?;
        let found = found.map(|ints| ints.iter().map(size).collect());
        found.transpose()
    }

    /// One number.
    pub(super) fn float(&self, name: &'static str) -> TractResult<Option<f32>> {
        let found = self.attribute(name, AttributeType::FLOAT)?;
        Ok(found.map(|it| it.f))
    }

    /// A word.
    pub(super) fn text(&self, name: &'static str) -> TractResult<Option<&'a str>> {
        let found = self.attribute(name, AttributeType::STRING)?;
        Ok(found.map(|it| str::from_utf8(&it.s)).transpose()?)
    }

    fn attribute(
        &self,
        name: &'static str,
        kind: AttributeType,
    ) -> TractResult<Option<&'a AttributeProto>> {
        self.known.borrow_mut().push(name);
        let found = self.proto.attribute.iter().find(|it| it.name == name);
        if let Some(found) = found {
            let actual = found.type_;
            ensure!(
                actual == kind.into(),
                "`{name}` is {actual:?}, not {kind:?}"
            );
        }
        Ok(found)
    }

    /// An attribute that the operator never asked for would change what the node means, and nobody would know.
    pub(super) fn refuse_unknown(&self) -> TractResult<()> {
        let known = self.known.borrow();
        let unknown = |it: &&AttributeProto| !known.contains(&it.name.as_str());
        match self.proto.attribute.iter().find(unknown) {
            None => Ok(()),
            Some(unknown) => bail!("its `{}` is not followed", unknown.name),
        }
    }

    /// Which of the inputs that are there is the one at this place; an optional input has a name when it is there.
    pub(super) fn input(&self, place: usize) -> Option<usize> {
        let names = &self.proto.input;
        names.get(place).filter(|name| !name.is_empty())?;
        let before = names[..place].iter().filter(|name| !name.is_empty());
        Some(before.count())
    }
}

/// What the file calls a node, or one without a name by its first output.
pub(super) fn name(proto: &NodeProto) -> &str {
    let named = |it: &&String| !it.is_empty();
    let output = || proto.output.iter().find(named);
    let name = Some(&proto.name).filter(named).or_else(output);
    name.map_or("", String::as_str)
}

/// The whole numbers of a weight.
pub(super) fn integers(model: &TypedModel, outlet: OutletId) -> TractResult<Vec<i64>> {
    let fact = model.outlet_fact(outlet)?;
    let value = fact.konst.as_ref();
    let value = value.ok_or_else(|| anyhow!("axes and sizes that the graph computes"))?;
    let value = value.cast_to::<i64>()?;
    Ok(value.try_as_plain_ram()?.as_slice::<i64>()?.to_vec())
}

/// An axis, which counts from the end when negative.
pub(super) fn resolve(axis: i64, rank: usize) -> TractResult<usize> {
    let counted = if axis < 0 {
        axis.saturating_add(rank as i64)
    } else {
        axis
    };
    let counted = usize::try_from(counted).ok().filter(|&axis| axis < rank);
    counted.ok_or_else(|| anyhow!("no axis {axis} among {rank}"))
}

#[cfg(test)]
mod tests {
    use super::{Node, resolve};
    use onnx_protobuf::NodeProto;

    #[test]
    fn axes_count_from_either_end() {
        assert_eq!(resolve(-1, 3).ok(), Some(2));
        assert_eq!(resolve(2, 3).ok(), Some(2));
        assert!(resolve(3, 3).is_err());
        assert!(resolve(-4, 3).is_err());
        assert!(resolve(i64::MIN, 3).is_err());
    }

    #[test]
    fn inputs_without_a_name_are_not_there() {
        let proto = NodeProto {
            input: ["x", "", "most"].map(str::to_owned).to_vec(),
            output: ["", "y"].map(str::to_owned).to_vec(),
            ..NodeProto::default()
        };
        let node = Node::new(7, &proto);
        assert_eq!(node.name, "7 y");
        assert_eq!(
            [0, 1, 2, 3].map(|it| node.input(it)),
            [Some(0), None, Some(1), None]
        );
    }
}
