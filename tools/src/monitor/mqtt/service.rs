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
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use needledrop_protocol::{Counts, Record};
use rumqttc::{AsyncClient, PublishNoticeError, PublishOptions, QoS};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::time::{sleep_until, timeout};

use super::connection::Change;
use super::message::Message;
use super::outbox::{KEPT_RECORDS, Outbox};
use super::refusal::Refusal;
use super::report::Report;
use super::settings::Settings;

/// A broker that acknowledges nothing for so long is gone, whatever the connection looks like.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(15);

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

/// Says something to the user.
pub(super) type Words = Sender<String>;

type Notice = Pin<Box<dyn Future<Output = Result<(), PublishNoticeError>>>>;

/// The state of the thread.
pub(super) struct Service<'a> {
    settings: &'a Settings,
    client: AsyncClient,
    up: &'a Cell<bool>,
    drop_it: &'a Notify,
    words: Words,
    /// Told once of the first attempt.
    first: Option<Sender<Result<(), Refusal>>>,
    report: Report,
    outbox: Outbox,
    notices: VecDeque<Notice>,
    /// Since when the broker owes an answer.
    owed_since: Instant,
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
            client,
            up,
            drop_it,
            words,
            first: Some(first),
            report: Report::new(settings.topics.clone(), settings.discovery.clone()),
            outbox: Outbox::default(),
            notices: VecDeque::new(),
            owed_since: Instant::now(),
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
            let open = !up || self.outbox.has_room();
            let owed = up && !self.notices.is_empty();
            let due = self.owed_since + ACKNOWLEDGED_WITHIN;
            tokio::select! {
                biased;
                Some(change) = changes.recv() => self.change(change),
                outcome = first_of(&mut self.notices), if up => self.noticed(outcome),
                () = sleep_until(due.into()), if owed => {
                    self.drop_it.notify_one();
                    // Until the connection has been dropped there is nothing to be done here.
                    self.owed_since = Instant::now();
                }
                item = news.recv(), if open => match item {
                    Some(item) => self.take(item),
                    None => break,
                },
            }
        }
        self.goodbye(&mut changes).await;
        self.outbox.given_up() + self.outbox.records() as u64
    }

    fn take(&mut self, news: News) {
        let messages = match news {
            News::Record(record, counts) => self.report.record(&record, &counts, Instant::now()),
            News::Link(online) => self.report.link(online),
        };
        let before = self.outbox.given_up();
        self.keep(messages);
        let given_up = self.outbox.given_up();
        if let Some(away) = &self.away
            && before == away.given_up_before
            && given_up > before
        {
            self.say(&format!(
                "more than {KEPT_RECORDS} records wait for the broker; the oldest are given up and counted"
            ));
        }
        self.report.losses.unpublished = given_up;
    }

    fn keep(&mut self, messages: Vec<Message>) {
        messages.into_iter().for_each(|it| self.outbox.push(it));
    }

    /// Gives the client what it may have on its way.
    fn send(&mut self) {
        while self.up.get() {
            let Some(message) = self.outbox.next() else {
                return;
            };
            if self.notices.is_empty() {
                self.owed_since = Instant::now();
            }
            let options = PublishOptions::new(QoS::AtLeastOnce).retain(message.retain);
            let sent = self
                .client
                .try_publish_tracked(message.topic, message.payload, options);
            match sent {
                Ok(notice) => self
                    .notices
                    .push_back(Box::pin(notice.wait_completion_async())),
                // The client has room for more than the window, so this is a connection about to be reported as lost.
                Err(_) => {
                    self.requeue();
                    self.drop_it.notify_one();
                    return;
                }
            }
        }
    }

    fn noticed(&mut self, outcome: Result<(), PublishNoticeError>) {
        self.notices.pop_front();
        self.owed_since = Instant::now();
        match outcome {
            Ok(()) => self.outbox.acknowledged(),
            Err(_) => self.requeue(),
        }
    }

    fn requeue(&mut self) {
        self.notices.clear();
        self.outbox.requeue();
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Up => self.connected(),
            Change::Down(refusal) => self.lost(refusal),
            Change::Born => self.keep(self.report.everything()),
        }
    }

    fn connected(&mut self) {
        self.requeue();
        if let Some(first) = self.first.take() {
            // The starting thread waits for this; if it does not, it has ended.
            let _ = first.send(Ok(()));
        }
        if let Some(away) = self.away.take() {
            self.report.losses.reconnects += 1;
            self.say(&back(&away, &self.outbox, self.settings));
        }
        if let Some(discovery) = &self.settings.discovery {
            // Refused only by a connection that is lost again, and then repeated on the next.
            let _ = self
                .client
                .try_subscribe(discovery.birth_topic(), QoS::AtLeastOnce);
        }
        self.keep(self.report.everything());
    }

    fn lost(&mut self, refusal: Refusal) {
        let new = self.away.as_ref().is_none_or(|it| it.why != refusal.text);
        if new && self.first.is_none() {
            self.say(&format!("{}; trying again", refusal.text));
        }
        let given_up_before = self.outbox.given_up();
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

    /// Says that nobody watches any more and waits for the broker's word, not for ever.
    async fn goodbye(&mut self, changes: &mut UnboundedReceiver<Change>) {
        if !self.up.get() {
            return;
        }
        let last = self.report.goodbye();
        self.keep(last);
        let deadline = tokio::time::Instant::now() + GOODBYE;
        while !self.outbox.is_empty() {
            self.send();
            tokio::select! {
                biased;
                change = changes.recv() => if matches!(change, None | Some(Change::Down(_))) {
                    return;
                },
                outcome = first_of(&mut self.notices) => self.noticed(outcome),
                () = sleep_until(deadline) => return,
            }
        }
        // Without the farewell the broker would publish the last will, which says the same.
        if self.client.try_disconnect().is_ok() {
            let gone = async { while changes.recv().await.is_some() {} };
            let _ = timeout(GOODBYE, gone).await;
        }
    }

    fn say(&self, text: &str) {
        // Nobody listens once the program ends.
        let _ = self.words.send(format!("mqtt: {text}"));
    }
}

/// The oldest notice, once it is there; never, when none is awaited.
async fn first_of(notices: &mut VecDeque<Notice>) -> Result<(), PublishNoticeError> {
    match notices.front_mut() {
        Some(notice) => notice.await,
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
