//! What the tests of `needledrop prepare` share: running it, and music to run it on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rate of all clips.
pub(crate) const RATE_HZ: u32 = 22_050;

/// A folder with music in it and a data set to be.
pub(crate) struct Folder {
    pub(crate) root: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) out: PathBuf,
    _root: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let (data, out) = (root.join("music"), root.join("set"));
        fs::create_dir(&data).unwrap();
        Self {
            root,
            data,
            out,
            _root: folder,
        }
    }

    /// `needledrop prepare` into the data set, not yet run, outside any batch system.
    pub(crate) fn command(&self, more: &[&str]) -> Command {
        self.command_into(&self.out, more)
    }

    pub(crate) fn command_into(&self, out: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_needledrop"));
        command
            .args(["prepare", "--json", "--data"])
            .arg(&self.data)
            .arg("--out")
            .arg(out)
            .args(more)
            .env_remove("SLURM_ARRAY_TASK_ID")
            .env_remove("JOB_COMPLETION_INDEX");
        command
    }
}

/// Writes mono PCM.
pub(crate) fn write_wav(path: &Path, pcm: &[i16]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    pcm.iter()
        .for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
}

/// Notes of random pitch, length and colour over a breath of noise; another song for every `seed`.
pub(crate) fn song(seed: u32, seconds: f64) -> Vec<i16> {
    let mut state = seed.wrapping_mul(2_654_435_761) ^ 0x5bd1_e995;
    let mut dice = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    };
    let samples = (seconds * f64::from(RATE_HZ)) as usize;
    let mut pcm = Vec::with_capacity(samples);
    while pcm.len() < samples {
        let pitch_hz = 80.0 * 2f64.powf(dice() * 4.0);
        let length = (f64::from(RATE_HZ) * (0.08 + 0.4 * dice())) as usize;
        let [second, third, noise] = [dice(), dice(), dice() * 0.3];
        for i in 0..length {
            let turns = i as f64 * pitch_hz / f64::from(RATE_HZ) * std::f64::consts::TAU;
            let tone = turns.sin() + second * (2.0 * turns).sin() + third * (3.0 * turns).sin();
            let decay = (-3.0 * i as f64 / length as f64).exp();
            pcm.push((3_000.0 * decay * tone + 3_000.0 * noise * (dice() - 0.5)) as i16);
        }
    }
    pcm.truncate(samples);
    pcm
}
