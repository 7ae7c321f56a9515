//! Streaming, owning types.
use crate::{ConfigError, FrontendConfig, FrontendId};

/// PCM at the model rate to log-mel frames.
pub struct LogMel {}
impl LogMel {
    /// Builds tables and state.
    pub fn new(_config: &FrontendConfig) -> Result<Self, ConfigError> {
        todo!()
    }
    /// Identity.
    pub fn id(&self) -> FrontendId {
        todo!()
    }
    /// Any amount of PCM; `on_frame` gets each frame, `mel_bands` values in Q8.8 dB.
    pub fn push(&mut self, _pcm: &[i16], _on_frame: impl FnMut(&[i16])) {
        todo!()
    }
    /// Forgets the signal, keeps the tables.
    pub fn reset(&mut self) {
        todo!()
    }
}

/// Integer polyphase resampler.
pub struct Resampler {}
impl Resampler {
    /// From `input_hz` to `output_hz`; equal rates pass unchanged.
    pub fn new(_input_hz: u32, _output_hz: u32) -> Result<Self, ConfigError> {
        todo!()
    }
    /// Any amount.
    pub fn push(&mut self, _pcm: &[i16], _on_pcm: impl FnMut(&[i16])) {
        todo!()
    }
    /// End of signal: gives the tail, so that S input samples give ceil(S * output / input), then resets.
    pub fn finish(&mut self, _on_pcm: impl FnMut(&[i16])) {
        todo!()
    }
    /// Forgets the signal.
    pub fn reset(&mut self) {
        todo!()
    }
}

/// Resampler and LogMel in one: what host, device and tests all use.
pub struct PcmFrontend {}
impl PcmFrontend {
    /// For PCM at `input_hz`.
    pub fn new(_config: &FrontendConfig, _input_hz: u32) -> Result<Self, ConfigError> {
        todo!()
    }
    /// Configuration.
    pub fn config(&self) -> &FrontendConfig {
        todo!()
    }
    /// Identity.
    pub fn id(&self) -> FrontendId {
        todo!()
    }
    /// Any amount of mono PCM at the input rate.
    pub fn push(&mut self, _pcm: &[i16], _on_frame: impl FnMut(&[i16])) {
        todo!()
    }
    /// End of signal: flushes the resampler's tail, then resets.
    pub fn finish(&mut self, _on_frame: impl FnMut(&[i16])) {
        todo!()
    }
    /// Forgets the signal.
    pub fn reset(&mut self) {
        todo!()
    }
}
