//! An epoch's losses, each read one step after its own.
//!
//! A GPU works on a queue: reading a step's loss waits for the step. Read a step late, the queue is never empty, and a
//! loss that is no number is still reported with its own batch; the step taken meanwhile is thrown away with the run.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// Sum of the losses so far, and the one still to be read.
pub(super) struct Losses<B: Backend> {
    waiting: Option<(usize, Tensor<B, 1>)>,
    total: f64,
}

/// A step whose loss is infinite or not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NotFinite {
    pub(super) step: usize,
    pub(super) loss: f32,
}

impl<B: Backend> Losses<B> {
    pub(super) fn new() -> Self {
        Self {
            waiting: None,
            total: 0.0,
        }
    }

    /// Takes a step's loss and gives the loss of the step before, if there was one.
    pub(super) fn push(
        &mut self,
        step: usize,
        loss: Tensor<B, 1>,
    ) -> Result<Option<f32>, NotFinite> {
        let before = self.waiting.replace((step, loss));
        before.map(|before| self.read(before)).transpose()
    }

    /// Reads the last one, and gives the sum of all.
    pub(super) fn sum(mut self) -> Result<f64, NotFinite> {
        if let Some(last) = self.waiting.take() {
            self.read(last)?;
        }
        Ok(self.total)
    }

    fn read(&mut self, (step, loss): (usize, Tensor<B, 1>)) -> Result<f32, NotFinite> {
        let loss = loss.into_data().iter().next().unwrap_or(f32::NAN);
        if !loss.is_finite() {
            return Err(NotFinite { step, loss });
        }
        self.total += f64::from(loss);
        Ok(loss)
    }
}

#[cfg(test)]
mod tests {
    use super::{Losses, NotFinite};
    use burn::tensor::Tensor;

    type B = burn_flex::Flex;

    fn loss(value: f32) -> Tensor<B, 1> {
        Tensor::from_floats([value], &Default::default())
    }

    #[test]
    fn each_is_read_a_step_late_and_all_are_summed() {
        let mut losses = Losses::new();
        assert_eq!(losses.push(0, loss(0.5)), Ok(None));
        assert_eq!(losses.push(1, loss(2.0)), Ok(Some(0.5)));
        assert_eq!(losses.sum(), Ok(2.5));
    }

    #[test]
    fn one_that_is_no_number_names_its_own_step() {
        let mut losses = Losses::new();
        losses.push(6, loss(f32::INFINITY)).unwrap();
        let found = losses.push(7, loss(1.0));
        let infinite = NotFinite {
            step: 6,
            loss: f32::INFINITY,
        };
        assert_eq!(found, Err(infinite));
        let mut losses = Losses::new();
        losses.push(3, loss(f32::NAN)).unwrap();
        assert_eq!(losses.sum().unwrap_err().step, 3);
    }
}
