//! One window through a net the size of `compact`: `cargo bench -p needledrop-infer`.
#[path = "../../bundle/tests/graphs/mod.rs"]
mod graphs;

use divan::{Bencher, black_box, counter::ItemsCount};
use graphs::{linear, model, node, weight};
use needledrop_bundle::Window;
use needledrop_infer::{Calibration, Net};
use onnx_protobuf::{Message, tensor_proto::DataType};

const WINDOW: Window = Window {
    frames: 130,
    hop: 65,
    bands: 128,
};
const CLASSES: usize = 10;

fn main() {
    divan::main();
}

/// Depthwise-separable blocks 24, 48, 96, 160, 256 after a strided convolution: about 80k parameters.
fn separable() -> Vec<u8> {
    let channels = [24i64, 48, 96, 160, 256];
    let mut nodes = vec![
        node("Cast", &["x"], &["cast"], &[("to", &[1])]),
        node("Mul", &["cast", "step"], &["db"], &[]),
        node("Unsqueeze", &["db", "one"], &["image"], &[]),
        node(
            "Conv",
            &["image", "stem"],
            &["s0"],
            &[("strides", &[2, 2]), ("pads", &[1, 1, 1, 1])],
        ),
        node("Relu", &["s0"], &["h0"], &[]),
    ];
    let small = |count: i64| vec![0.02f32; count as usize];
    let mut one = weight("one", &[1], &[]);
    one.data_type = DataType::INT64 as i32;
    one.raw_data = 1i64.to_le_bytes().to_vec();
    let mut weights = vec![
        weight("step", &[], &[1.0 / 256.0]),
        one,
        weight("stem", &[24, 1, 3, 3], &small(216)),
    ];
    for (block, pair) in channels.windows(2).enumerate() {
        let [from, to] = [pair[0], pair[1]];
        let name = |what: &str| format!("{what}{block}");
        weights.push(weight(&name("depth"), &[from, 1, 3, 3], &small(from * 9)));
        weights.push(weight(&name("point"), &[to, from, 1, 1], &small(from * to)));
        let (input, output) = (format!("h{block}"), format!("h{}", block + 1));
        let stride: (&str, &[i64]) = ("strides", &[2, 2]);
        let pads: (&str, &[i64]) = ("pads", &[1, 1, 1, 1]);
        nodes.push(node(
            "Conv",
            &[&input, &name("depth")],
            &[&name("d")],
            &[stride, pads, ("group", &[from])],
        ));
        nodes.push(node("Relu", &[&name("d")], &[&name("r")], &[]));
        nodes.push(node(
            "Conv",
            &[&name("r"), &name("point")],
            &[&name("p")],
            &[],
        ));
        nodes.push(node("Relu", &[&name("p")], &[&output], &[]));
    }
    nodes.push(node("GlobalAveragePool", &["h4"], &["pooled"], &[]));
    nodes.push(node("Flatten", &["pooled"], &["flat"], &[]));
    nodes.push(node("Gemm", &["flat", "head", "bias"], &["logits"], &[]));
    weights.push(weight(
        "head",
        &[256, CLASSES as i64],
        &small(256 * CLASSES as i64),
    ));
    weights.push(weight("bias", &[CLASSES as i64], &small(CLASSES as i64)));
    let rows = [WINDOW.frames as i64, WINDOW.bands as i64];
    let model = model(nodes, weights, &rows, CLASSES as i64);
    model
        .write_to_bytes()
        .expect("a message in memory can be written")
}

fn bench(bencher: Bencher<'_, '_>, onnx: &[u8]) {
    let mut net = Net::load(onnx, &WINDOW, CLASSES).expect("the bench's own graph loads");
    let window: Vec<i16> = (0..WINDOW.frames * WINDOW.bands)
        .map(|i| (i % 977) as i16 * 20 - 9000)
        .collect();
    let mut logits = [0.0; CLASSES];
    // Throughput then reads as multiply-adds a second.
    bencher
        .counter(ItemsCount::new(net.multiply_adds()))
        .bench_local(|| {
            net.logits(black_box(&window), &mut logits)
                .expect("the bench's own window fits");
            logits
        });
}

#[divan::bench]
fn depthwise_separable(bencher: Bencher<'_, '_>) {
    bench(bencher, &separable());
}

/// A net with next to no arithmetic: what the runtime itself costs.
#[divan::bench]
fn runtime_alone(bencher: Bencher<'_, '_>) {
    let values = WINDOW.frames * WINDOW.bands;
    bench(
        bencher,
        &linear(
            WINDOW.frames,
            WINDOW.bands,
            &vec![0.01; values * CLASSES],
            &[0.0; CLASSES],
        ),
    );
}

#[divan::bench]
fn probabilities(bencher: Bencher<'_, '_>) {
    let calibration = Calibration { temperature: 1.3 };
    let logits: [f32; CLASSES] = std::array::from_fn(|class| class as f32 * 0.37 - 1.0);
    let mut out = [0.0; CLASSES];
    bencher.bench_local(|| {
        calibration.probabilities(black_box(&logits), &mut out);
        out
    });
}
