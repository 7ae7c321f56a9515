//! Pictures of waveforms: from samples, or amounts along them, to drawings in black and white or in shades.

use super::picture::Picture;
use realfft::RealFftPlanner;
use std::f32::consts::TAU;

/// Columns: samples of a trace, and bins of a spectrum.
const WIDTH: usize = 256;
/// Rows of a trace, and of a spectrum.
const HALF: usize = 64;
/// Height of a spectrum.
const SPECTRUM_DB: f32 = 60.0;
/// What silence counts as, so that its level is finite.
const LEAST_POWER: f32 = 1e-20;
/// Rows of a window's waveform.
const HEIGHT: usize = 96;
/// Rows of a strip, all the same.
const STRIP: usize = 16;
/// Columns of a window's waveform and of a strip.
const COLUMNS: usize = 500;

/// A window that an ascent ended with: a trace of 256 samples from its middle, its greatest value touching the edge,
/// above its power spectrum from nought to half the sample rate, whose greatest value is the upper edge.
pub(super) fn optimum(x: &[f32]) -> Picture {
    let middle = x.len().saturating_sub(WIDTH) / 2;
    let mut values = trace(&x[middle..x.len().min(middle + WIDTH)]);
    values.resize(HALF * WIDTH, 0.0);
    let spectrum = spectrum_db(x);
    let most = spectrum.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for row in 0..HALF {
        // From the top down.
        let level = most - SPECTRUM_DB * (row as f32 + 0.5) / HALF as f32;
        values.extend(spectrum.iter().map(|&db| ink(db >= level)));
    }
    Picture {
        width: WIDTH,
        height: 2 * HALF,
        values,
        range: [0.0, 1.0],
    }
}

const fn ink(is_drawn: bool) -> f32 {
    if is_drawn { 1.0 } else { 0.0 }
}

/// The row of each value in a drawing of so many rows, of which the greatest amount of `x` touches the first or the
/// last.
fn row_of(x: &[f32], rows: usize) -> impl Fn(f32) -> usize {
    let most = x
        .iter()
        .fold(f32::MIN_POSITIVE, |most, v| most.max(v.abs()));
    move |v| ((1.0 - v / most) / 2.0 * (rows - 1) as f32).round() as usize
}

/// One column a sample, each joined to the next.
fn trace(x: &[f32]) -> Vec<f32> {
    let row = row_of(x, HALF);
    let mut values = vec![0.0; HALF * WIDTH];
    for (column, &v) in x.iter().enumerate() {
        let (here, next) = (row(v), row(*x.get(column + 1).unwrap_or(&v)));
        for line in here.min(next)..=here.max(next) {
            values[line * WIDTH + column] = 1.0;
        }
    }
    values
}

/// Mean power spectrum in dB of halfway overlapping frames under a Hann window (Welch), the last bin left out.
///
/// # Shape
/// `[256]`.
fn spectrum_db(x: &[f32]) -> Vec<f32> {
    let len = 2 * WIDTH;
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(len);
    let mut bins = plan.make_output_vec();
    let mut power = vec![0.0_f32; WIDTH];
    let mut padded = x.to_vec();
    padded.resize(x.len().max(len), 0.0);
    for frame in padded.windows(len).step_by(WIDTH) {
        let mut frame: Vec<f32> = frame
            .iter()
            .enumerate()
            .map(|(at, v)| v * (0.5 - 0.5 * (TAU * at as f32 / len as f32).cos()))
            .collect();
        // The plan's own lengths: it can't fail.
        if plan.process(&mut frame, &mut bins).is_ok() {
            for (power, bin) in power.iter_mut().zip(&bins) {
                *power += bin.norm_sqr();
            }
        }
    }
    power
        .iter()
        .map(|power| 10.0 * power.max(LEAST_POWER).log10())
        .collect()
}

/// The waveform of a whole window: what each column's samples span.
pub(super) fn waveform(x: &[f32]) -> Picture {
    let row = row_of(x, HEIGHT);
    let mut values = vec![0.0; HEIGHT * COLUMNS];
    for (column, samples) in columns(x).enumerate() {
        let low = samples.iter().copied().fold(f32::INFINITY, f32::min);
        let high = samples.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for line in row(high)..=row(low) {
            values[line * COLUMNS + column] = 1.0;
        }
    }
    Picture {
        width: COLUMNS,
        height: HEIGHT,
        values,
        range: [0.0, 1.0],
    }
}

/// Amounts along a window, the largest of each column's.
pub(super) fn strip(x: &[f32]) -> Picture {
    let line: Vec<f32> = columns(x)
        .map(|samples| samples.iter().copied().fold(0.0, f32::max))
        .collect();
    let most = line.iter().fold(f32::MIN_POSITIVE, |most, &v| most.max(v));
    Picture {
        width: COLUMNS,
        height: STRIP,
        values: line.repeat(STRIP),
        range: [0.0, most],
    }
}

/// A window's samples cut into columns of equal length, none of them empty.
fn columns(x: &[f32]) -> impl Iterator<Item = &[f32]> {
    (0..COLUMNS).map(|column| {
        let begin = (column * x.len() / COLUMNS).min(x.len().saturating_sub(1));
        let end = ((column + 1) * x.len() / COLUMNS).max(begin + 1);
        &x[begin..end.min(x.len())]
    })
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, HALF, HEIGHT, STRIP, WIDTH, optimum, strip, waveform};
    use std::f32::consts::TAU;

    /// A tone at an eighth of the sample rate.
    fn tone() -> Vec<f32> {
        (0..4000)
            .map(|at| 0.3 * (TAU * at as f32 / 8.0).sin())
            .collect()
    }

    #[test]
    fn a_tone_is_one_peak_at_its_frequency() {
        let picture = optimum(&tone());
        assert_eq!((picture.width, picture.height), (WIDTH, 2 * HALF));
        let top = &picture.values[HALF * WIDTH..][..WIDTH];
        let peak: Vec<usize> = (0..WIDTH).filter(|&bin| top[bin] > 0.0).collect();
        assert_eq!(
            peak,
            [WIDTH / 4],
            "an eighth of the rate is a quarter of half of it"
        );
        let bottom = &picture.values[(2 * HALF - 1) * WIDTH..];
        let wide = bottom.iter().filter(|v| **v > 0.0).count();
        assert!(wide < 12, "{wide} bins within 60 dB of a tone's peak");
        // The trace swings from edge to edge.
        let drawn = |row: usize| {
            picture.values[row * WIDTH..][..WIDTH]
                .iter()
                .any(|v| *v > 0.0)
        };
        assert!(drawn(0) && drawn(HALF - 1));
    }

    #[test]
    fn a_waveform_and_its_strip_have_the_same_columns() {
        let mut x = vec![0.0; 10_000];
        x[5_000] = 0.5;
        let (wave, strip) = (waveform(&x), strip(&x));
        assert_eq!((wave.width, wave.height), (COLUMNS, HEIGHT));
        assert_eq!((strip.width, strip.height), (COLUMNS, STRIP));
        let column = COLUMNS / 2;
        assert_eq!(wave.values[column], 1.0);
        assert_eq!(wave.values[..COLUMNS].iter().sum::<f32>(), 1.0);
        assert_eq!(strip.values[column], 0.5);
        assert_eq!(strip.values[..COLUMNS].iter().sum::<f32>(), 0.5);
        // A window shorter than the columns still has something in each.
        assert_eq!(waveform(&[0.1, -0.1, 0.2]).width, COLUMNS);
    }
}
