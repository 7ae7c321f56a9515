//! Standard input: WAV or raw 16-bit little-endian frames in, mono samples into the queue as they come.
use super::error::SourceError;
use crate::{
    queue::Feed,
    wav::{self, PcmLayout},
};
use needledrop_audio::mono;
use std::{
    io::{self, Read},
    sync::{atomic::Ordering, mpsc::SyncSender},
};

/// Finds out what standard input is, says so, and reads it.
pub(super) fn hear(
    wanted_hz: Option<u32>,
    feed: Feed,
    probed: &SyncSender<Result<PcmLayout, SourceError>>,
) {
    let mut stream = io::stdin().lock();
    match probe(&mut stream, wanted_hz) {
        Err(error) => drop(probed.send(Err(error))),
        Ok((layout, first)) => {
            if probed.send(Ok(layout)).is_ok() {
                read(&mut stream, layout, &first, feed);
            }
        }
    }
}

/// Tells WAV from raw samples by the first four bytes, which raw samples keep.
fn probe(
    stream: &mut impl Read,
    wanted_hz: Option<u32>,
) -> Result<(PcmLayout, Vec<u8>), SourceError> {
    let mut first = [0; 4];
    let mut got = 0;
    while got < first.len() {
        match stream.read(&mut first[got..]) {
            Ok(0) => break,
            Ok(bytes) => got += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    if &first == b"RIFF" {
        return Ok((wav::read_header(stream)?, Vec::new()));
    }
    let layout = PcmLayout {
        rate_hz: wanted_hz.ok_or(SourceError::NoRate)?,
        channels: 1,
    };
    Ok((layout, first[..got].to_vec()))
}

/// Enqueues 16-bit little-endian frames as they come.
fn read(stream: &mut impl Read, layout: PcmLayout, first: &[u8], mut feed: Feed) {
    let frame_bytes = 2 * usize::from(layout.channels);
    let mut bytes = first.to_vec();
    let mut chunk = [0; 4096];
    let mut samples = Vec::new();
    let mut pcm = Vec::new();
    loop {
        let whole = bytes.len() - bytes.len() % frame_bytes;
        samples.clear();
        samples.extend(
            bytes[..whole]
                .chunks_exact(2)
                .map(|pair| i16::from_le_bytes([pair[0], pair[1]])),
        );
        bytes.drain(..whole);
        pcm.clear();
        pcm.extend(mono(&samples, usize::from(layout.channels)));
        if !feed.push_all(&pcm) {
            return;
        }
        match stream.read(&mut chunk) {
            Ok(0) => return feed.signals().ended.store(true, Ordering::Release),
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return feed.signals().failed.store(true, Ordering::Release),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PcmLayout, SourceError, probe, read};
    use crate::{limits::BLOCK_SAMPLES, queue::Tap};
    use std::sync::atomic::Ordering;

    #[test]
    fn raw_samples_lose_nothing_to_the_probe_and_a_cut_frame_is_left_out() {
        let bytes: Vec<u8> = [1_i16, 3, -5, -7, 100, 200]
            .iter()
            .flat_map(|s| s.to_le_bytes())
            .chain([9])
            .collect();
        let mut stream = bytes.as_slice();
        let (layout, first) = probe(&mut stream, Some(8_000)).unwrap();
        assert_eq!(
            layout,
            PcmLayout {
                rate_hz: 8_000,
                channels: 1
            }
        );
        let mut tap = Tap::new();
        let (feed, signals) = tap.lend().unwrap();
        read(
            &mut stream,
            PcmLayout {
                channels: 2,
                ..layout
            },
            &first,
            feed,
        );
        let mut block = heapless::Vec::<i16, BLOCK_SAMPLES>::new();
        tap.drain(&mut block, usize::MAX);
        assert_eq!(block, [2, -6, 150]);
        assert!(signals.ended.load(Ordering::Acquire));
    }

    #[test]
    fn raw_samples_need_a_rate() {
        assert!(matches!(
            probe(&mut [1_u8, 2, 3, 4].as_slice(), None),
            Err(SourceError::NoRate)
        ));
    }
}
