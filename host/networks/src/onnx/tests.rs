//! Each network's file gives burn's logits in tract.

use super::graph::Graph;
use super::input::prepared_input;
use super::parity::{log_mel, worst};
use crate::backend::Device;
use crate::models::{MODELS, Model};
use crate::{Input, Pool, Preset, Settings};
use clap::ValueEnum;
use needledrop_bundle::{Origin, Window};
use needledrop_data::{Clip, Values};
use needledrop_frontend::FrontendConfig;
use needledrop_infer::Net;

/// Half of what docs/models.md allows, for random weights answer more steeply than trained ones.
const MOST: f32 = 5e-5;

/// What a network sees of the frontend that it is made for.
fn listed(model: &Model) -> Input {
    let frontend = FrontendConfig::preset(model.frontend).unwrap();
    model.input(&Origin::of(frontend).unwrap(), usize::MAX)
}

/// A smaller window of odd sizes, and fewer of them.
fn small(model: &Model) -> Input {
    let input = listed(model);
    let frames = model.least_rows + 59;
    Input {
        window: Window {
            frames,
            hop: frames / 2,
            bands: input.window.bands.min(45),
        },
        bag: input.bag.min(3),
        ..input
    }
}

/// Every way to make one answer of so many windows.
fn pools(bag: usize) -> &'static [Pool] {
    match bag {
        1 => &[Pool::Mean],
        _ => Pool::value_variants(),
    }
}

fn check(model: &Model, input: Input, device: Device) {
    for &pool in pools(input.bag) {
        let settings = Settings {
            pool,
            ..model.settings(Preset::Best)
        };
        let worst = worst(&settings, input, device);
        let Window { frames, bands, .. } = input.window;
        let name = model.name;
        assert!(
            worst <= MOST,
            "{name} {pool:?} {frames} x {bands}: {worst:e}"
        );
    }
}

/// Batch norm folded and preparation in the graph.
#[test]
fn every_network_gives_burns_logits() {
    for model in &MODELS {
        check(model, small(model), Device::Cpu);
        check(model, listed(model), Device::Cpu);
    }
}

/// The same networks on another backend: the kernels compute what burn's operations compute.
#[cfg(feature = "ndarray")]
#[test]
fn ndarray_gives_the_same_networks() {
    for model in &MODELS {
        check(model, small(model), Device::NdArray);
    }
}

/// As many values as a picture has, most of them its ground: equal values are rounded alike each time, so that a sum
/// over all of them in f32 drifts. With one ReduceMean for the variance the worst value here is off by 1e-4.
#[test]
fn normalisation_is_as_exact_over_a_picture_as_over_a_row() {
    let input = log_mel(336, 218);
    let Window { frames, bands, .. } = input.window;
    let level = |at: usize| match at % bands {
        ..80 => 16_384 - (at * 7919 % 24_000) as i16,
        _ => 16_384,
    };
    let clip = Clip {
        id: String::new(),
        label: 0,
        genre: String::new(),
        rows: frames,
        bands,
        values: Values::Memory((0..frames * bands).map(level).collect()),
    };
    let mut expected = vec![0.0; input.values()];
    input.fill(&clip, 0, &mut expected).unwrap();

    let mut graph = Graph::new("input");
    let x = prepared_input(&mut graph, &input);
    let x = graph.flatten("logits", &x);
    let onnx = graph.finish(&x, expected.len());
    let mut tract = Net::load(&onnx, &input.window, expected.len()).unwrap();
    let mut actual = vec![0.0; expected.len()];
    let rows = clip.read_rows(0..frames).unwrap();
    tract.logits(&rows, &mut actual).unwrap();
    let differences = actual.iter().zip(&expected).map(|(a, b)| (a - b).abs());
    let worst = differences.fold(0.0, f32::max);
    assert!(worst <= 1e-5, "{worst:e}");
}
