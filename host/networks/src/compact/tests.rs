//! `compact` takes windows of any size, and its file gives burn's logits for each.

use super::Plain;
use crate::Preset;
use crate::backend::Device;
use crate::definition::Definition;
use crate::onnx::parity::{log_mel, worst};

/// Batch norm folded and preparation in the graph: the parity rule, with room to spare, for every geometry.
#[test]
fn compact_gives_burns_logits() {
    let settings = Plain::settings(Preset::Best);
    for (frames, bands) in [(128, 128), (128, 40), (96, 64)] {
        let worst = worst(&settings, log_mel(frames, bands), Device::Cpu);
        assert!(worst <= 5e-5, "{frames} x {bands}: {worst:e}");
    }
}

/// Imported matrices have whatever size they have, down to a single value.
#[test]
fn compact_takes_a_matrix_of_any_size() {
    let settings = Plain::settings(Preset::Best);
    for (frames, bands) in [
        (130, 128),
        (336, 218),
        (1, 1),
        (1, 9),
        (7, 3),
        (95, 97),
        (49, 201),
    ] {
        let worst = worst(&settings, log_mel(frames, bands), Device::Cpu);
        assert!(worst <= 5e-5, "{frames} x {bands}: {worst:e}");
    }
}
