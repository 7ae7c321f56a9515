//! Several clips at once: clips in, lines as they come and played clips in the order of the list out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use anyhow::Result;

use super::clip::{Clip, Played};
use super::play::Player;

/// What there is to show while clips play.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'a> {
    /// A record came, readable.
    Line(&'a Clip, &'a str),
    /// A clip, and all before it, have ended.
    Played(&'a Played),
}

/// Plays all clips, `at_once` of them side by side; `on` hears of each record when it comes, and of the clips that were
/// played in the order of `clips`.
///
/// # Errors
/// The first failure, or that of `on`; clips already playing are played to their end, unless somebody asked to stop.
pub(super) fn play_all(
    player: &Player,
    clips: &[Clip],
    at_once: usize,
    stop: &AtomicBool,
    on: &mut dyn FnMut(Event<'_>) -> Result<()>,
) -> Result<()> {
    let next = &AtomicUsize::new(0);
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            let sender = sender.clone();
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(clip) = clips.get(index) else {
                        return;
                    };
                    let mut line = |line| drop(sender.send(Message::Line(clip, line)));
                    let played = player.play(clip, stop, &mut line);
                    let failed = played.is_err();
                    let told = sender.send(Message::Played(index, Box::new(played)));
                    // Nobody listens behind a failure.
                    if failed || told.is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut shown = InOrder::default();
        receiver.into_iter().try_for_each(|message| match message {
            Message::Line(clip, line) => on(Event::Line(clip, &line)),
            Message::Played(index, played) => {
                shown.add(index, (*played)?, |played| on(Event::Played(played)))
            }
        })
    })
}

enum Message<'a> {
    Line(&'a Clip, String),
    Played(usize, Box<Result<Played>>),
}

/// Clips that ended before one that stands before them.
#[derive(Default)]
struct InOrder {
    next: usize,
    early: BTreeMap<usize, Played>,
}

impl InOrder {
    /// Keeps a clip until its turn; `on` gets each whose turn has come.
    fn add(
        &mut self,
        index: usize,
        played: Played,
        mut on: impl FnMut(&Played) -> Result<()>,
    ) -> Result<()> {
        self.early.insert(index, played);
        while let Some(played) = self.early.remove(&self.next) {
            self.next += 1;
            on(&played)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, play_all};
    use crate::demo::clip::{Clip, Played};
    use crate::demo::play::Player;
    use crate::demo::score::Score;
    use anyhow::Result;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    const LAST: &str = "$NDTAG,1,0,16000,no-audio,lost,,,,,,,,0,0*B841";

    fn player(folder: &std::path::Path, script: &str) -> Player {
        let program = folder.join("device");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Player {
            program,
            model: "model.onnx".into(),
        }
    }

    fn clips(count: usize) -> Vec<Clip> {
        (0..count)
            .map(|index| Clip {
                name: index.to_string(),
                path: format!("{index}.wav").into(),
                genre: "jazz".to_owned(),
            })
            .collect()
    }

    fn play(player: &Player, count: usize, stop: &AtomicBool) -> Result<Vec<Played>> {
        let mut all = Vec::new();
        play_all(player, &clips(count), 2, stop, &mut |event| {
            if let Event::Played(played) = event {
                all.push(played.clone());
            }
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn every_line_of_the_port_is_read() {
        let folder = tempfile::tempdir().unwrap();
        // $7 is the port in `run --model M --input FILE --serial PORT`.
        let player = player(folder.path(), &format!("printf '{LAST}\\r\\n' > \"$7\""));
        let played = play(&player, 5, &AtomicBool::new(false)).unwrap();
        let mut score = Score::default();
        for one in &played {
            assert_eq!(one.lines, [LAST.as_bytes()]);
            score.add(one);
        }
        assert_eq!((score.clips, score.records), (5, 5));
        assert_eq!(
            score.lost, 5,
            "no record was flagged as the last of its clip"
        );
    }

    #[test]
    fn clips_are_told_of_in_their_own_order() {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("[ \"$5\" != 0.wav ] || sleep 1; printf '{LAST}\\r\\n' > \"$7\"");
        let player = player(folder.path(), &script);
        let played = play(&player, 3, &AtomicBool::new(false)).unwrap();
        let names: Vec<&str> = played.iter().map(|one| one.clip.name.as_str()).collect();
        assert_eq!(names, ["0", "1", "2"]);
    }

    #[test]
    fn a_failing_program_is_an_error_with_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let player = player(folder.path(), "echo 'no such model' >&2; exit 2");
        let error = play(&player, 3, &AtomicBool::new(false)).unwrap_err();
        assert!(format!("{error:#}").contains("no such model"), "{error:#}");
    }

    #[test]
    fn a_stop_ends_the_programs() {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("printf '{LAST}\\r\\n' > \"$7\"; exec sleep 50");
        let player = player(folder.path(), &script);
        let stop = AtomicBool::new(false);
        let began = Instant::now();
        let ended = play_all(&player, &clips(3), 2, &stop, &mut |_| {
            stop.store(true, Ordering::Relaxed);
            Ok(())
        });
        assert!(format!("{:#}", ended.unwrap_err()).contains("stopped"));
        assert!(began.elapsed() < Duration::from_secs(40), "it waited");
    }
}
