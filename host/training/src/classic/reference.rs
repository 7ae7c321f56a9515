//! scikit-learn's answers on a small set, made by host/studies/classic_reference.py.

use super::samples::Samples;
use ndarray::Array2;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    train: Vec<Vec<f64>>,
    labels: Vec<usize>,
    test: Vec<Vec<f64>>,
    logreg: LogReg,
    gnb: Gnb,
    knn: Knn,
    svm: Vec<Svm>,
}

#[derive(Deserialize)]
pub(super) struct LogReg {
    pub(super) strength: f64,
    pub(super) probabilities: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
pub(super) struct Gnb {
    pub(super) probabilities: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
pub(super) struct Knn {
    pub(super) k: usize,
    pub(super) shares: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
pub(super) struct Svm {
    pub(super) cost: f64,
    pub(super) gamma: f64,
    pub(super) decisions: Vec<Vec<f64>>,
}

pub(super) struct Reference {
    pub(super) train: Samples,
    pub(super) test: Array2<f64>,
    pub(super) logreg: LogReg,
    pub(super) gnb: Gnb,
    pub(super) knn: Knn,
    pub(super) svm: Vec<Svm>,
}

pub(super) fn read() -> Reference {
    let text = include_str!("../../../tests/fixtures/classic.json");
    let file: File = serde_json::from_str(text).expect("the fixture is JSON");
    // Two windows a clip.
    let groups = (0..file.labels.len())
        .map(|row| row / 6 * 3 + row % 3)
        .collect();
    Reference {
        train: Samples {
            x: matrix(&file.train),
            classes: 3,
            labels: file.labels,
            groups,
        },
        test: matrix(&file.test),
        logreg: file.logreg,
        gnb: file.gnb,
        knn: file.knn,
        svm: file.svm,
    }
}

fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).expect("rows of one length")
}

pub(super) fn assert_same_probabilities(logits: &Array2<f64>, expected: &[Vec<f64>], within: f64) {
    assert_eq!(logits.nrows(), expected.len());
    for (row, expected) in logits.rows().into_iter().zip(expected) {
        let powers: Vec<f64> = row.iter().map(|v| (v - row[0]).exp()).collect();
        let sum: f64 = powers.iter().sum();
        for (power, expected) in powers.iter().zip(expected) {
            let p = power / sum;
            assert!((p - expected).abs() < within, "{p} {expected}");
        }
    }
}
