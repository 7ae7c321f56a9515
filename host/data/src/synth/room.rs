//! What lies between the players and the microphone: equalisation, room, background, level.

use super::coefficients::{RATE_HZ, amplitude_of_db, one_pole};
use super::dice::Dice;
use super::tables::Cycle;

/// How a clip was recorded. Drawn from the same ranges for every label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recording {
    low_db: f32,
    high_db: f32,
    high_pass_hz: f32,
    low_pass_hz: f32,
    wet: f32,
    room_size: f32,
    decay: f32,
    noise_db: f32,
    noise_colour_hz: f32,
    hum_db: f32,
    peak_db: f32,
}

impl Recording {
    /// `wet` is the share of reverberation that suits the sound; it is varied widely.
    pub(super) fn new(wet: (f32, f32), dice: &mut Dice) -> Self {
        Self {
            low_db: dice.between((-4.0, 4.0)),
            high_db: dice.between((-5.0, 4.0)),
            high_pass_hz: if dice.chance(0.3) {
                dice.between((80.0, 260.0))
            } else {
                dice.between((20.0, 60.0))
            },
            low_pass_hz: if dice.chance(0.15) {
                dice.between((3_500.0, 7_000.0))
            } else {
                dice.between((7_000.0, 10_500.0))
            },
            wet: if dice.chance(0.15) {
                dice.between((0.0, 0.45))
            } else {
                dice.between(wet)
            },
            room_size: dice.between((0.5, 1.5)),
            decay: dice.between((0.55, 0.86)),
            noise_db: dice.between((-65.0, -30.0)),
            noise_colour_hz: dice.between((300.0, 9_000.0)),
            hum_db: if dice.chance(0.15) {
                dice.between((-50.0, -28.0))
            } else {
                -100.0
            },
            peak_db: dice.between((-20.0, -1.0)),
        }
    }

    /// The recording of `sound`.
    pub(super) fn process(&self, sound: &[f32], dice: &mut Dice) -> Vec<i16> {
        let mut dry = self.equalise(sound);
        let wet = self.reverberate(&dry);
        for (sample, wet) in dry.iter_mut().zip(wet) {
            *sample += self.wet * (wet - *sample);
        }
        self.add_background(&mut dry, dice);
        let peak = dry
            .iter()
            .fold(1e-9f32, |peak, sample| peak.max(sample.abs()));
        let gain = amplitude_of_db(self.peak_db) / peak * 32_767.0;
        dry.iter()
            .map(|sample| (sample * gain).round_ties_even() as i16)
            .collect()
    }

    /// Shelves below 250 Hz and above 2 kHz, then the band limits of microphone and loudspeaker.
    fn equalise(&self, sound: &[f32]) -> Vec<f32> {
        let (low_gain, high_gain) = (amplitude_of_db(self.low_db), amplitude_of_db(self.high_db));
        let (low_a, high_a) = (one_pole(250.0), one_pole(2_000.0));
        let (cut_a, top_a) = (one_pole(self.high_pass_hz), one_pole(self.low_pass_hz));
        let (mut low, mut middle, mut cut, mut top, mut top2) =
            (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
        sound
            .iter()
            .map(|&x| {
                low += low_a * (x - low);
                middle += high_a * (x - middle);
                let shaped = low_gain * low + (middle - low) + high_gain * (x - middle);
                cut += cut_a * (shaped - cut);
                top += top_a * (shaped - cut - top);
                top2 += top_a * (top - top2);
                top2
            })
            .collect()
    }

    /// Schroeder's reverberator: four combs side by side, two all-passes in a row.
    fn reverberate(&self, dry: &[f32]) -> Vec<f32> {
        let samples = |seconds: f32| ((seconds * self.room_size * RATE_HZ) as usize).max(1);
        let mut out = vec![0.0f32; dry.len()];
        for seconds in [0.0297, 0.0371, 0.0411, 0.0437] {
            let mut line = vec![0.0f32; samples(seconds)];
            let (mut position, mut damped) = (0, 0.0f32);
            for (sample, &x) in out.iter_mut().zip(dry) {
                let echo = line[position];
                damped += 0.6 * (echo - damped);
                line[position] = x + self.decay * damped;
                position = (position + 1) % line.len();
                *sample += 0.4 * echo;
            }
        }
        for seconds in [0.005, 0.0017] {
            let mut line = vec![0.0f32; samples(seconds)];
            let mut position = 0;
            for sample in &mut out {
                let echo = line[position];
                let into = *sample + 0.7 * echo;
                line[position] = into;
                *sample = echo - 0.7 * into;
                position = (position + 1) % line.len();
            }
        }
        out
    }

    fn add_background(&self, sound: &mut [f32], dice: &mut Dice) {
        let power =
            sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len().max(1) as f32;
        let rms = power.sqrt().max(1e-6);
        let noise = 1.8 * rms * amplitude_of_db(self.noise_db);
        let hum = rms * amplitude_of_db(self.hum_db);
        let colour = one_pole(self.noise_colour_hz);
        let sine = Cycle::sine();
        let (mut coloured, mut phase) = (0.0f32, 0.0f32);
        for sample in sound.iter_mut() {
            let white = dice.noise();
            coloured += colour * (white - coloured);
            *sample += noise * (0.3 * white + 0.7 * coloured)
                + hum * (sine.at(phase) + 0.5 * sine.at(3.0 * phase));
            phase += 50.0 / RATE_HZ;
            phase -= phase.floor();
        }
    }
}
