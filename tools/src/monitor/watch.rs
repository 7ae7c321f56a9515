//! What happens, put together: the session, the state of the line, and everyone who is told.
//!
//! Events come in by [`Watch::take`], time by [`Watch::tick`]. Each [`Consumer`] is told in the order of
//! events, on the thread that shows them, so a consumer that may have to wait (a network) needs a queue of its own.

use std::time::{Duration, Instant};

use anyhow::Result;
use needledrop_protocol::{Counts, Record};

use super::feed::Event;
use super::link::{Link, SILENT_AFTER};
use super::session::Session;
use super::words::span;

/// Is told what happens, besides the picture. Every method may be left out.
pub trait Consumer {
    /// A record that could be read, and the totals with it.
    ///
    /// # Errors
    /// It can't be passed on; the program ends with this.
    fn record(&mut self, _record: &Record, _counts: &Counts) -> Result<()> {
        Ok(())
    }

    /// What is wrong or notable, in words: a failed checksum, a gap, a restart, a line that went away.
    ///
    /// # Errors
    /// As for [`Consumer::record`].
    fn remark(&mut self, _text: &str) -> Result<()> {
        Ok(())
    }

    /// The state of the line changed.
    ///
    /// # Errors
    /// As for [`Consumer::record`].
    fn link(&mut self, _link: &Link) -> Result<()> {
        Ok(())
    }

    /// Nothing comes any more: the source ended, or the user left.
    ///
    /// # Errors
    /// As for [`Consumer::record`].
    fn end(&mut self, _counts: &Counts) -> Result<()> {
        Ok(())
    }

    /// Whether everything reached whom it was for; asked after the end.
    fn is_complete(&self) -> bool {
        true
    }
}

/// The session and its line.
pub struct Watch {
    /// What was heard.
    pub session: Session,
    /// The state of the line.
    pub link: Link,
    /// Name of the source, for people.
    pub name: String,
    /// What another thread said last, such as the publisher of its broker.
    pub said: Option<String>,
    /// The user wants to leave.
    pub left: bool,
    /// When the last record came, or else when the source was opened.
    quiet_since: Instant,
    consumers: Vec<Box<dyn Consumer>>,
}

impl Watch {
    /// A source that was just opened.
    pub fn new(name: &str, consumers: Vec<Box<dyn Consumer>>, now: Instant) -> Self {
        Self {
            session: Session::new(),
            link: Link::Waiting,
            name: name.to_owned(),
            said: None,
            left: false,
            quiet_since: now,
            consumers,
        }
    }

    /// Takes one event.
    ///
    /// # Errors
    /// The source failed for good, or a consumer did.
    pub fn take(&mut self, event: Event, now: Instant) -> Result<()> {
        match event {
            Event::Line(line) => self.line(&line, now),
            Event::Remark(text) => {
                self.remark(&text)?;
                self.said = Some(text);
                Ok(())
            }
            Event::Away(reason) => {
                self.remark(&reason)?;
                self.set_link(Link::Away(reason))
            }
            Event::Back(name) => {
                self.session.interrupted();
                self.remark(&format!("back on {name}"))?;
                self.name = name;
                self.set_link(Link::Waiting)
            }
            Event::End => self.set_link(Link::Ended),
            Event::Stop => {
                self.left = true;
                Ok(())
            }
            Event::Failed(error) => Err(error),
        }
    }

    /// Looks at the clock: a line may be silent by now.
    ///
    /// # Errors
    /// A consumer failed.
    pub fn tick(&mut self, now: Instant) -> Result<()> {
        let open = matches!(self.link, Link::Waiting | Link::Live);
        if open && self.quiet_for(now) > SILENT_AFTER {
            self.remark(&format!("silent: no record for {}", span(SILENT_AFTER)))?;
            self.set_link(Link::Silent)?;
        }
        Ok(())
    }

    /// Tells everyone that nothing comes any more.
    ///
    /// # Errors
    /// A consumer failed.
    pub fn end(&mut self) -> Result<()> {
        let counts = self.session.counts();
        self.tell(|consumer| consumer.end(&counts))
    }

    /// Whether everyone passed on everything; known after the end.
    pub fn is_complete(&self) -> bool {
        self.consumers.iter().all(|consumer| consumer.is_complete())
    }

