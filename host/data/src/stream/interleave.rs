//! Records of many shards in one fixed order: one of each of the open shards in turn.

use super::piece::{OpenOrNot, Piece, Rest, Weighed};
use super::readers::Readers;
use crate::shard::ShardFile;
use crate::{Error, Losses};
use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

/// The shards that are open, and those that come after them.
#[derive(Debug)]
pub(super) struct Interleaved<T> {
    waiting: VecDeque<ShardFile>,
    slots: VecDeque<Slot<T>>,
    readers: Readers<T>,
    losses: Losses,
}

/// One of the shards that are interleaved.
#[derive(Debug)]
struct Slot<T> {
    ready: VecDeque<Weighed<T>>,
    coming: Option<Receiver<Piece<T>>>,
    /// Comes after the records that were read before it.
    error: Option<Error>,
}

impl<T> Interleaved<T> {
    /// Opens the first `cycle` shards.
    pub(super) fn new(shards: Vec<ShardFile>, cycle: usize, readers: Readers<T>) -> Self {
        let mut interleaved = Self {
            waiting: shards.into(),
            slots: VecDeque::new(),
            readers,
            losses: Losses::default(),
        };
        while interleaved.slots.len() < cycle {
            let Some(slot) = interleaved.next_shard() else {
                break;
            };
            interleaved.slots.push_back(slot);
        }
        interleaved
    }

    /// What had to be left out of the shards that are over.
    pub(super) fn losses(&self) -> Losses {
        self.losses
    }

    fn next_shard(&mut self) -> Option<Slot<T>> {
        let shard = self.waiting.pop_front()?;
        Some(Slot {
            ready: VecDeque::new(),
            coming: self.readers.ask_for(OpenOrNot::Not(shard)),
            error: None,
        })
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Option<Result<Weighed<T>, Error>> {
        while let Some(mut slot) = self.slots.pop_front() {
            if let Some(record) = slot.ready.pop_front() {
                self.slots.push_back(slot);
                return Some(Ok(record));
            }
            if let Some(error) = slot.error {
                return Some(Err(error));
            }
            let Some(Ok(piece)) = slot.coming.take().map(|coming| coming.recv()) else {
                // Its shard is over; the next one takes its place in the same turn.
                if let Some(next) = self.next_shard() {
                    self.slots.push_front(next);
                }
                continue;
            };
            slot.ready = piece.records;
            match piece.rest {
                Rest::More(shard) => slot.coming = self.readers.ask_for(OpenOrNot::Open(shard)),
                Rest::End(losses) => self.losses.add(losses),
                Rest::Failed(error) => slot.error = Some(error),
            }
            self.slots.push_front(slot);
        }
        None
    }
}
