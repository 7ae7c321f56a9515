//! Smoothed probabilities to what the board says.
//!
//! A class is said once its probability reaches its threshold and goes on being said until it falls
//! [`HYSTERESIS`] below it or another class reaches its own; the level gate closes below its level and opens
//! [`GATE_HYSTERESIS_DB_X10`] above it. So a value that dances on a border does not make the board stutter.
use needledrop_bundle::{Metadata, NO_MUSIC};
use needledrop_protocol::{NoMusic, State};

/// Probability by which a class that is said may fall below its threshold.
pub const HYSTERESIS: f64 = 0.1;

/// Level above the gate at which a closed gate opens, in 0.1 dB.
pub const GATE_HYSTERESIS_DB_X10: i16 = 20;

/// Level gate: closed for sound too soft to be judged.
#[derive(Clone, Debug)]
pub struct Gate {
    close_below_dbfs_x10: i16,
    closed: bool,
}

impl Gate {
    /// Closes below `gate_dbfs`.
    pub fn new(gate_dbfs: f64) -> Self {
        Self {
            close_below_dbfs_x10: libm::rint(gate_dbfs * 10.0) as i16,
            closed: false,
        }
    }

    /// Takes the level of a window in 0.1 dBFS, `None` for silence; `true` when the gate is closed.
    pub fn process(&mut self, level_dbfs_x10: Option<i16>) -> bool {
        let border = match self.closed {
            true => self
                .close_below_dbfs_x10
                .saturating_add(GATE_HYSTERESIS_DB_X10),
            false => self.close_below_dbfs_x10,
        };
        self.closed = level_dbfs_x10.is_none_or(|level| level < border);
        self.closed
    }

    /// Open.
    pub fn reset(&mut self) {
        self.closed = false;
    }
}

/// What is said, as an index of the model's labels where it is a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The state.
    pub state: State,
    /// The class that the state is about.
    pub class: Option<usize>,
}

impl Verdict {
    /// Sound, nothing known yet.
    pub const LISTENING: Self = Self {
        state: State::Uncertain,
        class: None,
    };
}

/// Chooses among classes, with hysteresis.
#[derive(Clone, Debug)]
pub struct Decider {
    thresholds: Vec<f64>,
    no_music: Option<usize>,
    said: Option<usize>,
}

impl Decider {
    /// With the thresholds of a model.
    pub fn new(metadata: &Metadata) -> Self {
        let threshold = |class: usize| {
            let own = metadata.thresholds.get(class).copied().map(f64::from);
            own.filter(|&own| own > 0.0)
                .unwrap_or(metadata.decision.confident)
        };
        Self {
            thresholds: (0..metadata.labels.len()).map(threshold).collect(),
            no_music: metadata.labels.iter().position(|label| label == NO_MUSIC),
            said: None,
        }
    }

    /// One smoothed distribution in, one verdict out.
    pub fn process(&mut self, posterior: &[f64]) -> Verdict {
        let best = ranked(posterior).next();
        let reaches = |class: usize, slack: f64| posterior[class] >= self.thresholds[class] - slack;
        let challenger = best.filter(|&best| reaches(best, 0.0));
        let kept = self.said.filter(|&said| reaches(said, HYSTERESIS));
        self.said = challenger.or(kept);
        match self.said {
            None => Verdict {
                state: State::Uncertain,
                class: best,
            },
            said if said == self.no_music => Verdict {
                state: State::NoMusic(NoMusic::Model),
                class: said,
            },
            said => Verdict {
                state: State::Music,
                class: said,
            },
        }
    }

    /// Nothing said.
    pub fn reset(&mut self) {
        self.said = None;
    }
}

