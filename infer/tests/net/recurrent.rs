//! Recurrent layers in the runtime give what the ONNX specification says, step by step, in either direction.
use crate::{
    graphs::{model, node, weight},
    net::noise,
};
use needledrop_bundle::Window;
use needledrop_infer::Net;
use onnx_protobuf::{
    AttributeProto, Message, ModelProto, TensorProto, attribute_proto::AttributeType,
    tensor_proto::DataType,
};

const STEPS: usize = 9;
const WIDE: usize = 3;
const HIDDEN: usize = 4;

/// The weights of one side, in ONNX's order of gates.
struct Side {
    /// `[gates * HIDDEN, WIDE]`
    input: Vec<f32>,
    /// `[gates * HIDDEN, HIDDEN]`
    state: Vec<f32>,
    /// `[2 * gates * HIDDEN]`
    bias: Vec<f32>,
}

impl Side {
    fn new(seed: u32, gates: usize) -> Self {
        Self {
            input: noise(seed, gates * HIDDEN * WIDE),
            state: noise(seed + 1, gates * HIDDEN * HIDDEN),
            bias: noise(seed + 2, 2 * gates * HIDDEN),
        }
    }

    /// Of each row, what the input gives and what the state gives, each with its bias.
    fn products(&self, x: &[f64], hidden: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let product = |weights: &[f32], values: &[f64], bias: &[f32]| {
            let rows = weights.chunks(values.len()).zip(bias);
            let row = |(weights, &bias): (&[f32], &f32)| {
                let terms = weights.iter().zip(values);
                f64::from(bias) + terms.map(|(&w, v)| f64::from(w) * v).sum::<f64>()
            };
            rows.map(row).collect()
        };
        let (of_input, of_state) = self.bias.split_at(self.bias.len() / 2);
        (
            product(&self.input, x, of_input),
            product(&self.state, hidden, of_state),
        )
    }

    /// Last hidden state over these steps.
    fn run<'a>(&self, operator: &str, steps: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
        let sigmoid = |v: f64| 1.0 / (1.0 + (-v).exp());
        let (mut hidden, mut cell) = (vec![0.0; HIDDEN], vec![0.0; HIDDEN]);
        for x in steps {
            let (w, r) = self.products(x, &hidden);
            let gate = |gate: usize, unit: usize| {
                let at = gate * HIDDEN + unit;
                (w[at], r[at])
            };
            let both = |at: (f64, f64)| at.0 + at.1;
            for unit in 0..HIDDEN {
                if operator == "LSTM" {
                    let [input, output, forget] = [0, 1, 2].map(|g| sigmoid(both(gate(g, unit))));
                    cell[unit] = forget * cell[unit] + input * both(gate(3, unit)).tanh();
                    hidden[unit] = output * cell[unit].tanh();
                } else {
                    let [update, reset] = [0, 1].map(|g| sigmoid(both(gate(g, unit))));
                    let (w, r) = gate(2, unit);
                    let new = (w + reset * r).tanh();
                    hidden[unit] = (1.0 - update) * new + update * hidden[unit];
                }
            }
        }
        hidden
    }
}

/// `x` through a layer to the last states of all sides, `[N, sides * HIDDEN]`.
fn graph(operator: &str, sides: &[Side]) -> ModelProto {
    let gates = if operator == "LSTM" { 4 } else { 3 };
    let count = sides.len();
    let mut layer = node(
        operator,
        &["steps", "w", "r", "b"],
        &["all", "last"],
        &[("hidden_size", &[HIDDEN as i64])],
    );
    if operator == "GRU" {
        let reset = node("", &[], &[], &[("linear_before_reset", &[1])]);
        layer.attribute.extend(reset.attribute);
    }
    layer.attribute.push(AttributeProto {
        name: "direction".to_owned(),
        type_: AttributeType::STRING.into(),
        s: ["forward", "bidirectional"][count - 1].as_bytes().to_vec(),
        ..AttributeProto::default()
    });
    let nodes = vec![
        node("Cast", &["x"], &["cast"], &[("to", &[1])]),
        node("Mul", &["cast", "step"], &["db"], &[]),
        node("Transpose", &["db"], &["steps"], &[("perm", &[1, 0, 2])]),
        layer,
        node(
            "Transpose",
            &["last"],
            &["by_window"],
            &[("perm", &[1, 0, 2])],
        ),
        node("Reshape", &["by_window", "shape"], &["logits"], &[]),
    ];
    let all = |of: fn(&Side) -> &Vec<f32>| sides.iter().flat_map(of).copied().collect::<Vec<f32>>();
    let dims = |rest: &[usize]| {
        let rest = rest.iter().map(|&dim| dim as i64);
        std::iter::once(count as i64)
            .chain(rest)
            .collect::<Vec<i64>>()
    };
    let shape = [-1, (count * HIDDEN) as i64];
    let shape = TensorProto {
        data_type: DataType::INT64 as i32,
        raw_data: shape.iter().flat_map(|it: &i64| it.to_le_bytes()).collect(),
        ..weight("shape", &[2], &[])
    };
    let weights = vec![
        weight("step", &[], &[1.0 / 256.0]),
        weight("w", &dims(&[gates * HIDDEN, WIDE]), &all(|it| &it.input)),
        weight("r", &dims(&[gates * HIDDEN, HIDDEN]), &all(|it| &it.state)),
        weight("b", &dims(&[2 * gates * HIDDEN]), &all(|it| &it.bias)),
        shape,
    ];
    model(
        nodes,
        weights,
        &[STEPS as i64, WIDE as i64],
        (count * HIDDEN) as i64,
    )
}

#[test]
fn lstm_and_gru_follow_the_specification() {
    let window: Vec<i16> = noise(5, STEPS * WIDE)
        .iter()
        .map(|v| (v * 700.0) as i16)
        .collect();
    let x: Vec<f64> = window.iter().map(|&v| f64::from(v) / 256.0).collect();
    for (operator, gates) in [("LSTM", 4), ("GRU", 3)] {
        for count in [1, 2] {
            let sides = [Side::new(10, gates), Side::new(20, gates)];
            let sides = &sides[..count];
            let mut expected = sides[0].run(operator, x.chunks(WIDE));
            if let Some(back) = sides.get(1) {
                expected.extend(back.run(operator, x.chunks(WIDE).rev()));
            }
            let shape = Window {
                frames: STEPS,
                hop: 1,
                bands: WIDE,
            };
            let bytes = graph(operator, sides).write_to_bytes().unwrap();
            let mut net = Net::load(&bytes, &shape, count * HIDDEN).unwrap();
            let mut found = vec![0.0; count * HIDDEN];
            for _ in 0..2 {
                net.logits(&window, &mut found).unwrap();
                for (found, expected) in found.iter().zip(&expected) {
                    let distance = (f64::from(*found) - expected).abs();
                    assert!(distance < 1e-6, "{operator} {count}: {found} {expected}");
                }
            }
        }
    }
}
