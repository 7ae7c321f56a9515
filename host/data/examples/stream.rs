//! Reads a data set once, as training and evaluation do: how fast, and in how much memory.
//!
//! `stream DIR [--kind logmel|pcm] [--threads N] [--memory BYTES] [--shuffle RECORDS] [--passes N]`: one line of JSON a
//! pass over all splits. docs/benchmarks.md races it against TensorFlow.
#![expect(clippy::unwrap_used, reason = "a study stops at what it can't read")]

use needledrop_data::{Dataset, Kind, Shuffle, Split, StreamOptions, memory};
use std::path::Path;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a data set");
    let mut options = StreamOptions::default();
    let (mut kind, mut passes) = (Kind::LogMel, 1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().expect("a value after each option");
        match name.as_str() {
            "--kind" => kind = value.parse().unwrap(),
            "--threads" => options.threads = value.parse().unwrap(),
            "--memory" => options.memory_bytes = value.parse().unwrap(),
            "--shuffle" => {
                let records = value.parse().unwrap();
                options.shuffle = Some(Shuffle { seed: 1, records });
            }
            "--passes" => passes = value.parse().unwrap(),
            _ => unreachable!("{name}: no such option"),
        }
    }
    let set = Dataset::open(Path::new(&folder)).unwrap();
    for _ in 0..passes {
        let began = Instant::now();
        let (mut records, mut values, mut first) = (0_u64, 0, 0_i64);
        for split in Split::ALL {
            for clip in set.stream(kind, split, &options).unwrap() {
                let clip = clip.unwrap();
                let x = clip.read().unwrap();
                records += 1;
                values += x.len();
                first += i64::from(x.first().copied().unwrap_or(0));
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{{\"records\": {records}, \"bytes\": {}, \"sum_of_first\": {first}, \
             \"seconds\": {seconds}, \"peak_kib\": {}}}",
            2 * values,
            memory::peak_bytes().unwrap_or(0) / 1024
        );
    }
}
