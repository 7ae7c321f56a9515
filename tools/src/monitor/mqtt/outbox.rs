//! Messages that wait for the broker, or for its word that it has them.
//!
//! Bounded: [`KEPT_RECORDS`] records are kept while the broker is away; then the oldest is given up for each new one,
//! and counted. Of a retained topic only the newest value waits. Order of calls: [`Outbox::push`], [`Outbox::next`]
//! (send it), [`Outbox::acknowledged`] in the order of `next`, [`Outbox::requeue`] when the connection broke.

use std::collections::VecDeque;

use super::message::Message;

/// Records that are kept: about 25 minutes of them.
pub const KEPT_RECORDS: usize = 1024;

/// Messages that may be on their way without the broker's word.
pub(super) const WINDOW: usize = 64;

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Message>,
    in_flight: VecDeque<Message>,
    records: usize,
    given_up: u64,
}

impl Outbox {
    /// Whether another record can be kept.
    pub(super) fn has_room(&self) -> bool {
        self.records < KEPT_RECORDS
    }

    /// Whether everything is with the broker.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty()
    }

    /// Records that the broker does not have yet.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// Records that could not be kept, since the start.
    pub(super) fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Keeps a message for the broker.
    pub(super) fn push(&mut self, message: Message) {
        if message.retain {
            self.waiting
                .retain(|other| !other.retain || other.topic != message.topic);
        } else {
            self.records += 1;
        }
        self.waiting.push_back(message);
        if self.records > KEPT_RECORDS {
            self.give_up_oldest();
        }
    }

    /// The next message to send, if one waits and fewer than [`WINDOW`] are on their way.
    pub(super) fn next(&mut self) -> Option<Message> {
        if self.in_flight.len() >= WINDOW {
            return None;
        }
        let message = self.waiting.pop_front()?;
        self.in_flight.push_back(message.clone());
        Some(message)
    }

    /// The broker has the oldest message that is on its way.
    pub(super) fn acknowledged(&mut self) {
        if let Some(message) = self.in_flight.pop_front()
            && !message.retain
        {
            self.records -= 1;
        }
    }

    /// The connection broke: what was on its way waits again, in its order.
    pub(super) fn requeue(&mut self) {
        while let Some(message) = self.in_flight.pop_back() {
            let newer = |other: &Message| other.retain && other.topic == message.topic;
            if !(message.retain && self.waiting.iter().any(newer)) {
                self.waiting.push_front(message);
            }
        }
    }

    /// The oldest that waits: those on their way are older, but no longer ours to take back.
    fn give_up_oldest(&mut self) {
        if let Some(oldest) = self.waiting.iter().position(|message| !message.retain) {
            self.waiting.remove(oldest);
            self.records -= 1;
            self.given_up += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_RECORDS, Message, Outbox, WINDOW};

    fn record(number: usize) -> Message {
        Message::record("record", number.to_string())
    }

    fn state(value: &str) -> Message {
        Message::retained("state", value)
    }

    fn drain(outbox: &mut Outbox) -> Vec<String> {
        let mut sent = Vec::new();
        while let Some(message) = outbox.next() {
            sent.push(String::from_utf8(message.payload).unwrap());
            outbox.acknowledged();
        }
        sent
    }

    #[test]
    fn records_keep_their_order_and_the_oldest_are_given_up_and_counted() {
        let mut outbox = Outbox::default();
        for number in 0..KEPT_RECORDS + 3 {
            outbox.push(record(number));
        }
        assert_eq!((outbox.records(), outbox.given_up()), (KEPT_RECORDS, 3));
        assert!(!outbox.has_room());
        let expected: Vec<String> = (3..KEPT_RECORDS + 3).map(|n| n.to_string()).collect();
        assert_eq!(drain(&mut outbox), expected);
        assert!(outbox.is_empty() && outbox.records() == 0);
    }

    #[test]
    fn of_a_retained_topic_only_the_newest_waits() {
        let mut outbox = Outbox::default();
        outbox.push(state("old"));
        outbox.push(record(1));
        outbox.push(state("new"));
        outbox.push(Message::retained("board", "online"));
        assert_eq!(drain(&mut outbox), ["1", "new", "online"]);
    }

    #[test]
    fn what_was_on_its_way_is_sent_again_unless_it_is_outdated() {
        let mut outbox = Outbox::default();
        outbox.push(state("old"));
        outbox.push(record(1));
        outbox.push(record(2));
        outbox.next();
        outbox.next();
        outbox.push(state("new"));
        outbox.requeue();
        assert_eq!(drain(&mut outbox), ["1", "2", "new"]);
    }

    #[test]
    fn only_a_window_is_on_its_way() {
        let mut outbox = Outbox::default();
        for number in 0..WINDOW + 1 {
            outbox.push(record(number));
        }
        for _ in 0..WINDOW {
            assert!(outbox.next().is_some());
        }
        assert_eq!(outbox.next(), None);
        outbox.acknowledged();
        assert_eq!(outbox.next(), Some(record(WINDOW)));
    }
}
