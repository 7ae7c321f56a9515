//! Our support vector machine on the matrices that host/studies/svm_race.py writes; prints one JSON object.
//!
//! `svm_race X.npy LABELS.npy TEST_X.npy TEST_LABELS.npy C GAMMA [--linfa]`; with `--linfa` also linfa-svm on the first
//! class against the rest, which is one of as many problems as there are classes.

use linfa::Dataset;
use linfa::traits::Fit;
use ndarray::{Array1, Array2};
use needledrop_judging::metrics::argmax;
use needledrop_training::classic::{Samples, Svm};
use std::time::Instant;

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [x, labels, test_x, test_labels, cost, gamma, rest @ ..] = args.as_slice() else {
        return Err("X.npy LABELS.npy TEST_X.npy TEST_LABELS.npy C GAMMA [--linfa]".into());
    };
    let (x, labels) = (matrix(x)?, classes(labels)?);
    let (test_x, test_labels) = (matrix(test_x)?, classes(test_labels)?);
    let (cost, gamma): (f64, f64) = (cost.parse()?, gamma.parse()?);
    let count = labels.iter().max().map_or(0, |most| most + 1);
    let train = Samples::new(x.clone(), labels.clone(), (0..x.nrows()).collect(), count);

    let began = Instant::now();
    let model = Svm::fit(&train, cost, gamma);
    let seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let decisions = model.decide(test_x.view());
    let deciding = began.elapsed().as_secs_f64();
    let right = decisions
        .rows()
        .into_iter()
        .zip(&test_labels)
        .filter(|(row, label)| argmax(&row.to_vec()) == **label)
        .count();
    let linfa = rest.iter().any(|arg| arg == "--linfa").then(|| {
        let first: Array1<bool> = labels.iter().map(|&label| label == 0).collect();
        let data = Dataset::new(x, first);
        let began = Instant::now();
        let fitted = linfa_svm::Svm::<f64, bool>::params()
            .pos_neg_weights(cost, cost)
            .gaussian_kernel(gamma.recip())
            .fit(&data);
        fitted.map(|_| began.elapsed().as_secs_f64())
    });
    let json = serde_json::json!({
        "fit_seconds": seconds,
        "decide_seconds": deciding,
        "accuracy": right as f64 / test_labels.len() as f64,
        "vectors": model.vectors(),
        "linfa_seconds_one_class": linfa.transpose()?,
    });
    println!("{json}");
    Ok(())
}

fn matrix(path: &str) -> Result<Array2<f64>, Failed> {
    let file = npyz::NpyFile::new(std::fs::File::open(path)?)?;
    let shape: Vec<usize> = file.shape().iter().map(|&size| size as usize).collect();
    let [rows, columns] = shape[..] else {
        return Err(format!("{path}: a matrix is needed").into());
    };
    Ok(Array2::from_shape_vec((rows, columns), file.into_vec()?)?)
}

fn classes(path: &str) -> Result<Vec<usize>, Failed> {
    let file = npyz::NpyFile::new(std::fs::File::open(path)?)?;
    Ok(file
        .into_vec::<i64>()?
        .into_iter()
        .map(|label| label as usize)
        .collect())
}
