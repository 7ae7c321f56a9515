//! What is known of the board, and which messages a piece of news makes.
//!
//! Every record goes to topic `record`. Topic `state` follows a tag whose state, cause or genre is another than the one
//! published last, whose probability moved by [`PROBABILITY_STEP_PERMILLE`], or that comes [`REFRESH`] after it.

use std::time::{Duration, Instant};

use needledrop_protocol::{Begin, Body, Counts, Record, State, Status, Tag};

use super::discovery::Discovery;
use super::message::Message;
use super::payload::{self, Losses};
use super::topics::Topics;
use crate::monitor::json;

/// A smaller change of the probability alone is not published.
pub(super) const PROBABILITY_STEP_PERMILLE: u16 = 10;

/// Longest time for which a tag like the last one is not published.
pub(super) const REFRESH: Duration = Duration::from_secs(60);

/// The board as it was heard last.
pub(super) struct Report {
    topics: Topics,
    discovery: Option<Discovery>,
    begin: Option<Begin>,
    status: Option<Status>,
    tag: Option<(Record, Tag)>,
    published: Option<(Tag, Instant)>,
    online: bool,
    counts: Counts,
    /// What did not arrive at the broker.
    pub(super) losses: Losses,
}

impl Report {
    /// Nothing heard yet.
    pub(super) fn new(topics: Topics, discovery: Option<Discovery>) -> Self {
        Self {
            topics,
            discovery,
            begin: None,
            status: None,
            tag: None,
            published: None,
            online: false,
            counts: Counts::default(),
            losses: Losses::default(),
        }
    }

    /// A record came; `counts` are the line's totals with it.
    pub(super) fn record(
        &mut self,
        record: &Record,
        counts: &Counts,
        now: Instant,
    ) -> Vec<Message> {
        self.counts = *counts;
        let mut messages = vec![Message::record(&self.topics.record, json::line(record))];
        match &record.body {
            Body::Begin(begin) => {
                if self.begin.as_ref() != Some(begin) {
                    self.begin = Some(begin.clone());
                    messages.extend(self.discovery());
                }
                messages.push(self.status());
            }
            Body::Tag(tag) => {
                self.tag = Some((record.clone(), tag.clone()));
                if self.is_news(tag, now) {
                    self.published = Some((tag.clone(), now));
                    messages.extend(self.state());
                }
            }
            Body::Status(status) => {
                self.status = Some(status.clone());
                messages.push(self.status());
            }
            _ => {}
        }
        messages
    }

    /// The board speaks, or no longer does.
    pub(super) fn link(&mut self, online: bool) -> Vec<Message> {
        if self.online == online {
            return Vec::new();
        }
        self.online = online;
        vec![self.board(), self.status()]
    }

    /// All that the broker is to keep, for a broker that may know nothing.
    pub(super) fn everything(&self) -> Vec<Message> {
        let mut messages = self.discovery();
        messages.extend(self.state());
        messages.push(self.status());
        messages.push(self.board());
        messages.push(Message::retained(&self.topics.availability, "online"));
        messages
    }

    /// Nobody watches the board any more.
    pub(super) fn goodbye(&mut self) -> Vec<Message> {
        self.online = false;
        vec![
            self.status(),
            self.board(),
            Message::retained(&self.topics.availability, "offline"),
        ]
    }

    fn is_news(&self, tag: &Tag, now: Instant) -> bool {
        let Some((last, at)) = &self.published else {
            return true;
        };
        said(last) != said(tag)
            || permille(last).abs_diff(permille(tag)) >= PROBABILITY_STEP_PERMILLE
            || now.saturating_duration_since(*at) >= REFRESH
    }

    fn discovery(&self) -> Vec<Message> {
        self.discovery.as_ref().map_or_else(Vec::new, |discovery| {
            discovery.messages(&self.topics, self.begin.as_ref())
        })
    }

    fn state(&self) -> Option<Message> {
        let (record, tag) = self.tag.as_ref()?;
        let payload = payload::state(record, tag);
        Some(Message::retained(&self.topics.state, payload))
    }

    fn status(&self) -> Message {
        let payload = payload::status(
            self.begin.as_ref(),
            self.status.as_ref(),
            &self.counts,
            &self.losses,
        );
        Message::retained(&self.topics.status, payload)
    }

    fn board(&self) -> Message {
        let word = if self.online { "online" } else { "offline" };
        Message::retained(&self.topics.board, word)
    }
}

fn said(tag: &Tag) -> (State, Option<&str>) {
    let genre = tag.candidates.first().map(|it| it.label.as_str());
    (tag.state, genre)
}

fn permille(tag: &Tag) -> u16 {
    tag.candidates.first().map_or(0, |it| it.permille)
}

#[cfg(test)]
mod tests {
    use super::{REFRESH, Report, Topics};
    use needledrop_protocol::{Body, Candidate, Counts, Record, State, Tag, Text};
    use std::time::{Duration, Instant};

    fn tag(state: State, genre: &str, permille: u16) -> Record {
        let label = Text::shortened(genre);
        Record {
            sequence: 0,
            time: Default::default(),
            body: Body::Tag(Tag {
                state,
                candidates: [Candidate { label, permille }].into_iter().collect(),
                level_dbfs_x10: None,
                short: false,
                last: false,
            }),
        }
    }

    #[test]
    fn every_record_is_published_and_the_state_only_when_it_is_news() {
        let mut report = Report::new(Topics::new("needledrop", "test"), None);
        let start = Instant::now();
        let mut topics = |record: &Record, after_s: u64| -> Vec<String> {
            let now = start + Duration::from_secs(after_s);
            let messages = report.record(record, &Counts::default(), now);
            messages.into_iter().map(|it| it.topic).collect()
        };
        let record = "needledrop/test/record";
        let both = [record, "needledrop/test/state"];
        assert_eq!(topics(&tag(State::Music, "jazz", 800), 0), both);
        assert_eq!(topics(&tag(State::Music, "jazz", 809), 1), [record]);
        assert_eq!(topics(&tag(State::Music, "jazz", 810), 2), both);
        assert_eq!(topics(&tag(State::Music, "rock", 810), 3), both);
        assert_eq!(topics(&tag(State::Uncertain, "rock", 810), 4), both);
        assert_eq!(topics(&tag(State::Uncertain, "rock", 810), 63), [record]);
        assert_eq!(
            topics(&tag(State::Uncertain, "rock", 810), 4 + REFRESH.as_secs()),
            both
        );
    }

    #[test]
    fn a_broker_that_knows_nothing_is_told_the_newest_of_everything() {
        let mut report = Report::new(Topics::new("needledrop", "test"), None);
        let now = Instant::now();
        report.link(true);
        report.record(&tag(State::Music, "jazz", 800), &Counts::default(), now);
        report.record(&tag(State::Music, "jazz", 805), &Counts::default(), now);
        let told = report.everything();
        assert!(told.iter().all(|message| message.retain));
        let of = |name: &str| {
            let message = told.iter().find(|it| it.topic.ends_with(name)).unwrap();
            String::from_utf8(message.payload.clone()).unwrap()
        };
        assert!(of("/state").contains("80.5"), "not the one published last");
        assert_eq!(
            (of("/board"), of("/availability")),
            ("online".into(), "online".into())
        );
    }
}
