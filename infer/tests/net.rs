//! Graphs in the runtime: right numbers, counted arithmetic, refusals that name the shapes.

mod reader;
mod recurrent;

use crate::graphs::{linear, model, node, weight};
use needledrop_bundle::Window;
use needledrop_infer::{Error, Net};
use onnx_protobuf::{Message, ModelProto};
use proptest::prelude::*;

const WINDOW: Window = Window {
    frames: 4,
    hop: 2,
    bands: 3,
};

/// Deterministic values in -1..1.
pub(crate) fn noise(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn load(model: &ModelProto, window: &Window, classes: usize) -> Result<Net, Error> {
    Net::load(&model.write_to_bytes().unwrap(), window, classes)
}

fn run(net: &mut Net, window: &[i16]) -> Vec<f32> {
    let mut logits = vec![0.0; net.classes()];
    net.logits(window, &mut logits).unwrap();
    logits
}

/// LSTM over the frames, its last hidden state into two classes.
fn recurrent(operator: &str, gates: i64, extra: &[(&str, &[i64])]) -> ModelProto {
    let hidden = 5;
    let attributes: Vec<(&str, &[i64])> = [("hidden_size", &[5i64][..])]
        .iter()
        .chain(extra)
        .copied()
        .collect();
    let nodes = vec![
        node("Cast", &["x"], &["cast"], &[("to", &[1])]),
        node("Mul", &["cast", "step"], &["db"], &[]),
        node("Transpose", &["db"], &["steps"], &[("perm", &[1, 0, 2])]),
        node(
            operator,
            &["steps", "w", "r", "b"],
            &["", "last"],
            &attributes,
        ),
        node("Squeeze", &["last", "axes"], &["state"], &[]),
        node("Gemm", &["state", "head", "bias"], &["logits"], &[]),
    ];
    let values = |name: &str, seed, dims: &[i64]| {
        weight(
            name,
            dims,
            &noise(seed, dims.iter().product::<i64>() as usize),
        )
    };
    let mut axes = weight("axes", &[1], &[]);
    axes.data_type = onnx_protobuf::tensor_proto::DataType::INT64 as i32;
    axes.raw_data = 0i64.to_le_bytes().to_vec();
    let weights = vec![
        weight("step", &[], &[1.0 / 256.0]),
        values("w", 1, &[1, gates * hidden, 3]),
        values("r", 2, &[1, gates * hidden, hidden]),
        values("b", 3, &[1, 2 * gates * hidden]),
        axes,
        values("head", 4, &[hidden, 2]),
        values("bias", 5, &[2]),
    ];
    model(nodes, weights, &[4, 3], 2)
}

#[test]
fn a_linear_graph_gives_its_own_arithmetic() {
    let (weights, bias) = (noise(7, 24), [0.5f32, -1.5]);
    let mut net = Net::load(&linear(4, 3, &weights, &bias), &WINDOW, 2).unwrap();
    assert_eq!(
        (net.classes(), net.multiply_adds(), net.parameters()),
        (2, 24, 24 + 2 + 1)
    );
    for offset in [0i16, 1000, -20_000] {
        let window: Vec<i16> = (0..12).map(|i| offset + 97 * i).collect();
        let expected: Vec<f64> = (0..2)
            .map(|class| {
                let sum = |(i, &x): (usize, &i16)| {
                    f64::from(x) / 256.0 * f64::from(weights[2 * i + class])
                };
                f64::from(bias[class]) + window.iter().enumerate().map(sum).sum::<f64>()
            })
            .collect();
        for (found, expected) in run(&mut net, &window).iter().zip(expected) {
            assert!(
                (f64::from(*found) - expected).abs() < 1e-5 * expected.abs().max(1.0),
                "{found} {expected}"
            );
        }
    }
}

#[test]
fn convolutions_are_counted_by_hand() {
    // [1, 1, 4, 3] -> 3x3 convolution, 6 channels, padded -> depthwise 3x3, stride 2 -> pointwise 8 -> mean
    // -> 2 classes.
    let pads: (&str, &[i64]) = ("pads", &[1, 1, 1, 1]);
    let nodes = vec![
        node("Cast", &["x"], &["cast"], &[("to", &[1])]),
        node("Unsqueeze", &["cast", "axes"], &["image"], &[]),
        node("Conv", &["image", "first"], &["a"], &[pads]),
        node("Relu", &["a"], &["b"], &[]),
        node(
            "Conv",
            &["b", "depth"],
            &["c"],
            &[pads, ("strides", &[2, 2]), ("group", &[6])],
        ),
        node("Conv", &["c", "point"], &["d"], &[]),
        node("GlobalAveragePool", &["d"], &["e"], &[]),
        node("Flatten", &["e"], &["f"], &[]),
        node("MatMul", &["f", "head"], &["logits"], &[]),
    ];
    let mut axes = weight("axes", &[1], &[]);
    axes.data_type = onnx_protobuf::tensor_proto::DataType::INT64 as i32;
    axes.raw_data = 1i64.to_le_bytes().to_vec();
    let weights = vec![
        weight("first", &[6, 1, 3, 3], &noise(1, 54)),
        weight("depth", &[6, 1, 3, 3], &noise(2, 54)),
        weight("point", &[8, 6, 1, 1], &noise(3, 48)),
        weight("head", &[8, 2], &noise(4, 16)),
        axes,
    ];
    let mut net = load(&model(nodes, weights, &[4, 3], 2), &WINDOW, 2).unwrap();
    // 4x3 outputs, then 2x2.
    assert_eq!(
        net.multiply_adds(),
        12 * 6 * 9 + 4 * 6 * 9 + 4 * 8 * 6 + 8 * 2
    );
    assert_eq!(net.parameters(), 54 + 54 + 48 + 16);
    assert!(
        run(&mut net, &[300; 12])
            .iter()
            .all(|logit| logit.is_finite())
    );
}

#[test]
fn recurrent_layers_forget_between_windows() {
    // tract keeps the hidden state of a session; a window must not hear the one before it.
    let (loud, quiet): (Vec<i16>, Vec<i16>) =
        ((0..12).map(|i| 900 - 150 * i).collect(), vec![-40; 12]);
    for (operator, gates, extra) in [
        ("LSTM", 4, &[][..]),
        ("GRU", 3, &[("linear_before_reset", &[1i64][..])][..]),
    ] {
        let mut net = load(&recurrent(operator, gates, extra), &WINDOW, 2).unwrap();
        assert_eq!(
            net.multiply_adds(),
            4 * gates as u64 * 5 * (3 + 5) + 5 * 2,
            "{operator}"
        );
        let first = run(&mut net, &loud);
        let other = run(&mut net, &quiet);
        assert_ne!(first, other);
        assert_eq!(run(&mut net, &loud), first, "{operator} {extra:?}");
        assert_eq!(run(&mut net, &loud), first, "{operator} {extra:?}");
    }
}

#[test]
fn what_no_board_runs_is_named() {
    let refused = |graph: &ModelProto| load(graph, &WINDOW, 2).unwrap_err().to_string();
    let cast = || node("Cast", &["x"], &["cast"], &[("to", &[1])]);
    assert_eq!(
        refused(&model(
            vec![cast(), node("Conjure", &["cast"], &["logits"], &[])],
            vec![],
            &[4, 3],
            2
        )),
        "the graph has the operator Conjure (node `logits`), which this program does not run; \
         export the model with tools/export of this version"
    );
    let before = refused(&recurrent("GRU", 3, &[("linear_before_reset", &[0])]));
    assert!(before.contains("GRU `last`: its reset gate"), "{before}");
    let clipped = refused(&recurrent("LSTM", 4, &[("clip", &[1])]));
    assert!(clipped.contains("`clip` is not followed"), "{clipped}");
    let whole = node(
        "Cast",
        &["x"],
        &["cast"],
        &[("to", &[1]), ("round_mode", &[1])],
    );
    let whole = refused(&model(vec![whole], vec![], &[4, 3], 2));
    assert!(whole.contains("`round_mode` is not followed"), "{whole}");
    let gates = refused(&recurrent("LSTM", 3, &[]));
    assert!(gates.contains("LSTM `last`: inputs of shapes"), "{gates}");

    // What tract would panic on.
    let product = refused(&model(
        vec![cast(), node("MatMul", &["cast", "head"], &["logits"], &[])],
        vec![weight("head", &[5, 2], &[0.0; 10])],
        &[4, 3],
        2,
    ));
    assert!(product.contains("have no product"), "{product}");
    let mut old = model(vec![cast()], vec![], &[4, 3], 2);
    old.opset_import[0].version = 12;
    let old = refused(&old);
    assert!(old.contains("operator set 12"), "{old}");
}

#[test]
fn a_node_may_be_called_like_a_part_of_another() {
    // Both a weight and a node bear the name that the bias of `conv` would get in the runtime.
    let nodes = vec![
        node("Cast", &["x"], &["cast"], &[("to", &[1])]),
        node("Unsqueeze", &["cast", "axes"], &["image"], &[]),
        node(
            "Conv",
            &["image", "conv.weight", "conv.bias"],
            &["conv"],
            &[],
        ),
        node("Relu", &["conv"], &["conv.0"], &[]),
        node("GlobalAveragePool", &["conv.0"], &["conv.1"], &[]),
        node("Flatten", &["conv.1"], &["logits"], &[]),
    ];
    let mut axes = weight("axes", &[1], &[]);
    axes.data_type = onnx_protobuf::tensor_proto::DataType::INT64 as i32;
    axes.raw_data = 1i64.to_le_bytes().to_vec();
    let weights = vec![
        axes,
        weight("conv.weight", &[2, 1, 1, 1], &[1.0, -1.0]),
        weight("conv.bias", &[2], &[0.5, 0.25]),
    ];
    let mut net = load(&model(nodes, weights, &[4, 3], 2), &WINDOW, 2).unwrap();
    assert_eq!(run(&mut net, &[2; 12]), [2.5, 0.0]);
}

#[test]
fn pcm_graphs_have_two_axes() {
    let nodes = vec![
        node("Cast", &["x"], &["cast"], &[("to", &[1])]),
        node("MatMul", &["cast", "head"], &["logits"], &[]),
    ];
    let graph = model(nodes, vec![weight("head", &[6, 2], &[0.5; 12])], &[6], 2);
    let window = Window {
        frames: 6,
        hop: 3,
        bands: 1,
    };
    let mut net = load(&graph, &window, 2).unwrap();
    assert_eq!(run(&mut net, &[1, 2, 3, 4, 5, 6]), [10.5, 10.5]);
}

#[test]
fn wrong_shapes_are_named_on_both_sides() {
    let graph = linear(4, 3, &noise(1, 24), &[0.0, 0.0]);
    let refused = |window: &Window, classes| {
        Net::load(&graph, window, classes)
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(
        refused(
            &Window {
                frames: 5,
                ..WINDOW
            },
            2
        ),
        "graph input is x int16 [N, 4, 3], the model needs x int16 [N, 5, 3]"
    );
    assert!(
        refused(&WINDOW, 3).contains("graph output is F32"),
        "{}",
        refused(&WINDOW, 3)
    );
    assert!(
        refused(&WINDOW, 3).contains("needs f32 [1, 3]"),
        "{}",
        refused(&WINDOW, 3)
    );

    let mut net = Net::load(&graph, &WINDOW, 2).unwrap();
    let mut logits = [0.0; 2];
    let short = net
        .logits(&[0; 11], &mut logits)
        .expect_err("refused")
        .to_string();
    assert_eq!(short, "window has 11 values, the model needs 12");
    let narrow = net
        .logits(&[0; 12], &mut logits[..1])
        .expect_err("refused")
        .to_string();
    assert_eq!(narrow, "output buffer has 1 values, the model needs 2");
    assert!(net.logits(&[0; 12], &mut logits).is_ok());
}

#[test]
fn a_logit_that_is_no_number_is_an_error() {
    let mut net = Net::load(&linear(4, 3, &[f32::MAX; 24], &[0.0, 0.0]), &WINDOW, 2).unwrap();
    let failed = net
        .logits(&[i16::MAX; 12], &mut [0.0; 2])
        .expect_err("overflows");
    assert!(
        matches!(failed, Error::NotFinite { class: 0, .. }),
        "{failed}"
    );
}

#[test]
fn graphs_that_make_no_sense_are_errors() {
    let cast = || node("Cast", &["x"], &["cast"], &[("to", &[1])]);
    let odd = [
        // An output that no node makes.
        model(vec![cast()], vec![], &[4, 3], 2),
        // An operator that does not exist.
        model(
            vec![node("Conjure", &["x"], &["logits"], &[])],
            vec![],
            &[4, 3],
            2,
        ),
        // A weight shorter than its shape.
        model(
            vec![cast(), node("MatMul", &["cast", "head"], &["logits"], &[])],
            vec![weight("head", &[3, 2], &[1.0])],
            &[4, 3],
            2,
        ),
        // No nodes at all.
        model(vec![], vec![], &[4, 3], 2),
        ModelProto::default(),
    ];
    for graph in odd {
        assert!(load(&graph, &WINDOW, 2).is_err(), "{graph:?}");
    }
    assert!(Net::load(b"", &WINDOW, 2).is_err());
    assert!(Net::load(b"no model", &WINDOW, 2).is_err());
}

#[test]
fn a_net_can_move_to_another_thread() {
    let mut net = Net::load(&linear(4, 3, &noise(1, 24), &[1.0, 2.0]), &WINDOW, 2).unwrap();
    let there = std::thread::spawn(move || run(&mut net, &[0; 12]))
        .join()
        .unwrap();
    assert_eq!(there, [1.0, 2.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_damaged_graph_is_an_error_or_a_net(cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = linear(4, 3, &noise(1, 24), &[0.0, 0.0]);
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(mut net) = Net::load(&bytes, &WINDOW, 2) {
            let _ = net.logits(&[5; 12], &mut [0.0; 2]);
        }
    }
}

#[test]
fn features_are_floats_and_windows_are_not() {
    let vector = Window {
        frames: 1,
        hop: 1,
        bands: 2,
    };
    let mut graph = model(
        vec![node("Gemm", &["x", "w", "b"], &["logits"], &[])],
        vec![
            weight("w", &[2, 2], &[2.0, 0.0, 0.0, 3.0]),
            weight("b", &[2], &[0.5, 0.0]),
        ],
        &[2],
        2,
    );
    let onnx = |model: &ModelProto| model.write_to_bytes().unwrap();
    let refused = Net::load_features(&onnx(&graph), 2, 2).unwrap_err();
    assert!(refused.to_string().contains("x f32 [N, 1, 2]"), "{refused}");
    let input = &mut graph.graph.as_mut().unwrap().input[0];
    input.type_.as_mut().unwrap().mut_tensor_type().elem_type = 1;
    let mut net = Net::load_features(&onnx(&graph), 2, 2).unwrap();
    let mut logits = [0.0; 2];
    net.logits_of_features(&[0.25, -1.5], &mut logits).unwrap();
    assert_eq!(logits, [1.0, -4.5]);
    assert!(matches!(
        net.logits(&[1, 2], &mut logits),
        Err(Error::Runtime { .. })
    ));
    assert!(matches!(load(&graph, &vector, 2), Err(Error::Shape { .. })));
}
