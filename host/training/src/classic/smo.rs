//! A binary support vector machine: sequential minimal optimisation over a kernel matrix in memory.
//!
//! Our own, so that one kernel matrix serves all classes, folds and values of C; host/studies/svm_race.py races it
//! against others.
//!
//! minimise `1/2 sum_ij a_i a_j y_i y_j K_ij - sum_i a_i` over `0 <= a_i <= C`, `sum_i a_i y_i = 0`.
//!
//! # Source
//! Fan, Chen and Lin, Working Set Selection Using Second Order Information for Training SVM, JMLR 6, 2005 (algorithm
//! 2).

/// Largest violation of the optimality conditions at the end, as LIBSVM has it by default.
pub(crate) const TOLERANCE: f64 = 1e-3;
/// Least curvature along a step: the kernel matrix may be singular when two windows are equal.
const LEAST_CURVATURE: f64 = 1e-12;
/// Steps for each window after which the solver gives up.
const MOST_STEPS_PER_WINDOW: usize = 1000;

/// A solved problem: decision value of x = `sum_i weights_i K(x_i, x) + bias`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Solution {
    /// `a_i y_i` of every window.
    pub(crate) weights: Vec<f64>,
    /// Bias.
    pub(crate) bias: f64,
    /// Whether [`TOLERANCE`] was reached.
    pub(crate) converged: bool,
}

/// Solves one problem.
///
/// # Shape
/// `kernel` `[n, n]` row-major and symmetric, `positive` `[n]`.
pub(crate) fn solve(kernel: &[f32], positive: &[bool], c: f64) -> Solution {
    let n = positive.len();
    debug_assert_eq!(kernel.len(), n * n, "one kernel value a pair");
    let row = |i: usize| &kernel[i * n..(i + 1) * n];
    let diagonal: Vec<f64> = (0..n).map(|i| f64::from(kernel[i * n + i])).collect();
    let sign: Vec<f64> = positive
        .iter()
        .map(|&positive| if positive { 1.0 } else { -1.0 })
        .collect();
    let mut alpha = vec![0.0_f64; n];
    // v_i = -y_i * gradient_i; at the start the gradient is -1.
    let mut v = sign.clone();
    let mut converged = false;
    for _ in 0..MOST_STEPS_PER_WINDOW.saturating_mul(n) {
        let Some((i, highest)) = highest_up(&v, &alpha, positive, c) else {
            converged = true;
            break;
        };
        let row_i = row(i);
        // The partner that lowers the objective most.
        let (mut best, mut partner, mut lowest) = (0.0, None, f64::INFINITY);
        for j in 0..n {
            let may_fall = if positive[j] {
                alpha[j] > 0.0
            } else {
                alpha[j] < c
            };
            if !may_fall {
                continue;
            }
            lowest = lowest.min(v[j]);
            let gain = highest - v[j];
            if gain > 0.0 {
                let curvature = diagonal[i] + diagonal[j] - 2.0 * f64::from(row_i[j]);
                let gain = gain * gain / curvature.max(LEAST_CURVATURE);
                if gain > best {
                    (best, partner) = (gain, Some((j, curvature)));
                }
            }
        }
        let Some((j, curvature)) = partner.filter(|_| highest - lowest >= TOLERANCE) else {
            converged = true;
            break;
        };
        // a_i y_i rises by the step, a_j y_j falls by it, both within their box.
        let room_i = if positive[i] { c - alpha[i] } else { alpha[i] };
        let room_j = if positive[j] { alpha[j] } else { c - alpha[j] };
        let wanted = (highest - v[j]) / curvature.max(LEAST_CURVATURE);
        let step = wanted.min(room_i).min(room_j);
        move_to(
            &mut alpha[i],
            sign[i] * step,
            step == room_i,
            positive[i],
            c,
        );
        move_to(
            &mut alpha[j],
            -sign[j] * step,
            step == room_j,
            !positive[j],
            c,
        );
        for ((v, &k_i), &k_j) in v.iter_mut().zip(row_i).zip(row(j)) {
            *v -= step * (f64::from(k_i) - f64::from(k_j));
        }
    }
    let bias = bias(&v, &alpha, positive, c);
    let weights = alpha.iter().zip(&sign).map(|(a, y)| a * y).collect();
    Solution {
        weights,
        bias,
        converged,
    }
}

/// The window of the largest v whose `a_i y_i` may rise; the first of equals.
fn highest_up(v: &[f64], alpha: &[f64], positive: &[bool], c: f64) -> Option<(usize, f64)> {
    let mut highest = None;
    let mut most = f64::NEG_INFINITY;
    for (i, ((&v, &alpha), &positive)) in v.iter().zip(alpha).zip(positive).enumerate() {
        let may_rise = if positive { alpha < c } else { alpha > 0.0 };
        if may_rise && v > most {
            most = v;
            highest = Some((i, v));
        }
    }
    highest
}

