//! Values of others as ours: 16-bit, Q8.8 dB or PCM.
//!
//! Bytes are taken as little-endian 16-bit values, integers as the values themselves. Floats are dB for log-mel; for
//! raw audio they are either shares of full scale or 16-bit values, which only the loudest sample of the whole data set
//! tells.

use crate::units::{PCM_FULL_SCALE, Q8_8_PER_DB};
use crate::view::List;
use crate::{Kind, Scalar};

/// What raw audio as floats is multiplied by, for all records of a data set alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale(f32);

impl Scale {
    /// By the loudest sample of the data set.
    pub(super) fn of(loudest: f32) -> Self {
        Self(if loudest <= 1.0 { PCM_FULL_SCALE } else { 1.0 })
    }
}

/// Values that a list holds.
pub(super) fn count(list: List<'_>) -> Result<usize, String> {
    let mut count = 0;
    match list {
        List::Bytes(_) => {
            let bytes = list.bytes()?.len();
            if !bytes.is_multiple_of(i16::BYTES) {
                return Err(format!("holds {bytes} bytes, no whole 16-bit values"));
            }
            count = bytes / i16::BYTES;
        }
        List::Floats(_) => list.each_float(|_| count += 1)?,
        List::Ints(_) => list.each_int(|_| count += 1)?,
        List::Empty => {}
    }
    Ok(count)
}

/// Largest magnitude of floats; 0 for the other lists.
pub(super) fn loudest(list: List<'_>) -> Result<f32, String> {
    let mut loudest = 0.0_f32;
    if let List::Floats(_) = list {
        let mut finite = true;
        list.each_float(|value| {
            finite &= value.is_finite();
            loudest = loudest.max(value.abs());
        })?;
        if !finite {
            return Err("its audio holds what is no number".to_owned());
        }
        if loudest > PCM_FULL_SCALE {
            return Err(format!(
                "its audio has a sample of {loudest}, beyond 16 bits"
            ));
        }
    }
    Ok(loudest)
}

/// The values as ours.
pub(super) fn convert(list: List<'_>, kind: Kind, scale: Scale) -> Result<Vec<i16>, String> {
    let most = count(list)?;
    let mut values = Vec::new();
    match list {
        List::Bytes(_) => values = i16::load_all(list.bytes()?),
        List::Floats(_) => {
            values.reserve_exact(most);
            let factor = match kind {
                Kind::LogMel => Q8_8_PER_DB,
                _ => scale.0,
            };
            let mut finite = true;
            list.each_float(|value| {
                finite &= value.is_finite();
                // Saturates.
                values.push((value * factor).round_ties_even() as i16);
            })?;
            if !finite {
                return Err("its values hold what is no number".to_owned());
            }
        }
        List::Ints(_) => {
            values.reserve_exact(most);
            let mut wide = None;
            list.each_int(|value| match i16::try_from(value) {
                Ok(value) => values.push(value),
                Err(_) => wide = Some(value),
            })?;
            if let Some(value) = wide {
                return Err(format!("its values hold {value}, which has no 16 bits"));
            }
        }
        List::Empty => {}
    }
    Ok(values)
}

/// Position of the one 1 among noughts.
pub(super) fn the_one(list: List<'_>) -> Result<u64, String> {
    let (mut at, mut one, mut others) = (0_u64, None, 0_u64);
    let mut see = |is_one: bool, is_nought: bool| {
        if is_one && one.is_none() {
            one = Some(at);
        } else if !is_nought {
            others += 1;
        }
        at += 1;
    };
    match list {
        List::Floats(_) => list.each_float(|value| see(value == 1.0, value == 0.0))?,
        _ => list.each_int(|value| see(value == 1, value == 0))?,
    }
    match (one, others) {
        (Some(one), 0) => Ok(one),
        _ => Err("is not a single 1 among noughts".to_owned()),
    }
}
