//! [`Compact`] as ONNX, channels first as ONNX has them.

use super::fold::{ScaleShift, values};
use super::graph::{Conv, Graph, Value, Weights};
use super::window::normalised_input;
use crate::nn::compact::Compact;
use crate::nn::kernel::Depthwise;
use crate::nn::layers::{NormRelu, SeparableBlock};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use needledrop_bundle::Window;

/// The network's file.
pub(crate) fn graph<B: Backend>(net: &Compact<B>, window: Window) -> Vec<u8> {
    let mut graph = Graph::new("compact");
    let x = normalised_input(&mut graph, window);
    let mut x = stem(&mut graph, net, &x);
    for (index, block) in net.blocks.iter().enumerate() {
        x = separable(&mut graph, &format!("block{index}"), block, &x);
    }
    let x = depthwise(
        &mut graph,
        "collapse",
        net.collapse.val(),
        net.collapse_geometry,
        &net.collapse_norm,
        &x,
    );
    let x = graph.pool("features", &x);
    let [channels, classes] = net.head.val().dims();
    let head = Weights {
        shape: vec![channels, classes],
        values: values(net.head.val()),
    };
    let logits = graph.linear("logits", &x, &head, &values(net.head_bias.val()));
    graph.finish(&logits, classes)
}

fn stem<B: Backend>(graph: &mut Graph, net: &Compact<B>, x: &Value) -> Value {
    let Depthwise {
        kernel,
        stride,
        padding,
    } = net.stem_geometry;
    let fold = ScaleShift::of(&net.stem_norm);
    let weight = Weights {
        shape: vec![fold.shift.len(), 1, kernel[0], kernel[1]],
        values: fold.transpose(&values(net.stem.val())),
    };
    let x = graph.conv(
        "stem",
        x,
        &weight,
        &fold.shift,
        Conv {
            stride,
            padding,
            groups: 1,
        },
    );
    graph.unary("Relu", "stem.relu", &x)
}

fn separable<B: Backend>(
    graph: &mut Graph,
    name: &str,
    block: &SeparableBlock<B>,
    input: &Value,
) -> Value {
    let weight = block.depthwise.val();
    let x = depthwise(
        graph,
        &format!("{name}.depthwise"),
        weight,
        block.geometry,
        &block.depthwise_norm,
        input,
    );
    let fold = ScaleShift::of(&block.pointwise_norm);
    let [from, to] = block.pointwise.val().dims();
    let weight = Weights {
        shape: vec![to, from, 1, 1],
        values: fold.transpose(&values(block.pointwise.val())),
    };
    let conv = Conv {
        stride: [1, 1],
        padding: [0, 0],
        groups: 1,
    };
    let x = graph.conv(&format!("{name}.pointwise"), &x, &weight, &fold.shift, conv);
    let x = graph.unary("Relu", &format!("{name}.relu"), &x);
    if block.is_residual() {
        graph.binary("Add", &format!("{name}.sum"), &x, input)
    } else {
        x
    }
}

fn depthwise<B: Backend>(
    graph: &mut Graph,
    name: &str,
    weight: Tensor<B, 3>,
    geometry: Depthwise,
    norm: &NormRelu<B>,
    x: &Value,
) -> Value {
    let fold = ScaleShift::of(norm);
    let [height, width, channels] = weight.dims();
    let weight = Weights {
        shape: vec![channels, 1, height, width],
        values: fold.transpose(&values(weight)),
    };
    let conv = Conv {
        stride: geometry.stride,
        padding: geometry.padding,
        groups: channels,
    };
    let x = graph.conv(name, x, &weight, &fold.shift, conv);
    graph.unary("Relu", &format!("{name}.relu"), &x)
}

#[cfg(test)]
mod tests {
    use crate::backend::{Device, Task, TrainBackend};
    use crate::nn::Network;
    use crate::nn::compact::{Compact, CompactConfig};
    use crate::train::order::generator;
    use crate::train::window::normalise;
    use burn::module::AutodiffModule;
    use burn::tensor::{Tensor, TensorData};
    use needledrop_bundle::Window;
    use needledrop_infer::Net;

    /// A network whose running statistics are far from their start, as training leaves them.
    struct Folded {
        window: Window,
    }

    impl Task for Folded {
        type Output = f32;

        fn run<B: TrainBackend>(self, device: B::Device) -> f32 {
            let Window { frames, bands, .. } = self.window;
            let (classes, windows) = (5, 6);
            let config = CompactConfig {
                frames,
                bands,
                classes,
            };
            let net = Compact::<B>::new(config, &mut generator(1, 0, 0, 0), &device);
            let len = frames * bands;
            // Loud and quiet windows with structure, and one of digital silence.
            let raw: Vec<i16> = (0..windows * len)
                .map(|i| match i / len {
                    0 => -25_600,
                    window => ((i * 7919 / (1 + window)) % 12_000) as i16 - 18_000,
                })
                .collect();
            let mut x: Vec<f32> = raw.iter().map(|&v| f32::from(v) / 256.0).collect();
            x.chunks_mut(len).for_each(normalise);
            let data = TensorData::new(x, [windows, frames, bands]);
            for _ in 0..5 {
                let _ = net.logits(Tensor::from_data(data.clone(), &device), None);
            }
            let valid = net.valid();
            let expected: Vec<f32> = valid
                .logits(Tensor::from_data(data, &device), None)
                .into_data()
                .iter()
                .collect();
            let onnx = valid.to_onnx(self.window);
            assert_eq!(
                onnx,
                valid.to_onnx(self.window),
                "the same bytes every time"
            );
            let mut tract = Net::load(&onnx, &self.window, classes).unwrap();
            let mut actual = vec![0.0; classes];
            let mut worst = 0.0_f32;
            for (x, expected) in raw.chunks(len).zip(expected.chunks(classes)) {
                tract.logits(x, &mut actual).unwrap();
                let most = expected.iter().fold(1.0_f32, |most, v| most.max(v.abs()));
                for (a, b) in actual.iter().zip(expected) {
                    worst = worst.max((a - b).abs() / most);
                }
            }
            worst
        }
    }

    /// Batch norm folded and preparation in the graph: the parity rule, with room to spare, for every geometry.
    #[test]
    fn the_file_gives_burns_logits() {
        for (frames, bands) in [(128, 128), (128, 40), (96, 64)] {
            let window = Window {
                frames,
                hop: frames / 2,
                bands,
            };
            let worst = Device::Cpu.run(Folded { window }).unwrap();
            assert!(worst <= 5e-5, "{frames} x {bands}: {worst:e}");
        }
    }

    /// The same weights on another backend: the kernels compute the network that burn's operations compute.
    #[test]
    fn ndarray_gives_the_same_network() {
        let window = Window {
            frames: 32,
            hop: 16,
            bands: 40,
        };
        assert!(Device::NdArray.run(Folded { window }).unwrap() <= 5e-5);
    }
}
