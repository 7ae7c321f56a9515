//! Graphs read by our table of operators give what the same graphs give when tract-onnx reads them.
use crate::{
    graphs::{model, node, weight},
    net::noise,
};
use needledrop_bundle::Window;
use needledrop_infer::Net;
use onnx_protobuf::{Message, NodeProto, TensorProto, tensor_proto::DataType};
use tract_onnx::prelude::{
    DatumType, Framework as _, InferenceFact, InferenceModelExt as _, IntoRunnable as _, Tensor,
    tvec,
};

const FRAMES: usize = 8;
const BANDS: usize = 6;

fn values(name: &str, seed: u32, dims: &[i64]) -> TensorProto {
    let count = usize::try_from(dims.iter().product::<i64>()).unwrap();
    weight(name, dims, &noise(seed, count))
}

fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: vec![values.len() as i64],
        data_type: DataType::INT64 as i32,
        raw_data: values.iter().flat_map(|it| it.to_le_bytes()).collect(),
        ..Default::default()
    }
}

/// `x` in decibels as `[N, 1, frames, bands]`, then the nodes in between, then all of `last` into two classes.
fn around(between: Vec<NodeProto>, last: &str, weights: Vec<TensorProto>, left: i64) -> Vec<u8> {
    let mut nodes = vec![
        node("Cast", &["x"], &["cast"], &[("to", &[1])]),
        node("Mul", &["cast", "step"], &["rows"], &[]),
        node("Unsqueeze", &["rows", "channel"], &["image"], &[]),
    ];
    nodes.extend(between);
    nodes.push(node("Flatten", &[last], &["flat"], &[]));
    nodes.push(node("Gemm", &["flat", "head", "bias"], &["logits"], &[]));
    let mut all = vec![
        weight("step", &[], &[1.0 / 256.0]),
        integers("channel", &[1]),
        values("head", 90, &[left, 2]),
        values("bias", 91, &[2]),
    ];
    all.extend(weights);
    let model = model(nodes, all, &[FRAMES as i64, BANDS as i64], 2);
    model.write_to_bytes().unwrap()
}

fn agrees(name: &str, onnx: &[u8]) {
    let window = Window {
        frames: FRAMES,
        hop: FRAMES,
        bands: BANDS,
    };
    let x: Vec<i16> = noise(7, FRAMES * BANDS)
        .iter()
        .map(|value| (value * 4_000.0) as i16)
        .collect();
    let net = Net::load(onnx, &window, 2);
    let mut net = net.map_err(|error| format!("{name}: {error}")).unwrap();
    let mut ours = vec![0.0; 2];
    net.logits(&x, &mut ours).unwrap();
    let theirs = tract_onnx::onnx()
        .model_for_read(&mut &*onnx)
        .and_then(|model| {
            model.with_input_fact(
                0,
                InferenceFact::dt_shape(DatumType::I16, [1, FRAMES, BANDS]),
            )
        })
        .and_then(|model| model.into_optimized())
        .and_then(|model| model.into_runnable())
        .unwrap();
    let x = Tensor::from_shape(&[1, FRAMES, BANDS], &x).unwrap();
    let theirs = theirs.run(tvec!(x.into())).unwrap();
    let theirs = theirs[0]
        .try_as_plain_ram()
        .unwrap()
        .as_slice::<f32>()
        .unwrap()
        .to_vec();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let allowed = 1e-5 * theirs.abs().max(1.0);
        assert!((ours - theirs).abs() <= allowed, "{name}: {ours} {theirs}");
    }
    assert!(ours[0] != ours[1], "{name}: {ours:?} says nothing");
}

#[test]
fn convolutions_and_pools() {
    let pads: (&str, &[i64]) = ("pads", &[1, 0, 2, 1]);
    let nodes = vec![
        node(
            "Conv",
            &["image", "k", "b"],
            &["c"],
            &[pads, ("strides", &[2, 1])],
        ),
        node("Relu", &["c"], &["r"], &[]),
        node(
            "MaxPool",
            &["r"],
            &["p"],
            &[("kernel_shape", &[2, 2]), ("strides", &[1, 2])],
        ),
        node("Conv", &["p", "depth"], &["d"], &[("group", &[4]), pads]),
    ];
    let weights = vec![
        values("k", 1, &[4, 1, 3, 3]),
        values("b", 2, &[4]),
        values("depth", 3, &[4, 1, 2, 2]),
    ];
    // 8 x 6 -> (8 + 3 - 3) / 2 + 1 = 5 by 6 + 1 - 3 + 1 = 5 -> 4 by 2 -> 4 + 3 - 1 = 6 by 2 + 1 - 1 = 2, 4 channels.
    agrees("convolutions", &around(nodes, "d", weights, 48));
    let nodes = vec![
        node("Conv", &["image", "k"], &["c"], &[("dilations", &[2, 1])]),
        node("GlobalAveragePool", &["c"], &["g"], &[]),
    ];
    agrees(
        "dilated",
        &around(nodes, "g", vec![values("k", 4, &[5, 1, 3, 2])], 5),
    );
}

