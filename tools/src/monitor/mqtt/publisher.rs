//! The publisher's thread, and its place among those who are told what the board says.

use std::cell::Cell;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, bail};
use needledrop_protocol::{Counts, Record};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel, unbounded_channel};

use super::connection::{self, drive};
use super::refusal::Refusal;
use super::service::{News, Service, Words, spoken};
use super::settings::Settings;
use super::signals::stop_asked;
use crate::monitor::feed::Event;
use crate::monitor::link::Link;
use crate::monitor::watch::Consumer;

/// News that may wait for the publisher's thread; the outbox is the real queue.
const QUEUED_NEWS: usize = 16;

/// Publishes what it is told.
pub struct Publisher {
    /// Closed to say that no more news come.
    news: Option<Sender<News>>,
    thread: Option<JoinHandle<u64>>,
    /// Records that were never published, once it has ended.
    unpublished: u64,
}

impl Publisher {
    /// Starts the thread and waits for its first attempt to connect. What it has to say later, and a wish to end the
    /// program, goes to `events`.
    ///
    /// # Errors
    /// The broker refuses in a way that only the user can change. A broker that is merely away is tried again for ever.
    pub fn start(settings: Settings, events: SyncSender<Event>) -> Result<Self> {
        let (news, incoming) = channel(QUEUED_NEWS);
        let (first, outcome) = mpsc::channel();
        let base = settings.topics.base.clone();
        let broker = settings.broker.to_string();
        let words = forward(events.clone())?;
        let first_words = events.clone();
        let thread = thread::Builder::new()
            .name("mqtt".to_owned())
            .spawn(move || serve(&settings, incoming, words, first, events))
            .context("could not start the MQTT thread")?;
        let text = match outcome.recv() {
            Ok(Ok(())) => format!("connected to {broker}, publishing to {base}/..."),
            Ok(Err(refusal)) if refusal.lasting => bail!("{}", refusal.text),
            Ok(Err(refusal)) => format!("{}; trying again", refusal.text),
            Err(_) => bail!("the MQTT thread could not start"),
        };
        // Before anything is read there is room for this.
        let _ = first_words.send(Event::Remark(spoken(&text)));
        Ok(Self {
            news: Some(news),
            thread: Some(thread),
            unpublished: 0,
        })
    }

    fn tell(&self, news: News) -> Result<()> {
        self.news
            .as_ref()
            .and_then(|sender| sender.blocking_send(news).ok())
            .context("the MQTT thread has ended; start the monitor again")
    }
}

impl Consumer for Publisher {
    fn record(&mut self, record: &Record, counts: &Counts) -> Result<()> {
        self.tell(News::Record(Box::new(record.clone()), *counts))
    }

    fn link(&mut self, link: &Link) -> Result<()> {
        self.tell(News::Link(*link == Link::Live))
    }

    fn end(&mut self, _: &Counts) -> Result<()> {
        self.news = None;
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let Ok(unpublished) = thread.join() else {
            bail!("the MQTT thread ended by a fault");
        };
        self.unpublished = unpublished;
        if unpublished > 0 {
            eprintln!("monitor: mqtt: {unpublished} records were not published");
        }
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.unpublished == 0
    }
}

/// What the publisher says goes to the views by a thread of its own: it must never wait for them, as they may wait for
/// it.
fn forward(events: SyncSender<Event>) -> Result<Words> {
    let (words, said) = mpsc::channel();
    thread::Builder::new()
        .name("mqtt-words".to_owned())
        .spawn(move || {
            for text in said {
                if let Err(mpsc::SendError(Event::Remark(text))) = events.send(Event::Remark(text))
                {
                    eprintln!("monitor: {text}");
                }
            }
        })
        .context("could not start the MQTT thread")?;
    Ok(words)
}

fn serve(
    settings: &Settings,
    news: Receiver<News>,
    words: Words,
    first: mpsc::Sender<Result<(), Refusal>>,
    events: SyncSender<Event>,
) -> u64 {
    // Without a runtime `first` is dropped, which the starting thread understands.
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
        return 0;
    };
    let unpublished = runtime.block_on(async {
        let (client, event_loop) = connection::open(settings);
        let (up, drop_it) = (Cell::new(false), Notify::new());
        let (sender, changes) = unbounded_channel();
        let mut service = Service::new(settings, client, (&up, &drop_it), words, first);
        tokio::select! {
            unpublished = service.run(news, changes) => unpublished,
            () = async {
                drive(event_loop, settings, &up, &drop_it, sender).await;
                std::future::pending().await
            } => 0,
            () = stop(events) => 0,
        }
    });
    // A name that is being looked up can't be stopped; it must not keep the program.
    runtime.shutdown_background();
    unpublished
}

/// Ends the program through its views; at the second time, without them.
async fn stop(events: SyncSender<Event>) {
    stop_asked().await;
    // The views may be busy: waiting for them is not this thread's.
    tokio::task::spawn_blocking(move || {
        // They are gone if they don't take it: the program ends anyway.
        let _ = events.send(Event::Stop);
    });
    stop_asked().await;
    std::process::exit(2);
}
