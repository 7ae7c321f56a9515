//! Which of the configurations that a sound card offers is asked for: offers in, one of them and a rate in Hz out.
use crate::limits::{MAX_RATE_HZ, MIN_RATE_HZ};
use core::cmp::Reverse;
use std::ops::RangeInclusive;

/// Rates in order of preference, in Hz. 44 100 first: it is the rate of most music and twice the usual model rate, so
/// that the resampler is at its cheapest. A rate below the model's comes last, as it lacks the highest bands.
const PREFERRED_RATES_HZ: [u32; 9] = [
    44_100, 48_000, 88_200, 96_000, 32_000, 24_000, 22_050, 16_000, 8_000,
];

/// Least rate that is preferred to another one of a range, in Hz.
const FULL_BAND_HZ: u32 = 44_100;

/// One configuration range of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer<F> {
    /// Sample format, opaque here.
    pub format: F,
    /// How much the format is wanted; higher is better.
    pub format_rank: u8,
    /// Channels.
    pub channels: u16,
    /// Rates in Hz.
    pub rates_hz: RangeInclusive<u32>,
}

/// The offer to take and the rate to ask for, or `None` when none can be used.
///
/// `wanted_hz` (from the command line) wins when a device has it. Then: the best rate, the fewest channels (a device
/// that gives mono does its own downmix, bit-exactly), the best format.
pub fn choose<F: Copy>(offers: &[Offer<F>], wanted_hz: Option<u32>) -> Option<(Offer<F>, u32)> {
    let rated = offers
        .iter()
        .filter_map(|offer| rate(&offer.rates_hz, wanted_hz).map(|rate| (offer, rate)));
    let best = rated.max_by_key(|(offer, rate)| {
        (
            wanted_hz == Some(*rate),
            Reverse(preference(*rate)),
            Reverse(offer.channels),
            offer.format_rank,
        )
    });
    best.map(|(offer, rate)| (offer.clone(), rate))
}

fn preference(rate_hz: u32) -> usize {
    let listed = PREFERRED_RATES_HZ.iter().position(|&rate| rate == rate_hz);
    listed.unwrap_or(match rate_hz >= FULL_BAND_HZ {
        true => PREFERRED_RATES_HZ.len(),
        false => PREFERRED_RATES_HZ.len() + 1,
    })
}

fn rate(offered: &RangeInclusive<u32>, wanted_hz: Option<u32>) -> Option<u32> {
    let usable = *offered.start().max(&MIN_RATE_HZ)..=*offered.end().min(&MAX_RATE_HZ);
    let in_range = |rate: &u32| usable.contains(rate);
    wanted_hz
        .filter(in_range)
        .or_else(|| PREFERRED_RATES_HZ.into_iter().find(in_range))
        .or_else(|| (!usable.is_empty()).then(|| *usable.end()))
}

#[cfg(test)]
mod tests {
    use super::{Offer, choose};

    fn offer(
        format: char,
        format_rank: u8,
        channels: u16,
        rates_hz: std::ops::RangeInclusive<u32>,
    ) -> Offer<char> {
        Offer {
            format,
            format_rank,
            channels,
            rates_hz,
        }
    }

    fn chosen(offers: &[Offer<char>], wanted_hz: Option<u32>) -> Option<(char, u16, u32)> {
        choose(offers, wanted_hz).map(|(offer, rate)| (offer.format, offer.channels, rate))
    }

    #[test]
    fn a_server_that_offers_everything_is_asked_for_16_bit_mono_at_44100() {
        let offers = [
            offer('f', 2, 2, 1..=384_000),
            offer('i', 3, 2, 1..=384_000),
            offer('f', 2, 1, 1..=384_000),
            offer('i', 3, 1, 1..=384_000),
        ];
        assert_eq!(chosen(&offers, None), Some(('i', 1, 44_100)));
        assert_eq!(chosen(&offers, Some(16_000)), Some(('i', 1, 16_000)));
    }

    #[test]
    fn a_card_gives_what_it_has() {
        let usb = [offer('w', 1, 2, 48_000..=48_000)];
        assert_eq!(chosen(&usb, None), Some(('w', 2, 48_000)));
        assert_eq!(chosen(&usb, Some(44_100)), Some(('w', 2, 48_000)));
        let odd = [offer('i', 3, 1, 11_025..=11_025)];
        assert_eq!(chosen(&odd, None), Some(('i', 1, 11_025)));
        let fast = [offer('i', 3, 1, 192_000..=192_000)];
        assert_eq!(chosen(&fast, None), None, "above what the resampler takes");
    }

    #[test]
    fn rate_counts_more_than_channels() {
        let offers = [
            offer('i', 3, 1, 8_000..=16_000),
            offer('i', 3, 2, 44_100..=48_000),
        ];
        assert_eq!(chosen(&offers, None), Some(('i', 2, 44_100)));
    }
}