/// Adds to a multiplier; one that takes all its room ends exactly on its bound.
fn move_to(alpha: &mut f64, by: f64, to_bound: bool, rising: bool, c: f64) {
    *alpha = match (to_bound, rising) {
        (true, true) => c,
        (true, false) => 0.0,
        (false, _) => (*alpha + by).clamp(0.0, c),
    };
}

/// Mean of v over free windows; without any, the middle of what the bound ones allow.
fn bias(v: &[f64], alpha: &[f64], positive: &[bool], c: f64) -> f64 {
    let (mut sum, mut free) = (0.0, 0_usize);
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for ((&v, &alpha), &positive) in v.iter().zip(alpha).zip(positive) {
        if alpha > 0.0 && alpha < c {
            sum += v;
            free += 1;
        } else if (alpha == 0.0) == positive {
            low = low.max(v);
        } else {
            high = high.min(v);
        }
    }
    match (free, low.is_finite(), high.is_finite()) {
        (1.., ..) => sum / free as f64,
        (0, true, true) => 0.5 * (low + high),
        (0, true, false) => low,
        (0, false, true) => high,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::{TOLERANCE, solve};

    fn linear(points: &[[f64; 2]]) -> Vec<f32> {
        let mut kernel = Vec::new();
        for a in points {
            for b in points {
                kernel.push((a[0] * b[0] + a[1] * b[1]) as f32);
            }
        }
        kernel
    }

    /// Two points at -1 and 1 on an axis: the widest margin gives f(x) = x, both multipliers 1/2.
    #[test]
    fn two_points_by_hand() {
        let solution = solve(&linear(&[[-1.0, 0.0], [1.0, 0.0]]), &[false, true], 10.0);
        assert!(solution.converged);
        assert!(
            (solution.weights[1] - 0.5).abs() < 1e-6 && (solution.weights[0] + 0.5).abs() < 1e-6
        );
        assert!(solution.bias.abs() < 1e-6);
        // A small C binds: multipliers stop at C, f(x) = 2 C x.
        let solution = solve(&linear(&[[-1.0, 0.0], [1.0, 0.0]]), &[false, true], 0.125);
        assert_eq!(solution.weights, [-0.125, 0.125]);
    }

    /// A shifted pair: f(x) = x - 3, so the bias is -3 and the windows are on the margin.
    #[test]
    fn the_bias_moves_with_the_points() {
        let solution = solve(&linear(&[[2.0, 0.0], [4.0, 0.0]]), &[false, true], 10.0);
        assert!((solution.bias + 3.0).abs() < 1e-6, "{}", solution.bias);
    }

    /// The conditions of Karush, Kuhn and Tucker on overlapping classes with an RBF kernel.
    #[test]
    fn a_solution_keeps_the_optimality_conditions() {
        let n = 60;
        let points: Vec<[f64; 2]> = (0..n)
            .map(|i| {
                let t = i as f64;
                [(t * 0.37).sin() + (i % 2) as f64 * 0.8, (t * 1.13).cos()]
            })
            .collect();
        let positive: Vec<bool> = (0..n).map(|i| i % 2 == 1).collect();
        let mut kernel = Vec::new();
        for a in &points {
            for b in &points {
                let d = (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
                kernel.push((-0.8 * d).exp() as f32);
            }
        }
        for c in [0.1, 1.0, 30.0] {
            let solution = solve(&kernel, &positive, c);
            assert!(solution.converged);
            let sum: f64 = solution.weights.iter().sum();
            assert!(sum.abs() < 1e-9, "the constraint holds: {sum}");
            for i in 0..n {
                let f: f64 = (0..n)
                    .map(|j| solution.weights[j] * f64::from(kernel[i * n + j]))
                    .sum::<f64>()
                    + solution.bias;
                let y = if positive[i] { 1.0 } else { -1.0 };
                let (a, margin) = (solution.weights[i] * y, f * y);
                assert!((0.0..=c).contains(&a));
                if a == 0.0 {
                    assert!(margin >= 1.0 - 2.0 * TOLERANCE, "{c}: {i}: {margin}");
                } else if a == c {
                    assert!(margin <= 1.0 + 2.0 * TOLERANCE, "{c}: {i}: {margin}");
                } else {
                    assert!(
                        (margin - 1.0).abs() <= 2.0 * TOLERANCE,
                        "{c}: {i}: {margin}"
                    );
                }
            }
        }
    }

    #[test]
    fn one_class_alone_and_equal_windows_do_not_loop() {
        let solution = solve(&[1.0; 9], &[true; 3], 1.0);
        assert!(solution.converged && solution.weights.iter().all(|&w| w == 0.0));
        let solution = solve(&[1.0; 16], &[true, false, true, false], 1.0);
        assert!(solution.converged);
    }
}
