//! Oracle: the integer log-mel against the float64 reference, over signals and levels.

use crate::reference::Reference;
use needledrop_frontend::{DbQ8, FftKind, FrontendConfig, LogMel};

/// Cells that count: within 80 dB of the frame's peak and above -95 dB.
const RANGE_DB: f64 = 80.0;
const LOWEST_DB: f64 = -95.0;
const LEVELS_DB: [f64; 6] = [0.0, -20.0, -40.0, -60.0, -80.0, -90.0];
const FRAMES: usize = 12;

#[derive(Default)]
struct Error {
    worst_db: f64,
    square_sum: f64,
    cells: usize,
    /// Worst of the cells more than 80, 90 and 100 dB below the frame's peak.
    deep_worst_db: [f64; 3],
}

impl Error {
    fn rms_db(&self) -> f64 {
        (self.square_sum / self.cells.max(1) as f64).sqrt()
    }

    fn add(&mut self, expected: &[Vec<f64>], actual: &[Vec<i16>]) {
        assert_eq!(expected.len(), actual.len());
        for (expected, actual) in expected.iter().zip(actual) {
            let peak = expected.iter().copied().fold(f64::MIN, f64::max);
            for (&expected, &actual) in expected.iter().zip(actual) {
                if expected < LOWEST_DB {
                    continue;
                }
                let error = (f64::from(DbQ8::from_bits(actual).to_f32()) - expected).abs();
                if expected < peak - RANGE_DB {
                    let decade = ((peak - RANGE_DB - expected) / 10.0) as usize;
                    let worst_db = &mut self.deep_worst_db[decade.min(2)];
                    *worst_db = worst_db.max(error);
                } else {
                    self.worst_db = self.worst_db.max(error);
                    self.square_sum += error * error;
                    self.cells += 1;
                }
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.worst_db = self.worst_db.max(other.worst_db);
        self.square_sum += other.square_sum;
        self.cells += other.cells;
        for (worst_db, other) in self.deep_worst_db.iter_mut().zip(other.deep_worst_db) {
            *worst_db = worst_db.max(other);
        }
    }
}

fn log_mel(config: &FrontendConfig, pcm: &[i16]) -> Vec<Vec<i16>> {
    let mut frames = Vec::new();
    LogMel::new(config)
        .expect("a preset is valid")
        .push(pcm, |frame| frames.push(frame.to_vec()));
    frames
}

/// Worst error over everything, and RMS on music; the table goes to stderr (`--nocapture`).
fn measure(config: &FrontendConfig) -> (Error, Error) {
    let reference = Reference::new(config);
    let samples = config.samples(FRAMES);
    let (mut all, mut music) = (Error::default(), Error::default());
    let mut row = |name: &str, errors: &[Error]| {
        let cells: Vec<String> = errors
            .iter()
            .map(|e| format!("{:.4}", e.worst_db))
            .collect();
        eprintln!("| {name} | {} |", cells.join(" | "));
        errors.iter().for_each(|error| all.merge(error));
    };
    let rate_hz = f64::from(config.sample_rate_hz);
    let mut signals = crate::signals::all(samples, rate_hz, config.n_fft);
    signals.push(("silence with dither", vec![0.0; samples]));
    for (name, signal) in signals {
        let errors: Vec<Error> = LEVELS_DB
            .iter()
            .map(|&level_db| {
                let pcm = if name == "silence with dither" {
                    crate::signals::to_dithered_pcm(&signal, level_db)
                } else {
                    crate::signals::to_pcm(&signal, level_db)
                };
                let mut error = Error::default();
                error.add(&reference.log_mel(&pcm), &log_mel(config, &pcm));
                error
            })
            .collect();
        row(name, &errors);
        if name == "music" {
            errors.iter().for_each(|error| music.merge(error));
        }
    }
    eprintln!(
        "{:?} {} {:?}: worst {:.4} dB, rms {:.4} dB, music rms {:.4} dB, {} cells; \
         80 to 90 dB below the peak {:.3} dB, 90 to 100 {:.3}, deeper {:.3}",
        config.preset_name(),
        config.n_fft,
        config.fft,
        all.worst_db,
        all.rms_db(),
        music.rms_db(),
        all.cells,
        all.deep_worst_db[0],
        all.deep_worst_db[1],
        all.deep_worst_db[2],
    );
    (all, music)
}

#[test]
fn every_preset_is_within_a_fiftieth_of_a_decibel() {
    for (name, config) in FrontendConfig::PRESETS {
        let (all, music) = measure(&config);
        assert!(all.worst_db <= 0.02, "{name}: worst {:.4} dB", all.worst_db);
        assert!(
            music.rms_db() <= 0.005,
            "{name}: rms {:.4} dB",
            music.rms_db()
        );
    }
}

#[test]
fn the_float_fft_is_within_a_fiftieth_of_a_decibel() {
    let config = FrontendConfig {
        fft: FftKind::Micro,
        ..FrontendConfig::SEED
    };
    let (all, music) = measure(&config);
    assert!(all.worst_db <= 0.02, "worst {:.4} dB", all.worst_db);
    assert!(music.rms_db() <= 0.005, "rms {:.4} dB", music.rms_db());
}

#[test]
fn extremes_keep_their_headroom_at_every_length() {
    for n_fft in [256, 512, 1024, 2048, 4096] {
        let config = FrontendConfig {
            n_fft,
            hop_samples: n_fft,
            mel_bands: 20,
            ..FrontendConfig::SEED
        };
        let reference = Reference::new(&config);
        let alternate = |half_period: usize| -> Vec<i16> {
            (0..n_fft)
                .map(|i| {
                    if (i / half_period).is_multiple_of(2) {
                        i16::MIN
                    } else {
                        i16::MAX
                    }
                })
                .collect()
        };
        let impulse = |at: usize, x: i16| -> Vec<i16> {
            (0..n_fft).map(|i| if i == at { x } else { 0 }).collect()
        };
        let mut signals = vec![vec![i16::MIN; n_fft], vec![i16::MAX; n_fft], vec![1; n_fft]];
        signals.extend([1, 2, 3, 4, 7, 64, n_fft / 4, n_fft / 2].map(alternate));
        signals.extend([1, n_fft / 8, n_fft / 2, n_fft - 1].map(|at| impulse(at, i16::MIN)));
        signals.extend([1, n_fft / 2].map(|at| impulse(at, 1)));
        for (i, pcm) in signals.iter().enumerate() {
            let mut error = Error::default();
            error.add(&reference.log_mel(pcm), &log_mel(&config, pcm));
            // A square of period 2 is a tone at Nyquist, where the last triangle is zero: the tone that sets the scale
            // is nearly 30 dB above the band that sets the range.
            assert!(
                error.worst_db <= 0.03,
                "{n_fft}, signal {i}: {:.4} dB",
                error.worst_db
            );
        }
    }
}
