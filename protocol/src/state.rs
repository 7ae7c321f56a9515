//! Decision states and their names on the wire.

/// Why the board says `no-music`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoMusic {
    /// The window is below the model's level gate.
    Level,
    /// The model's own label `no-music` won.
    Model,
}

/// Why the board says `no-audio`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoAudio {
    /// The device is gone or reports an error; the board keeps trying to reopen it.
    Lost,
    /// Exact zeros for two seconds: a switched-off microphone, not a quiet room.
    Muted,
    /// The device is open but gives no samples.
    Starved,
}

/// What the board says about the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// A genre; the first candidate names it.
    Music,
    /// Sound, but no class probable enough.
    Uncertain,
    /// Sound that is not music, or too soft to say.
    NoMusic(NoMusic),
    /// Nothing usable arrives.
    NoAudio(NoAudio),
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Music,
        Self::Uncertain,
        Self::NoMusic(NoMusic::Level),
        Self::NoMusic(NoMusic::Model),
        Self::NoAudio(NoAudio::Lost),
        Self::NoAudio(NoAudio::Muted),
        Self::NoAudio(NoAudio::Starved),
    ];

    /// Field `state`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Music => "music",
            Self::Uncertain => "uncertain",
            Self::NoMusic(_) => "no-music",
            Self::NoAudio(_) => "no-audio",
        }
    }

    /// Field `cause`; empty where a state has none.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Music | Self::Uncertain => "",
            Self::NoMusic(NoMusic::Level) => "level",
            Self::NoMusic(NoMusic::Model) => "model",
            Self::NoAudio(NoAudio::Lost) => "lost",
            Self::NoAudio(NoAudio::Muted) => "muted",
            Self::NoAudio(NoAudio::Starved) => "starved",
        }
    }

    pub(crate) fn from_names(name: &str, cause: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == name && state.cause() == cause)
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn names_tell_every_state_apart() {
        for state in State::ALL {
            assert_eq!(State::from_names(state.name(), state.cause()), Some(state));
        }
        assert_eq!(State::from_names("music", "level"), None);
        assert_eq!(State::from_names("no-audio", ""), None);
    }
}