    /// Time since the last record, or since the source was first opened when there was none.
    pub fn quiet_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.quiet_since)
    }

    fn line(&mut self, line: &[u8], now: Instant) -> Result<()> {
        let heard = self.session.line(line);
        if let Some(text) = &heard.remark {
            self.tell(|consumer| consumer.remark(text))?;
        }
        let Some(record) = &heard.record else {
            return Ok(());
        };
        if self.link == Link::Silent {
            let quiet = span(self.quiet_for(now));
            self.remark(&format!("records come again after {quiet}"))?;
        }
        self.quiet_since = now;
        if self.link != Link::Live {
            self.set_link(Link::Live)?;
        }
        let counts = self.session.counts();
        self.tell(|consumer| consumer.record(record, &counts))
    }

    fn set_link(&mut self, link: Link) -> Result<()> {
        self.link = link.clone();
        self.tell(|consumer| consumer.link(&link))
    }

    fn remark(&mut self, text: &str) -> Result<()> {
        self.tell(|consumer| consumer.remark(text))
    }

    fn tell(&mut self, mut what: impl FnMut(&mut dyn Consumer) -> Result<()>) -> Result<()> {
        self.consumers
            .iter_mut()
            .try_for_each(|consumer| what(consumer.as_mut()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Consumer, Watch};
    use crate::monitor::feed::Event;
    use crate::monitor::link::{Link, SILENT_AFTER};
    use anyhow::Result;
    use needledrop_protocol::{Counts, Record};
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::{Duration, Instant};

    const LOST: &[u8] = b"$NDTAG,0,0,16000,no-audio,lost,,,,,,,,0,0*2464";

    /// Writes down what it is told.
    struct Notes(Rc<RefCell<Vec<String>>>);

    impl Notes {
        fn note(&self, text: String) -> Result<()> {
            self.0.borrow_mut().push(text);
            Ok(())
        }
    }

    impl Consumer for Notes {
        fn record(&mut self, record: &Record, _: &Counts) -> Result<()> {
            self.note(format!("record {}", record.sequence))
        }

        fn remark(&mut self, text: &str) -> Result<()> {
            self.note(format!("! {text}"))
        }

        fn link(&mut self, link: &Link) -> Result<()> {
            self.note(format!("{link:?}"))
        }
    }

    #[test]
    fn a_silent_line_is_remarked_once_and_so_is_its_end() {
        let notes = Rc::default();
        let start = Instant::now();
        let mut watch = Watch::new("test", vec![Box::new(Notes(Rc::clone(&notes)))], start);
        let line = |watch: &mut Watch, at| watch.take(Event::Line(LOST.to_vec()), at).unwrap();
        line(&mut watch, start);
        watch.tick(start + SILENT_AFTER).unwrap();
        assert_eq!(watch.link, Link::Live, "a status may be a little late");
        for seconds in 16..20 {
            watch.tick(start + Duration::from_secs(seconds)).unwrap();
        }
        line(&mut watch, start + Duration::from_secs(42));
        let expected = [
            "Live",
            "record 0",
            "! silent: no record for 0:15",
            "Silent",
            "! record repeated: expected sequence 1, got 0",
            "! records come again after 0:42",
            "Live",
            "record 0",
        ];
        assert_eq!(*notes.borrow(), expected);
    }

    #[test]
    fn a_line_that_returns_is_dead_until_a_record_comes() {
        let start = Instant::now();
        let mut watch = Watch::new("old", Vec::new(), start);
        assert!(watch.link.is_dead());
        let mut take = |event| {
            watch.take(event, start).unwrap();
            (watch.link.clone(), watch.name.clone())
        };
        let state = |link, name: &str| (link, name.to_owned());
        assert_eq!(take(Event::Line(LOST.to_vec())), state(Link::Live, "old"));
        let away = Link::Away("gone".to_owned());
        assert_eq!(take(Event::Away("gone".to_owned())), state(away, "old"));
        let back = Event::Back("new".to_owned());
        assert_eq!(take(back), state(Link::Waiting, "new"));
        let damaged = Event::Line(b"$NDTAG,1*0000".to_vec());
        assert_eq!(take(damaged), state(Link::Waiting, "new"));
        assert_eq!(take(Event::Line(LOST.to_vec())), state(Link::Live, "new"));
    }
}
