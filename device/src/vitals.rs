//! How the board itself is: what a live run adds to status records, in counts, 1/1000 and 0.1 °C, and where it comes
//! from.
use std::{fs, path::Path};

/// Numbers that do not follow from the sound. All zero or absent outside live runs, so that replayed records depend on
/// the sound alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Records that never reached the serial port.
    pub dropped_records: u64,
    /// Times that the audio device was opened again.
    pub audio_restarts: u32,
    /// Times that the serial port was opened again.
    pub serial_restarts: u32,
    /// Computing time over sound time since the last status, in 1/1000.
    pub real_time_factor_permille: Option<u32>,
    /// Temperature of the processor, in 0.1 degrees Celsius.
    pub temperature_c_x10: Option<i16>,
}

/// Where Linux lists its temperature sensors.
pub const THERMAL_DIR: &str = "/sys/class/thermal";

/// Temperature of the processor in 0.1 degrees Celsius, from `thermal_zone*` under `dir`.
///
/// The zone that names the CPU wins (`cpu-thermal` on a Raspberry Pi), else the first by name. `None` where there is no
/// sensor, as in most virtual machines.
pub fn temperature_c_x10(dir: &Path) -> Option<i16> {
    let entries = fs::read_dir(dir).ok()?;
    let mut zones: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("thermal_zone")
        })
        .map(|entry| entry.path())
        .collect();
    let names_cpu =
        |zone: &Path| fs::read_to_string(zone.join("type")).is_ok_and(|kind| kind.contains("cpu"));
    zones.sort_by_cached_key(|zone| (!names_cpu(zone), zone.clone()));
    let read = |zone: &std::path::PathBuf| {
        let text = fs::read_to_string(zone.join("temp")).ok()?;
        let millidegrees: i32 = text.trim().parse().ok()?;
        i16::try_from(millidegrees.div_euclid(100)).ok()
    };
    zones.iter().find_map(read)
}

#[cfg(test)]
mod tests {
    use super::temperature_c_x10;
    use std::fs;

    #[test]
    fn the_zone_of_the_processor_is_read() {
        let dir = tempfile::tempdir().unwrap();
        for (zone, kind, temp) in [
            ("thermal_zone0", "gpu-thermal\n", "30000\n"),
            ("thermal_zone1", "cpu-thermal\n", "47312\n"),
            ("cooling_device0", "fan\n", "1\n"),
        ] {
            let path = dir.path().join(zone);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("type"), kind).unwrap();
            fs::write(path.join("temp"), temp).unwrap();
        }
        assert_eq!(temperature_c_x10(dir.path()), Some(473));
        fs::write(dir.path().join("thermal_zone1/temp"), "unreadable").unwrap();
        assert_eq!(temperature_c_x10(dir.path()), Some(300), "the next zone");
        assert_eq!(temperature_c_x10(&dir.path().join("none")), None);
    }
}