/// Classes by falling probability; equal ones in the order of the labels.
pub fn ranked(posterior: &[f64]) -> impl Iterator<Item = usize> + '_ {
    let mut before: Option<(f64, usize)> = None;
    core::iter::from_fn(move || {
        let after = |&(class, &p): &(usize, &f64)| {
            before.is_none_or(|(q, last)| p < q || (p == q && class > last))
        };
        let next = posterior
            .iter()
            .enumerate()
            .filter(after)
            .reduce(|a, b| if b.1 > a.1 { b } else { a });
        before = next.map(|(class, &p)| (p, class));
        next.map(|(class, _)| class)
    })
}

/// A probability in 1/1000, rounded half up.
pub fn permille(probability: f64) -> u16 {
    libm::floor(probability.clamp(0.0, 1.0) * 1_000.0 + 0.5) as u16
}

#[cfg(test)]
mod tests {
    use super::{Decider, Gate, Verdict, permille, ranked};
    use needledrop_protocol::{NoMusic, State};
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    fn decider(thresholds: &[f64]) -> Decider {
        Decider {
            thresholds: thresholds.to_vec(),
            no_music: Some(thresholds.len() - 1),
            said: None,
        }
    }

    fn music(class: usize) -> Verdict {
        Verdict {
            state: State::Music,
            class: Some(class),
        }
    }

    fn unsure(class: usize) -> Verdict {
        Verdict {
            state: State::Uncertain,
            class: Some(class),
        }
    }

    #[test]
    fn a_genre_is_said_at_its_threshold_and_dropped_below_the_hysteresis() {
        let mut decider = decider(&[0.6, 0.6, 0.6]);
        assert_eq!(decider.process(&[0.55, 0.3, 0.15]), unsure(0));
        assert_eq!(decider.process(&[0.6, 0.3, 0.1]), music(0));
        assert_eq!(decider.process(&[0.51, 0.4, 0.09]), music(0), "kept");
        assert_eq!(decider.process(&[0.49, 0.4, 0.11]), unsure(0));
        assert_eq!(
            decider.process(&[0.51, 0.4, 0.09]),
            unsure(0),
            "not said again before its threshold"
        );
    }

    #[test]
    fn another_genre_takes_over_at_its_own_threshold() {
        let mut decider = decider(&[0.5, 0.4, 0.9]);
        assert_eq!(decider.process(&[0.5, 0.4, 0.1]), music(0));
        assert_eq!(
            decider.process(&[0.45, 0.45, 0.1]),
            music(0),
            "equal: the earlier label leads, and it is kept"
        );
        assert_eq!(decider.process(&[0.41, 0.46, 0.13]), music(1));
    }

    #[test]
    fn the_reserved_label_is_a_state() {
        let mut decider = decider(&[0.5, 0.5]);
        let verdict = decider.process(&[0.2, 0.8]);
        assert_eq!(verdict.state, State::NoMusic(NoMusic::Model));
    }

    #[test]
    fn the_gate_has_two_levels() {
        let mut gate = Gate::new(-65.0);
        assert!(!gate.process(Some(-650)), "at the gate is not below it");
        assert!(gate.process(Some(-651)));
        assert!(gate.process(Some(-640)));
        assert!(!gate.process(Some(-630)));
        assert!(gate.process(None), "silence");
    }

    #[test]
    fn permille_rounds_half_up() {
        assert_eq!(
            [0.0, 0.0005, 0.00049, 0.9995, 1.0].map(permille),
            [0, 1, 0, 1000, 1000]
        );
    }

    proptest! {
        #[test]
        fn ranking_is_a_stable_sort(mut posterior in prop::collection::vec(0.0_f64..1.0, 0..12), twin in 0_usize..12) {
            if let (Some(&first), Some(slot)) = (posterior.first(), posterior.get(twin)) {
                let at = posterior.iter().position(|value| value == slot).unwrap();
                posterior[at] = first;
            }
            let mut expected: Vec<usize> = (0..posterior.len()).collect();
            expected.sort_by(|&a, &b| posterior[b].total_cmp(&posterior[a]));
            prop_assert_eq!(ranked(&posterior).collect::<Vec<_>>(), expected);
        }
    }
}
