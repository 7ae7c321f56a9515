//! Single cycles of band-limited waveforms: a phase in cycles goes in, a value of -1 to 1 comes out.

use std::sync::LazyLock;

/// Samples in a cycle; a power of two.
const CYCLE: usize = 2048;
/// Numbers of harmonics there are tables for.
const HARMONICS: [usize; 7] = [1, 3, 6, 12, 24, 48, 96];
/// Harmonics above this are left out.
const TOP_HZ: f32 = 9_500.0;

/// A waveform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wave {
    Saw,
    Square,
    Pulse,
    Triangle,
    Organ,
}

const WAVES: [Wave; 5] = [
    Wave::Saw,
    Wave::Square,
    Wave::Pulse,
    Wave::Triangle,
    Wave::Organ,
];

/// One cycle, with as many harmonics as its pitch allows.
pub(super) struct Cycle(&'static [f32]);

/// [wave][harmonics][sample]
static CYCLES: LazyLock<Vec<Vec<Vec<f32>>>> = LazyLock::new(|| {
    let sine = sine_cycle();
    let cycle = |wave: Wave, harmonics: usize| -> Vec<f32> {
        let mut values = vec![0.0f32; CYCLE];
        for harmonic in 1..=harmonics {
            let amplitude = amplitude(wave, harmonic);
            if amplitude != 0.0 {
                for (i, value) in values.iter_mut().enumerate() {
                    *value += amplitude * sine[i * harmonic % CYCLE];
                }
            }
        }
        let peak = values
            .iter()
            .fold(0.0f32, |peak, value| peak.max(value.abs()));
        values.iter().map(|value| value / peak).collect()
    };
    WAVES
        .iter()
        .map(|&wave| {
            HARMONICS
                .iter()
                .map(|&harmonics| cycle(wave, harmonics))
                .collect()
        })
        .collect()
});

static SINE: LazyLock<Vec<f32>> = LazyLock::new(sine_cycle);

fn sine_cycle() -> Vec<f32> {
    (0..CYCLE)
        .map(|i| libm::sin(i as f64 / CYCLE as f64 * core::f64::consts::TAU) as f32)
        .collect()
}

/// Sine-series amplitude of a harmonic.
fn amplitude(wave: Wave, harmonic: usize) -> f32 {
    let n = harmonic as f32;
    let odd = harmonic % 2 == 1;
    match wave {
        Wave::Saw => 1.0 / n,
        Wave::Square if odd => 1.0 / n,
        // A pulse of one quarter: every fourth harmonic is missing.
        Wave::Pulse if !harmonic.is_multiple_of(4) => [0.0, 0.7, 1.0, 0.7][harmonic % 4] / n,
        Wave::Triangle if odd => [1.0, -1.0][harmonic / 2 % 2] / (n * n),
        Wave::Organ => match harmonic {
            1 => 1.0,
            2 => 0.7,
            3 => 0.5,
            4 => 0.35,
            6 => 0.2,
            8 => 0.15,
            _ => 0.0,
        },
        Wave::Square | Wave::Pulse | Wave::Triangle => 0.0,
    }
}

impl Cycle {
    /// The richest cycle of `wave` that does not alias at `pitch_hz`.
    pub(super) fn new(wave: Wave, pitch_hz: f32) -> Self {
        let allowed = (TOP_HZ / pitch_hz) as usize;
        let level = HARMONICS
            .iter()
            .rposition(|&harmonics| harmonics <= allowed)
            .unwrap_or(0);
        let wave = WAVES.iter().position(|&other| other == wave).unwrap_or(0);
        Self(&CYCLES[wave][level])
    }

    /// A pure sine.
    pub(super) fn sine() -> Self {
        Self(&SINE)
    }

    /// Value at a phase in cycles; whole cycles don't matter.
    #[inline]
    pub(super) fn at(&self, phase: f32) -> f32 {
        let position = (phase - phase.floor()) * CYCLE as f32;
        let index = position as usize % CYCLE;
        let fraction = position - position.floor();
        self.0[index] + fraction * (self.0[(index + 1) % CYCLE] - self.0[index])
    }
}
