//! What a network sees of a clip: from stored integers, `[rows, bands]`, to normalised windows, `[bag, frames, bands]`.

use super::augment::Augment;
use super::order::{generator, stream};
use needledrop_bundle::{InputKind, Norm, Origin, Window};
use needledrop_data::window::{
    PCM_FULL_SCALE, Q8_8_PER_DB, fifteen_seconds, normalise, read_scaled, subtract_trailing,
    three_seconds, to_level, window_of,
};
use needledrop_data::{Clip, Error};
use needledrop_frontend::FrontendConfig;
use rand::Rng;

/// What a network sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Log-mel frames, or PCM samples with one value a row.
    pub kind: InputKind,
    /// What the graph does to it first.
    pub norm: Norm,
    /// One window.
    pub window: Window,
    /// Windows that are judged together, one every hop: the windows of a song for a network that learns from songs,
    /// 1 for all others.
    pub bag: usize,
}

impl Input {
    /// Log-mel windows, each normalised by itself.
    pub const fn log_mel(window: Window) -> Self {
        Self {
            kind: InputKind::LogMel,
            norm: Norm::Window,
            window,
            bag: 1,
        }
    }

    /// Log-mel windows of three seconds, or as long as an imported matrix.
    pub fn three_seconds(origin: &Origin) -> Self {
        Self::log_mel(window_of(origin, three_seconds))
    }

    /// Log-mel windows of a quarter of a minute, or as long as the clips are, or an imported matrix.
    pub fn quarter_minute(origin: &Origin, clip_rows: usize) -> Self {
        let by_time = |frontend: &FrontendConfig| fifteen_seconds(frontend, clip_rows);
        Self::log_mel(window_of(origin, by_time))
    }

    /// PCM as it is, full scale 1.
    pub const fn pcm(samples: usize, hop: usize) -> Self {
        Self {
            kind: InputKind::Pcm,
            norm: Norm::None,
            window: Window {
                frames: samples,
                hop,
                bands: 1,
            },
            bag: 1,
        }
    }

    /// The rows that one bag covers, as a window: bags do not overlap.
    pub const fn span(&self) -> Window {
        let frames = self.window.frames + (self.bag - 1) * self.window.hop;
        Window {
            frames,
            hop: frames,
            bands: self.window.bands,
        }
    }

    /// What a network of windows of any length learns from: `share` of the frames, at least `least`, half overlapping.
    pub fn cropped(&self, share: f32, least: usize) -> Self {
        let frames = ((self.window.frames as f32 * share).ceil() as usize).max(least);
        if frames >= self.window.frames {
            return *self;
        }
        Self {
            window: Window {
                frames,
                hop: frames.div_ceil(2),
                ..self.window
            },
            ..*self
        }
    }

    /// What validation judges while training: windows, or spans of a bag.
    pub const fn judged_window(&self) -> Window {
        if self.bag == 1 {
            self.window
        } else {
            self.span()
        }
    }

    /// The same windows, each by itself.
    pub const fn one_by_one(&self) -> Self {
        Self { bag: 1, ..*self }
    }

    /// Values of a bag.
    pub const fn values(&self) -> usize {
        self.bag * self.window.frames * self.window.bands
    }

    /// Steps of the stored integers in one dB, or in PCM's full scale.
    pub const fn steps_per_unit(&self) -> f32 {
        match self.kind {
            InputKind::Pcm => PCM_FULL_SCALE,
            _ => Q8_8_PER_DB,
        }
    }

    /// Sizes of a graph's input of so many rows behind the batch axis: `[rows, bands]`, or `[samples]`.
    pub fn axes(&self, rows: usize) -> Vec<usize> {
        self.kind.axes(rows, self.window.bands)
    }

    /// A bag of a clip as the network takes it, `[bag, frames, bands]`; a clip that ends too soon is repeated.
    ///
    /// # Errors
    /// Those of reading the clip.
    pub fn fill(&self, clip: &Clip, first_row: usize, out: &mut [f32]) -> Result<(), Error> {
        let mut rng = generator(0, stream::WINDOW, 0, 0);
        self.fill_augmented(clip, first_row, out, &Augment::NONE, &mut rng)
    }

    /// As [`Input::fill`], with the changes to a training window: one microphone and one room for a whole bag, masks of
    /// its own for each window. PCM is left as it is.
    ///
    /// # Errors
    /// Those of reading the clip.
    pub fn fill_augmented(
        &self,
        clip: &Clip,
        first_row: usize,
        out: &mut [f32],
        augment: &Augment,
        rng: &mut impl Rng,
    ) -> Result<(), Error> {
        let Window { hop, bands, .. } = self.window;
        let (len, span) = (self.window.values(), self.span());
        let augment = match self.kind {
            InputKind::LogMel => *augment,
            _ => Augment::NONE,
        };
        if self.bag == 1 {
            read_scaled(clip, span, first_row, self.steps_per_unit(), out)?;
            augment.sound(out, span, rng);
        } else {
            let mut rows = vec![0.0; span.values()];
            read_scaled(clip, span, first_row, self.steps_per_unit(), &mut rows)?;
            augment.sound(&mut rows, span, rng);
            for (index, out) in out.chunks_exact_mut(len).enumerate() {
                out.copy_from_slice(&rows[index * hop * bands..][..len]);
            }
        }
        for values in out.chunks_exact_mut(len) {
            self.normalise(values);
            augment.mask(values, self.window, rng);
        }
        Ok(())
    }

    /// What the graph does first, on one window.
    fn normalise(&self, values: &mut [f32]) {
        match self.norm {
            Norm::Window => normalise(values),
            Norm::Trailing(frames) => {
                subtract_trailing(values, self.window.bands, frames as usize);
            }
            Norm::Level(reference_db) => to_level(values, f32::from(reference_db)),
            _ => {}
        }
    }
}
