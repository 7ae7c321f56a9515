//! The signals of make.py, in the same integer arithmetic.

const RATE: usize = 22_050;
/// Of A minor pentatonic and its chords, millihertz.
const MELODY: [i64; 8] = [
    440_000, 523_251, 587_330, 659_255, 783_991, 659_255, 587_330, 523_251,
];
const BASS: [i64; 4] = [55_000, 65_406, 73_416, 82_407];

/// 16-bit PCM.
pub(crate) fn signal(name: &str) -> Vec<i16> {
    let samples = match name {
        "band" => band(10 * RATE, 0),
        "detuned" => band(6 * RATE, 37),
        "noise" => noise(4 * RATE, 1).iter().map(|value| value >> 2).collect(),
        "quiet" => band(6 * RATE, 0).iter().map(|value| value >> 10).collect(),
        "islands" => islands(),
        "silence" => vec![0; RATE],
        "short" => band(3000, 0),
        _ => unreachable!("no signal is called {name}"),
    };
    samples
        .into_iter()
        .map(|value| value.clamp(i16::MIN.into(), i16::MAX.into()) as i16)
        .collect()
}

/// Sound between digital silences.
fn islands() -> Vec<i64> {
    let mut samples = vec![0; 6 * RATE];
    samples[RATE..2 * RATE].copy_from_slice(&band(RATE, 0));
    let tone = triangle(2 * RATE, 311_127);
    for (sample, value) in samples[4 * RATE..].iter_mut().zip(tone) {
        *sample = value >> 2;
    }
    samples
}

/// 16-bit white noise of a linear congruential generator.
fn noise(samples: usize, seed: u32) -> Vec<i64> {
    let mut state = seed;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i64::from(state >> 16) - 32_768
        })
        .collect()
}

/// A triangle wave of full 16-bit amplitude; the phase is 32-bit.
fn triangle(samples: usize, millihertz: i64) -> Vec<i64> {
    let step = millihertz * (1 << 32) / (RATE as i64 * 1000);
    (0..samples as i64)
        .map(|i| {
            let place = ((i * step) & 0xffff_ffff) >> 15;
            place.min(131_071 - place) - 32_768
        })
        .collect()
}

/// Falls from 65536 to 0 in `length` samples, as a square.
fn fade(samples: usize, length: usize) -> Vec<i64> {
    (0..samples)
        .map(|i| {
            let left = length.saturating_sub(i) as i64 * 65_536 / length as i64;
            (left * left) >> 16
        })
        .collect()
}

fn faded(values: &[i64], length: usize) -> Vec<i64> {
    values
        .iter()
        .zip(fade(values.len(), length))
        .map(|(value, fade)| (value * fade) >> 16)
        .collect()
}

/// Bass, chords, melody and drums; `cents` shifts all pitches by cents, in steps of 1 to 1731.
fn band(samples: usize, cents: i64) -> Vec<i64> {
    let beat = RATE / 4;
    let long = beat * 3;
    let rattle = noise(beat, 7);
    let tuned = |millihertz: i64| millihertz + millihertz * cents / 1731;
    let mut out = vec![0; samples];
    for (i, start) in (0..samples).step_by(beat).enumerate() {
        let mut add = |values: Vec<i64>, gain: i64| {
            for (sample, value) in out[start..].iter_mut().zip(values) {
                *sample += (value * gain) >> 8;
            }
        };
        let root = tuned(BASS[i / 4 % 4]);
        let tone = |millihertz: i64, length: usize| faded(&triangle(length, millihertz), length);
        add(tone(root, beat), 60);
        add(tone(tuned(MELODY[i * 5 % 8]), long), 40);
        if i % 4 == 0 {
            for multiple in [4, 5, 6] {
                add(tone(root * multiple, long), 24);
            }
        }
        let (length, gain) = if i % 2 == 1 {
            (beat / 2, 30)
        } else {
            (beat / 6, 18)
        };
        add(faded(&rattle, length), gain);
    }
    out
}
