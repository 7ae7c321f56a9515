//! What the net was given and what it said, window by window, as JSON Lines: for comparing two machines.
//!
//! One object a window that reaches the net: `{"x":[..],"logits":[..]}`, `x` in Q8.8 dB row after row, logits with all
//! their digits. A trace grows by some 100 KB a window; it is for clips, not for days.
use crate::judge::Classifier;
use serde::Serialize;
use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
};

/// The far end of a [`Traced`] classifier.
#[derive(Debug)]
pub struct Trace<W>(Rc<RefCell<Sink<W>>>);

#[derive(Debug)]
struct Sink<W> {
    out: W,
    /// The first failure; nothing is written after it.
    failed: Option<io::Error>,
}

#[derive(Serialize)]
struct Window<'a> {
    x: &'a [i16],
    logits: &'a [f32],
}

impl<W: Write> Trace<W> {
    /// Into `out`.
    pub fn new(out: W) -> Self {
        Self(Rc::new(RefCell::new(Sink { out, failed: None })))
    }

    /// The classifier, traced.
    pub fn around<C>(&self, classifier: C) -> Traced<C, W> {
        let trace = Self(Rc::clone(&self.0));
        Traced { classifier, trace }
    }

    /// Writes what is pending.
    ///
    /// # Errors
    /// The first failure since the start.
    pub fn finish(&self) -> io::Result<()> {
        let mut sink = self.0.borrow_mut();
        match sink.failed.take() {
            Some(error) => Err(error),
            None => sink.out.flush(),
        }
    }
}

impl<W: Write> Sink<W> {
    fn write(&mut self, window: &Window<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, window)?;
        self.out.write_all(b"\n")
    }
}

/// A classifier whose windows and logits are written down.
#[derive(Debug)]
pub struct Traced<C, W> {
    classifier: C,
    trace: Trace<W>,
}

impl<C: Classifier, W: Write> Classifier for Traced<C, W> {
    type Error = C::Error;

    fn logits(&mut self, window: &[i16], out: &mut [f32]) -> Result<(), Self::Error> {
        self.classifier.logits(window, out)?;
        let mut sink = self.trace.0.borrow_mut();
        if sink.failed.is_none() {
            let (x, logits) = (window, &*out);
            sink.failed = sink.write(&Window { x, logits }).err();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Trace;
    use crate::judge::Classifier;
    use std::convert::Infallible;

    struct Sum;

    impl Classifier for Sum {
        type Error = Infallible;

        fn logits(&mut self, window: &[i16], out: &mut [f32]) -> Result<(), Infallible> {
            out[0] = window.iter().map(|&value| f32::from(value)).sum::<f32>() + 0.1;
            Ok(())
        }
    }

    #[test]
    fn a_window_is_a_line_with_all_digits() {
        let mut bytes = Vec::new();
        let trace = Trace::new(&mut bytes);
        let mut logits = [0.0];
        trace.around(Sum).logits(&[1, -3], &mut logits).unwrap();
        trace.finish().unwrap();
        drop(trace);
        let line: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(line["x"], serde_json::json!([1, -3]));
        let read: f32 = serde_json::from_value(line["logits"][0].clone()).unwrap();
        assert_eq!(read.to_bits(), logits[0].to_bits());
    }

    #[test]
    fn a_failure_is_told_at_the_end_and_stops_nothing() {
        let mut full = [0_u8; 4];
        let trace = Trace::new(&mut full[..]);
        let mut logits = [0.0];
        trace.around(Sum).logits(&[1, 2, 3], &mut logits).unwrap();
        assert!(trace.finish().is_err());
        assert_eq!(logits, [6.1]);
    }
}
