//! Who plays the files, and which one now: PulseAudio on this side, or the guest from its card.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::pulse::Pulse;
use super::sound::{Sound, wav_name};
use crate::child::{Running, last_line};

/// Silence between two files: what was heard ends, and the next begins.
const PAUSE: Duration = Duration::from_secs(1);

/// What the guest's own pauses and the start of its player take, at most.
const GUEST_SLACK: Duration = Duration::from_secs(3);

/// What plays.
#[derive(Debug)]
pub(crate) enum Player {
    /// Live, through PulseAudio.
    Host(Box<HostPlayer>),
    /// Inside the guest.
    Guest(GuestPlayer),
}

impl Player {
    /// Plays into `pulse`.
    pub(crate) fn live(pulse: Pulse, sounds: Vec<Sound>) -> Self {
        Self::Host(Box::new(HostPlayer {
            pulse,
            waiting: sounds.into(),
            playing: None,
            next_at: None,
        }))
    }

    /// The guest plays these, in the order of its card.
    pub(crate) fn in_guest(sounds: Vec<Sound>) -> Self {
        Self::Guest(GuestPlayer {
            sounds,
            played: 0,
            is_done: false,
        })
    }

    /// Time for everything, pauses included.
    pub(crate) fn length(sounds: &[Sound]) -> Duration {
        sounds
            .iter()
            .map(|sound| sound.length + PAUSE + GUEST_SLACK)
            .sum()
    }

    /// The server that the guest is to hear, if any.
    pub(crate) fn pulse(&self) -> Option<&Pulse> {
        match self {
            Self::Host(host) => Some(&host.pulse),
            Self::Guest(_) => None,
        }
    }

    /// The guest listens: go.
    pub(crate) fn start(&mut self, now: Instant) {
        match self {
            Self::Host(host) => host.next_at = Some(now),
            Self::Guest(_) => {}
        }
    }

    /// Goes on; gives the file that begins now.
    ///
    /// # Errors
    /// The player failed.
    pub(crate) fn step(&mut self, now: Instant) -> Result<Option<Sound>> {
        match self {
            Self::Host(host) => host.step(now),
            Self::Guest(_) => Ok(None),
        }
    }

    /// Whether everything was played.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Host(host) => {
                host.next_at.is_some() && host.waiting.is_empty() && host.playing.is_none()
            }
            Self::Guest(guest) => guest.is_done,
        }
    }

    /// The guest says that it has played all.
    pub(crate) fn guest_is_done(&mut self) {
        if let Self::Guest(guest) = self {
            guest.is_done = true;
        }
    }

    /// The file that the guest calls by its name on the card, the first time that it does.
    pub(crate) fn guest_plays(&mut self, wav: &str) -> Option<Sound> {
        let Self::Guest(guest) = self else {
            return None;
        };
        if wav != wav_name(guest.played) {
            return None;
        }
        guest.played += 1;
        guest.sounds.get(guest.played - 1).cloned()
    }
}

/// Plays one file after the other.
#[derive(Debug)]
pub(crate) struct HostPlayer {
    pulse: Pulse,
    waiting: VecDeque<Sound>,
    playing: Option<(Sound, Running)>,
    /// When the next may begin; `None` before the guest listens.
    next_at: Option<Instant>,
}

impl HostPlayer {
    fn step(&mut self, now: Instant) -> Result<Option<Sound>> {
        if let Some((sound, player)) = &mut self.playing {
            let Some(status) = player.ended()? else {
                return Ok(None);
            };
            if !status.success() {
                let words = last_line(&self.pulse.player_log());
                bail!("paplay ended with {status} on {}: {words}", sound.name);
            }
            self.playing = None;
            self.next_at = Some(now + PAUSE);
        }
        if self.next_at.is_none_or(|at| now < at) {
            return Ok(None);
        }
        let Some(sound) = self.waiting.pop_front() else {
            return Ok(None);
        };
        let player = self.pulse.play(&sound.wav)?;
        self.playing = Some((sound.clone(), player));
        Ok(Some(sound))
    }
}

/// Knows what the guest plays.
#[derive(Debug)]
pub(crate) struct GuestPlayer {
    sounds: Vec<Sound>,
    /// How many of them have begun.
    played: usize,
    is_done: bool,
}

#[cfg(test)]
mod tests {
    use super::Player;
    use crate::emulate::sound::Sound;
    use std::time::Duration;

    #[test]
    fn the_guest_names_each_file_twice_and_it_is_said_once() {
        let sound = |name: &str| Sound {
            name: name.to_owned(),
            wav: "unused".into(),
            length: Duration::from_secs(1),
        };
        let sounds = vec![sound("rock/a.ogg"), sound("jazz/b.ogg")];
        let mut player = Player::in_guest(sounds);
        let mut said = Vec::new();
        for wav in ["0001.wav", "0001.wav", "0002.wav", "0002.wav", "0003.wav"] {
            said.extend(player.guest_plays(wav).map(|sound| sound.name));
        }
        assert_eq!(said, ["rock/a.ogg", "jazz/b.ogg"]);
        assert!(!player.is_done());
        player.guest_is_done();
        assert!(player.is_done());
    }
}
