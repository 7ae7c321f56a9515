//! The recurrent cells: their gates, in the order in which weights and kernels have them.

/// A recurrent cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Long short-term memory; gates: input, forget, new, output.
    Lstm,
    /// Gated recurrent unit that resets after the product; gates: update, reset, new.
    Gru,
}

impl Cell {
    /// Gates.
    pub const fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
        }
    }

    /// Values a hidden unit and step that the backward pass needs: the gates and the memory (LSTM), or the gates and
    /// the recurrent part of the new state (GRU).
    pub const fn kept(self) -> usize {
        self.gates() + 1
    }
}
