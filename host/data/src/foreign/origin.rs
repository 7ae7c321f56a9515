//! Whose features the records hold: one of our frontends', or another program's.

use super::record::RAW_AUDIO;
use super::scan::Scanned;
use crate::Kind;
use needledrop_bundle::{Matrix, Origin};
use needledrop_frontend::FrontendConfig;

/// The origin of all records' features.
pub(super) fn settle(scanned: &[Scanned]) -> Result<Origin, String> {
    let ours = |config| Origin::of(config).map_err(|error| error.to_string());
    let mut log_mel = scanned
        .iter()
        .map(|scanned| &scanned.seen)
        .filter(|seen| seen.kind == Kind::LogMel);
    let Some(first) = log_mel.next() else {
        return ours(RAW_AUDIO);
    };
    let mut rows = vec![first.rows];
    for seen in log_mel {
        if seen.bands != first.bands {
            return Err(format!(
                "its records have {} and {} bands; all must have the same",
                first.bands, seen.bands
            ));
        }
        if seen.frontend_id != first.frontend_id {
            return Err(format!(
                "its records are of frontend {} and of {}",
                first.frontend_id.as_deref().unwrap_or("none"),
                seen.frontend_id.as_deref().unwrap_or("none")
            ));
        }
        rows.push(seen.rows);
    }
    rows.sort_unstable();
    let frames = rows[rows.len() / 2];
    let external = Matrix::new(first.bands, frames).map(Origin::External);
    let Some(id) = &first.frontend_id else {
        return external.ok_or_else(|| {
            let bands = first.bands;
            format!("its records have {frames} x {bands} values; that is no window")
        });
    };
    if let Some(external) = external.filter(|external| external.to_string() == *id) {
        return Ok(external);
    }
    for (name, preset) in FrontendConfig::PRESETS {
        let origin = ours(preset)?;
        if origin.to_string() == *id {
            return match preset.mel_bands == first.bands {
                true => Ok(origin),
                false => Err(format!(
                    "its records say frontend {id} (preset {name}) but have {} bands, not {}",
                    first.bands, preset.mel_bands
                )),
            };
        }
    }
    Err(format!(
        "its records are of frontend {id}, which is none of this program's presets; \
        prepare the data again, or leave the key `frontend_id` out for features of other programs"
    ))
}
