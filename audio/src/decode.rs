//! What symphonia reads: the bytes of a file in any of its formats to mono PCM, packet by packet.

use crate::downmix::PlanarMix;
use crate::sample::{I24, Sample, U24};
use crate::step::{Failure, Step};
use std::panic::{AssertUnwindSafe, catch_unwind};
use symphonia::core::audio::sample::{i24, u24};
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

/// An open stream.
pub(crate) struct Stream {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    mix: PlanarMix,
    /// Frames the container promises, trimmed delay and padding included or not as the format does.
    pub(crate) promised_frames: Option<u64>,
}

impl Stream {
    /// Probes a source; `extension` is a hint only.
    pub(crate) fn open(
        source: Box<dyn MediaSource>,
        extension: Option<&str>,
    ) -> Result<Self, Failure> {
        guarded(|| {
            let mut hint = Hint::new();
            if let Some(extension) = extension {
                hint.with_extension(extension);
            }
            let stream = MediaSourceStream::new(source, Default::default());
            let format = symphonia::default::get_probe().probe(
                &hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )?;
            let track = format
                .default_track(TrackType::Audio)
                .ok_or_else(|| Failure::Format("it has no audio track".to_owned()))?;
            let (id, promised_frames) = (track.id, track.num_frames);
            let decoder = decoder_of(track)?;
            Ok(Self {
                format,
                decoder,
                track: id,
                mix: PlanarMix::default(),
                promised_frames,
            })
        })
    }

    /// Decodes one packet of the audio track and appends its mono PCM to `out`.
    pub(crate) fn step(&mut self, out: &mut Vec<i16>) -> Step {
        guarded(|| Ok(self.step_unguarded(out))).unwrap_or_else(Step::Broken)
    }

    fn step_unguarded(&mut self, out: &mut Vec<i16>) -> Step {
        let packet = loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => break packet,
                Ok(Some(_)) => {}
                Ok(None) => return Step::End,
                // Chained Ogg streams: a new stream begins where the old one ended.
                Err(SymphoniaError::ResetRequired) => match self.restart() {
                    Ok(()) => {}
                    Err(failure) => return Step::Broken(failure),
                },
                Err(error) => return Step::Broken(error.into()),
            }
        };
        match self.decoder.decode(&packet) {
            Ok(buffer) => {
                let (rate_hz, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
                mix_down(&mut self.mix, &buffer, out);
                Step::Samples { rate_hz, channels }
            }
            Err(SymphoniaError::DecodeError(_)) => Step::DamagedPacket,
            // Decoders that run off the end of a packet say so as an I/O error; the container is not concerned.
            Err(SymphoniaError::IoError(error))
                if error.kind() == std::io::ErrorKind::UnexpectedEof =>
            {
                Step::DamagedPacket
            }
            Err(error) => Step::Broken(error.into()),
        }
    }

    fn restart(&mut self) -> Result<(), Failure> {
        let track = self
            .format
            .default_track(TrackType::Audio)
            .ok_or_else(|| Failure::Format("its later streams have no audio track".to_owned()))?;
        self.decoder = decoder_of(track)?;
        self.track = track.id;
        self.promised_frames = None;
        Ok(())
    }
}

impl From<SymphoniaError> for Failure {
    fn from(error: SymphoniaError) -> Self {
        match error {
            SymphoniaError::IoError(error) => Self::of_io(error),
            other => Self::Format(other.to_string()),
        }
    }
}

fn decoder_of(track: &Track) -> Result<Box<dyn AudioDecoder>, Failure> {
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(Failure::Format("its codec is unknown".to_owned()));
    };
    Ok(symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())?)
}

/// A decoder's panic on a malformed file must cost that file, not the run over a hundred thousand.
/// The stream is not used again after a failure, so no broken state is seen.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Failure::Format(
            "the decoder gave up on malformed data".to_owned(),
        ))
    })
}

fn mix_down(mix: &mut PlanarMix, buffer: &GenericAudioBufferRef<'_>, out: &mut Vec<i16>) {
    match buffer {
        GenericAudioBufferRef::U8(planes) => mix_planes(mix, planes, |&s| s, out),
        GenericAudioBufferRef::U16(planes) => mix_planes(mix, planes, |&s| s, out),
        GenericAudioBufferRef::U24(planes) => mix_planes(mix, planes, |&u24(s)| U24(s), out),
        GenericAudioBufferRef::U32(planes) => mix_planes(mix, planes, |&s| s, out),
        GenericAudioBufferRef::S8(planes) => mix_planes(mix, planes, |&s| s, out),
        GenericAudioBufferRef::S16(planes) => mix_planes(mix, planes, |&s| s, out),
        GenericAudioBufferRef::S24(planes) => mix_planes(mix, planes, |&i24(s)| I24(s), out),
        GenericAudioBufferRef::S32(planes) => mix_planes(mix, planes, |&s| s, out),
        GenericAudioBufferRef::F32(planes) => mix_planes(mix, planes, |&s| s, out),
        GenericAudioBufferRef::F64(planes) => mix_planes(mix, planes, |&s| s, out),
    }
}

fn mix_planes<S, P>(
    mix: &mut PlanarMix,
    buffer: &AudioBuffer<S>,
    sample: impl Fn(&S) -> P + Copy,
    out: &mut Vec<i16>,
) where
    S: symphonia::core::audio::sample::Sample,
    P: Sample,
{
    mix.begin(buffer.frames());
    for plane in buffer.iter_planes() {
        mix.add_plane(plane.iter().map(sample));
    }
    mix.finish(out);
}
