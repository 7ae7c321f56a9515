//! Messages on their way: at most a window of them, each until the broker has it.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use rumqttc::{AsyncClient, PublishNoticeError, PublishOptions, QoS};

use super::message::Message;
use super::outbox::Outbox;

/// A broker that acknowledges nothing for so long is gone, whatever the connection looks like.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(15);

type Notice = Pin<Box<dyn Future<Output = Result<(), PublishNoticeError>>>>;

/// The outbox, and the broker's word that is awaited for its oldest messages.
pub(super) struct Delivery {
    client: AsyncClient,
    /// What waits and what is on its way.
    pub(super) outbox: Outbox,
    notices: VecDeque<Notice>,
    /// Since when the broker owes an answer.
    owed_since: Instant,
}

/// The client took no message: its connection is broken.
pub(super) struct Stuck;

impl Delivery {
    /// Nothing sent yet.
    pub(super) fn new(client: AsyncClient) -> Self {
        Self {
            client,
            outbox: Outbox::default(),
            notices: VecDeque::new(),
            owed_since: Instant::now(),
        }
    }

    /// Keeps messages until the broker has them.
    pub(super) fn keep(&mut self, messages: Vec<Message>) {
        messages.into_iter().for_each(|it| self.outbox.push(it));
    }

    /// Gives the client what may be on its way; only for a connection that stands.
    pub(super) fn send(&mut self) -> Result<(), Stuck> {
        while let Some(message) = self.outbox.next() {
            if self.notices.is_empty() {
                self.owed_since = Instant::now();
            }
            let options = PublishOptions::new(QoS::AtLeastOnce).retain(message.retain);
            let sent = self
                .client
                .try_publish_tracked(message.topic, message.payload, options);
            // The client has room for more than the window: without a broken connection it takes everything.
            let Ok(notice) = sent else {
                self.requeue();
                return Err(Stuck);
            };
            self.notices
                .push_back(Box::pin(notice.wait_completion_async()));
        }
        Ok(())
    }

    /// What became of the oldest message on its way; never, when there is none.
    pub(super) async fn answer(&mut self) {
        let answer = match self.notices.front_mut() {
            Some(notice) => notice.await,
            None => std::future::pending().await,
        };
        self.notices.pop_front();
        self.owed_since = Instant::now();
        match answer {
            Ok(()) => self.outbox.acknowledged(),
            Err(_) => self.requeue(),
        }
    }

    /// What was on its way waits again.
    pub(super) fn requeue(&mut self) {
        self.notices.clear();
        self.outbox.requeue();
    }

    /// When the broker will count as gone, if it owes an answer.
    pub(super) fn answer_due(&self) -> Option<Instant> {
        (!self.notices.is_empty()).then(|| self.owed_since + ACKNOWLEDGED_WITHIN)
    }

    /// Has heard enough of a broker that owes an answer: from now on it is asked anew.
    pub(super) fn give_up_waiting(&mut self) {
        self.owed_since = Instant::now();
    }

    /// Asks to be told what is published to a topic.
    pub(super) fn subscribe(&self, topic: String) {
        // Refused only by a connection that is lost again, and then repeated on the next.
        let _ = self.client.try_subscribe(topic, QoS::AtLeastOnce);
    }

    /// Says goodbye; whether the client took it.
    pub(super) fn disconnect(&self) -> bool {
        self.client.try_disconnect().is_ok()
    }
}
