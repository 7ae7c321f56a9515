//! What a network says of windows, one after the other: values go in, calibrated probabilities come out.

use needledrop_infer::{Calibration, Error, Net};

/// The answers so far.
pub(crate) struct Hearing<'a> {
    net: &'a mut Net,
    calibration: &'a Calibration,
    logits: Vec<f32>,
    probabilities: Vec<f64>,
    failed: Option<Error>,
}

impl<'a> Hearing<'a> {
    /// Of no window yet.
    pub(crate) fn new(net: &'a mut Net, calibration: &'a Calibration, classes: usize) -> Self {
        Self {
            net,
            calibration,
            logits: vec![0.0; classes],
            probabilities: Vec::new(),
            failed: None,
        }
    }

    /// Hears a window, `[frames, bands]`; after an error none.
    pub(crate) fn hear(&mut self, values: &[i16]) {
        if self.failed.is_some() {
            return;
        }
        let at = self.probabilities.len();
        self.probabilities.resize(at + self.logits.len(), 0.0);
        match self.net.logits(values, &mut self.logits) {
            Ok(()) => self
                .calibration
                .probabilities(&self.logits, &mut self.probabilities[at..]),
            Err(error) => self.failed = Some(error),
        }
    }

    /// Of every window, `[windows, classes]`.
    ///
    /// # Errors
    /// The runtime's first.
    pub(crate) fn probabilities(self) -> Result<Vec<f64>, Error> {
        self.failed.map_or(Ok(self.probabilities), Err)
    }
}
