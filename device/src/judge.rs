//! One window and its level to a verdict: gate, net, calibration, filter, decision.
use crate::{
    decision::{Decider, Gate, Verdict, permille, ranked},
    profile::Profile,
    smoothing::Smoother,
};
use needledrop_infer::{Calibration, Net};
use needledrop_protocol::{Candidate, MAX_CANDIDATES, NoMusic, State, Text};

/// Gives a logit for each class of one window.
pub trait Classifier {
    /// What can go wrong.
    type Error;

    /// One window of rows in, one logit a class out.
    ///
    /// # Errors
    /// The runtime's.
    fn logits(&mut self, window: &[i16], out: &mut [f32]) -> Result<(), Self::Error>;
}

impl Classifier for Net {
    type Error = needledrop_infer::Error;

    fn logits(&mut self, window: &[i16], out: &mut [f32]) -> Result<(), Self::Error> {
        Self::logits(self, window, out)
    }
}

/// Everything between a window and what is said about it.
pub struct Judge<C> {
    classifier: C,
    calibration: Calibration,
    gate: Gate,
    smoother: Smoother,
    decider: Decider,
    labels: Vec<Text>,
    logits: Vec<f32>,
    probabilities: Vec<f64>,
}

impl<C: Classifier> Judge<C> {
    /// For a model.
    pub fn new(profile: &Profile, classifier: C) -> Self {
        let classes = profile.labels.len();
        let decision = &profile.metadata.decision;
        Self {
            classifier,
            calibration: profile.calibration(),
            gate: Gate::new(decision.gate_dbfs),
            smoother: Smoother::new(
                classes,
                decision.stay,
                profile.hop_seconds(),
                profile.window_seconds(),
            ),
            decider: Decider::new(&profile.metadata),
            labels: profile.labels.clone(),
            logits: vec![0.0; classes],
            probabilities: vec![0.0; classes],
        }
    }

    /// Judges one window. Below the gate the net is not run, because a graph that standardises its input makes silence
    /// loud; what was heard before is forgotten then.
    ///
    /// # Errors
    /// The classifier's.
    pub fn process(&mut self, window: &[i16], level: Option<i16>) -> Result<Verdict, C::Error> {
        if self.gate.process(level) {
            self.smoother.reset();
            self.decider.reset();
            return Ok(Verdict {
                state: State::NoMusic(NoMusic::Level),
                class: None,
            });
        }
        self.classifier.logits(window, &mut self.logits)?;
        self.calibration
            .probabilities(&self.logits, &mut self.probabilities);
        Ok(self
            .decider
            .process(self.smoother.process(&self.probabilities)))
    }

    /// The class of the verdict, then the most probable others; none when the verdict names no class.
    pub fn candidates(&self, verdict: Verdict) -> heapless::Vec<Candidate, MAX_CANDIDATES> {
        let posterior = self.smoother.posterior();
        let Some(said) = verdict.class else {
            return heapless::Vec::new();
        };
        let others = ranked(posterior).filter(|&class| class != said);
        let candidate = |class: usize| Candidate {
            label: self.labels[class].clone(),
            permille: permille(posterior[class]),
        };
        let ranks = core::iter::once(said).chain(others).map(candidate);
        ranks.take(MAX_CANDIDATES).collect()
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        self.gate.reset();
        self.smoother.reset();
        self.decider.reset();
    }
}