#[test]
fn rows_picked_cut_and_put_together() {
    let nodes = vec![
        node(
            "Slice",
            &["rows", "start", "end", "axes", "steps"],
            &["cut"],
            &[],
        ),
        node("Gather", &["rows", "picked"], &["got"], &[("axis", &[1])]),
        node("Transpose", &["got"], &["turned"], &[("perm", &[0, 2, 1])]),
        node(
            "Transpose",
            &["cut"],
            &["cut turned"],
            &[("perm", &[0, 2, 1])],
        ),
        node(
            "Concat",
            &["turned", "cut turned"],
            &["both"],
            &[("axis", &[-1])],
        ),
        node("Softmax", &["both"], &["soft"], &[("axis", &[1])]),
    ];
    let weights = vec![
        integers("start", &[1]),
        integers("end", &[-1]),
        integers("axes", &[1]),
        integers("steps", &[2]),
        integers("picked", &[-1, 0, 3]),
    ];
    agrees(
        "rows",
        &around(nodes, "soft", weights, (3 + 3) * BANDS as i64),
    );
}

#[test]
fn statistics_of_a_window() {
    let nodes = vec![
        node("ReduceMean", &["rows"], &["mean"], &[("axes", &[1, 2])]),
        node("Sub", &["rows", "mean"], &["left"], &[]),
        node("Mul", &["left", "left"], &["squares"], &[]),
        node(
            "ReduceMean",
            &["squares"],
            &["variance"],
            &[("axes", &[1, 2])],
        ),
        node("Sqrt", &["variance"], &["deviation"], &[]),
        node("Max", &["deviation", "least"], &["divisor"], &[]),
        node("Div", &["left", "divisor"], &["normal"], &[]),
        node("Clip", &["normal", "low", ""], &["clipped"], &[]),
        node("Tanh", &["clipped"], &["bent"], &[]),
        node("MatMul", &["bent", "mixing"], &["mixed"], &[]),
        node(
            "ReduceSum",
            &["mixed", "bands"],
            &["sums"],
            &[("keepdims", &[0])],
        ),
    ];
    let weights = vec![
        weight("least", &[], &[1.0]),
        weight("low", &[], &[-0.5]),
        values("mixing", 5, &[BANDS as i64, 4]),
        integers("bands", &[-2]),
    ];
    agrees("statistics", &around(nodes, "sums", weights, 4));
}

#[test]
fn recurrent_layers_with_all_their_states() {
    for (operator, gates) in [("LSTM", 4), ("GRU", 3)] {
        let hidden = 5;
        let mut layer = node(
            operator,
            &["steps", "w", "r", "b"],
            &["states", "last"],
            &[("hidden_size", &[hidden])],
        );
        if operator == "GRU" {
            layer
                .attribute
                .extend(node("", &[], &[], &[("linear_before_reset", &[1])]).attribute);
        }
        let mut direction = layer.attribute[0].clone();
        direction.name = "direction".to_owned();
        direction.type_ = onnx_protobuf::attribute_proto::AttributeType::STRING.into();
        direction.i = 0;
        direction.s = b"bidirectional".to_vec();
        layer.attribute.push(direction);
        let nodes = vec![
            node("Transpose", &["rows"], &["steps"], &[("perm", &[1, 0, 2])]),
            layer,
            // [frames, 2, N, hidden] -> [N, frames, 2, hidden]
            node(
                "Transpose",
                &["states"],
                &["by clip"],
                &[("perm", &[2, 0, 1, 3])],
            ),
        ];
        let weights = vec![
            values("w", 11, &[2, gates * hidden, BANDS as i64]),
            values("r", 12, &[2, gates * hidden, hidden]),
            values("b", 13, &[2, 2 * gates * hidden]),
        ];
        agrees(
            operator,
            &around(nodes, "by clip", weights, FRAMES as i64 * 2 * hidden),
        );
    }
}
