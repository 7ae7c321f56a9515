//! What ten seconds of sound cost from samples to records, without a net: `cargo bench -p needledrop-device`.
#[path = "../tests/support/mod.rs"]
mod support;

use needledrop_device::{judge::Classifier, level::Energy, pipeline::Pipeline, profile::Profile};
use std::convert::Infallible;
use support::{RATE_HZ, metadata, tone};

/// Sure of nothing, at no cost.
struct Indifferent;

impl Classifier for Indifferent {
    type Error = Infallible;

    fn logits(&mut self, _: &[i16], out: &mut [f32]) -> Result<(), Infallible> {
        out.fill(0.0);
        Ok(())
    }
}

const SECONDS: f64 = 10.0;

#[divan::bench(args = [441, 4_410, 44_100])]
fn ten_seconds_in_pieces_of(bencher: divan::Bencher, piece: usize) {
    let pcm = tone(440.0, 8_000.0, SECONDS);
    let profile = Profile::new(metadata(), &"0".repeat(64), None).expect("a valid model");
    let mut pipeline = Pipeline::new(profile, Indifferent);
    bencher
        .counter(divan::counter::ItemsCount::new(pcm.len()))
        .bench_local(|| {
            let mut records = 0;
            pipeline
                .begin("bench", Some(RATE_HZ), |_| records += 1)
                .expect("a usable rate");
            for piece in pcm.chunks(piece) {
                let Ok(()) = pipeline.push(piece, |_| records += 1);
            }
            records
        });
}

#[divan::bench]
fn level_of_a_cell(bencher: divan::Bencher) {
    let cell = tone(440.0, 8_000.0, 0.01);
    bencher.bench(|| Energy::of(divan::black_box(&cell)).dbfs_x10());
}

fn main() {
    divan::main();
}
