//! What happens between the records and the broker, on one thread.
//!
//! ```text
//! News (records, state of the line) -> report (messages) -> outbox -> client ~ connection
//!                                                              ^ acknowledged, requeue
//! ```
//!
//! While the broker is there, news wait for room in the outbox, and so does whoever reads the records: a file is never
//! read faster than it is published. While the broker is away nobody waits: what finds no room is counted.

use std::cell::Cell;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use needledrop_protocol::{Counts, Record};
use rumqttc::AsyncClient;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::time::{sleep_until, timeout};

use super::connection::Change;
use super::delivery::Delivery;
use super::outbox::{KEPT_RECORDS, Outbox};
use super::refusal::Refusal;
use super::report::Report;
use super::settings::Settings;

/// Longest time for the last messages.
const GOODBYE: Duration = Duration::from_secs(2);

/// What the views pass on.
#[derive(Debug)]
pub(super) enum News {
    /// A record, and the totals of the line with it.
    Record(Box<Record>, Counts),
    /// Whether the board speaks.
    Link(bool),
}

/// Where something is said to the user.
pub(super) type Words = Sender<String>;

/// A sentence of the publisher among those of others.
pub(super) fn spoken(text: &str) -> String {
    format!("mqtt: {text}")
}

/// The state of the thread.
pub(super) struct Service<'a> {
    settings: &'a Settings,
    delivery: Delivery,
    up: &'a Cell<bool>,
    drop_it: &'a Notify,
    words: Words,
    /// Told once of the first attempt.
    first: Option<Sender<Result<(), Refusal>>>,
    report: Report,
    away: Option<Away>,
}

/// The broker is away.
struct Away {
    since: Instant,
    why: String,
    given_up_before: u64,
}

impl<'a> Service<'a> {
    /// Nothing sent yet; `first` hears of the first attempt to connect.
    pub(super) fn new(
        settings: &'a Settings,
        client: AsyncClient,
        (up, drop_it): (&'a Cell<bool>, &'a Notify),
        words: Words,
        first: Sender<Result<(), Refusal>>,
    ) -> Self {
        Self {
            settings,
            delivery: Delivery::new(client),
            up,
            drop_it,
            words,
            first: Some(first),
            report: Report::new(settings.topics.clone(), settings.discovery.clone()),
            away: None,
        }
    }

    /// Publishes until the news end; gives back how many records were never published.
    pub(super) async fn run(
        &mut self,
        mut news: Receiver<News>,
        mut changes: UnboundedReceiver<Change>,
    ) -> u64 {
        loop {
            self.send();
            let up = self.up.get();
            let open = !up || self.delivery.outbox.has_room();
            let due = self.delivery.answer_due().filter(|_| up);
            tokio::select! {
                biased;
                Some(change) = changes.recv() => self.change(change),
                () = self.delivery.answer(), if up => {}
                () = at(due) => {
                    self.drop_it.notify_one();
                    self.delivery.give_up_waiting();
                }
                item = news.recv(), if open => match item {
                    Some(item) => self.take(item),
                    None => break,
                },
            }
        }
        self.goodbye(&mut changes).await;
        self.delivery.outbox.given_up() + self.delivery.outbox.records() as u64
    }

    fn take(&mut self, news: News) {
        let messages = match news {
            News::Record(record, counts) => self.report.record(&record, &counts, Instant::now()),
            News::Link(online) => self.report.link(online),
        };
        let before = self.delivery.outbox.given_up();
        self.delivery.keep(messages);
        let given_up = self.delivery.outbox.given_up();
        if let Some(away) = &self.away
            && before == away.given_up_before
            && given_up > before
        {
            self.say(&format!(
                    "more than {KEPT_RECORDS} records wait for the broker; the oldest are given up and counted"
                ),
            );
        }
        self.report.losses.unpublished = given_up;
    }

    /// Lets the outbox flow while the connection stands.
    fn send(&mut self) {
        if self.up.get() && self.delivery.send().is_err() {
            self.drop_it.notify_one();
        }
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Up => self.connected(),
            Change::Down(refusal) => self.lost(refusal),
            Change::Born => self.delivery.keep(self.report.everything()),
        }
    }

    fn connected(&mut self) {
        self.delivery.requeue();
        if let Some(first) = self.first.take() {
            // The starting thread waits for this; if it does not, it has ended.
            let _ = first.send(Ok(()));
        }
        if let Some(away) = self.away.take() {
            self.report.losses.reconnects += 1;
            self.say(&back(&away, &self.delivery.outbox, self.settings));
        }
        if let Some(discovery) = &self.settings.discovery {
            self.delivery.subscribe(discovery.birth_topic());
        }
        self.delivery.keep(self.report.everything());
    }

    fn lost(&mut self, refusal: Refusal) {
        let new = self.away.as_ref().is_none_or(|it| it.why != refusal.text);
        if new && self.first.is_none() {
            self.say(&format!("{}; trying again", refusal.text));
        }
        let given_up_before = self.delivery.outbox.given_up();
        let away = self.away.get_or_insert_with(|| Away {
            since: Instant::now(),
            why: String::new(),
            given_up_before,
        });
        away.why.clone_from(&refusal.text);
        if let Some(first) = self.first.take() {
            // The starting thread waits for this; if it does not, it has ended.
            let _ = first.send(Err(refusal));
        }
    }

    fn say(&self, text: &str) {
        // Nobody listens once the program ends.
        let _ = self.words.send(spoken(text));
    }

    /// Says that nobody watches any more and waits for the broker's word, not for ever.
    async fn goodbye(&mut self, changes: &mut UnboundedReceiver<Change>) {
        if !self.up.get() {
            return;
        }
        let last = self.report.goodbye();
        self.delivery.keep(last);
        let deadline = tokio::time::Instant::now() + GOODBYE;
        while !self.delivery.outbox.is_empty() {
            self.send();
            tokio::select! {
                biased;
                change = changes.recv() => if matches!(change, None | Some(Change::Down(_))) {
                    return;
                },
                () = self.delivery.answer() => {}
                () = sleep_until(deadline) => return,
            }
        }
        // Without the farewell the broker would publish the last will, which says the same.
        if self.delivery.disconnect() {
            let gone = async { while changes.recv().await.is_some() {} };
            let _ = timeout(GOODBYE, gone).await;
        }
    }
}

/// Waits until then; for ever without a time.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

fn back(away: &Away, outbox: &Outbox, settings: &Settings) -> String {
    let mut text = format!(
        "connected to {} after {} s",
        settings.broker,
        away.since.elapsed().as_secs()
    );
    if outbox.records() > 0 {
        text.push_str(&format!(", {} records follow", outbox.records()));
    }
    let given_up = outbox.given_up() - away.given_up_before;
    if given_up > 0 {
        text.push_str(&format!(
            ", {given_up} records not published while the broker was away"
        ));
    }
    text
}
