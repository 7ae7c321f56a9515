//! Pitches in Hz, scales and chords in semitones.

/// Pitch of a MIDI note number, equal temperament, A4 = 440 Hz.
pub(super) fn pitch_hz(note: f32) -> f32 {
    (440.0 * libm::exp2((f64::from(note) - 69.0) / 12.0)) as f32
}

/// Semitones of a scale above its tonic.
pub(super) type Scale = &'static [i32];

pub(super) const MAJOR: Scale = &[0, 2, 4, 5, 7, 9, 11];
pub(super) const MINOR: Scale = &[0, 2, 3, 5, 7, 8, 10];
pub(super) const DORIAN: Scale = &[0, 2, 3, 5, 7, 9, 10];
pub(super) const MIXOLYDIAN: Scale = &[0, 2, 4, 5, 7, 9, 10];
pub(super) const PENTATONIC: Scale = &[0, 3, 5, 7, 10];
pub(super) const BLUES: Scale = &[0, 3, 5, 6, 7, 10];

/// Semitones above the tonic of a scale's degree, counted from 0; degrees beyond the scale are octaves higher or lower.
pub(super) fn degree(scale: Scale, degree: i32) -> i32 {
    let count = scale.len() as i32;
    12 * degree.div_euclid(count) + scale[degree.rem_euclid(count) as usize]
}

/// Semitones above the chord's root: a triad, or with its seventh.
pub(super) fn chord(scale: Scale, root_degree: i32, seventh: bool) -> Vec<i32> {
    let root = degree(scale, root_degree);
    let steps: &[i32] = if seventh { &[0, 2, 4, 6] } else { &[0, 2, 4] };
    steps
        .iter()
        .map(|step| degree(scale, root_degree + step) - root)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_and_chords_are_those_of_the_textbook() {
        assert_eq!(
            (-1..9).map(|d| degree(MAJOR, d)).collect::<Vec<_>>(),
            [-1, 0, 2, 4, 5, 7, 9, 11, 12, 14]
        );
        assert_eq!(chord(MAJOR, 0, false), [0, 4, 7]);
        assert_eq!(chord(MAJOR, 1, false), [0, 3, 7]);
        assert_eq!(chord(MIXOLYDIAN, 0, true), [0, 4, 7, 10]);
        assert!((pitch_hz(69.0) - 440.0).abs() < 1e-3);
        assert!((pitch_hz(57.0) - 220.0).abs() < 1e-3);
    }
}
