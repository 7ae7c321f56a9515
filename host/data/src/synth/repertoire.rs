//! The eight styles, as data.

use super::drums::Drum;
use super::style::{Part, Style};
use super::theory::{BLUES, DORIAN, MAJOR, MINOR, MIXOLYDIAN, PENTATONIC};
use super::tones::Instrument;
use needledrop_bundle::NO_MUSIC;

/// Sorted by name.
pub(super) const STYLES: [Style; 8] = [
    Style {
        name: "ambient",
        bpm: (52.0, 112.0),
        steps_per_beat: 4,
        swing: (0.0, 0.1),
        scales: &[MAJOR, MINOR, DORIAN],
        lead_scales: &[PENTATONIC, MAJOR, MINOR],
        progressions: &[&[0, 3], &[0, 5, 3, 4], &[0, 4], &[0, 2, 3, 3]],
        bars_per_chord: 2,
        sevenths: 0.6,
        drums_chance: 0.35,
        drums: &[
            (Drum::Shaker, &["x...o...x...o...", "..o...o...o...o."]),
            (Drum::Tom, &["x...............", "........o......."]),
        ],
        bass: Part {
            chance: 0.6,
            patterns: &["r---------------", "r-------f-------"],
            instruments: &[Instrument::Flute, Instrument::Strings],
        },
        chords: Part {
            chance: 0.95,
            patterns: &["x---------------", "x-------x-------", "a---a---a---a---"],
            instruments: &[Instrument::Strings, Instrument::Flute],
        },
        lead: Part {
            chance: 0.6,
            patterns: &["m-------m-------", "n---........m---", "....m-------...."],
            instruments: &[Instrument::Bell, Instrument::Flute],
        },
        levels_db: [(-26.0, -12.0), (-12.0, -3.0), (-6.0, 0.0), (-12.0, -3.0)],
        wet: (0.15, 0.5),
    },
    Style {
        name: "blues",
        bpm: (68.0, 140.0),
        steps_per_beat: 3,
        swing: (0.0, 0.1),
        scales: &[MIXOLYDIAN],
        lead_scales: &[BLUES],
        progressions: &[&[0, 0, 3, 0, 4, 3, 0, 4], &[0, 3, 0, 4], &[0, 0, 3, 4]],
        bars_per_chord: 1,
        sevenths: 0.8,
        drums_chance: 0.8,
        drums: &[
            (
                Drum::Kick,
                &["X.....x.....", "X..o..x..o..", "x....ox....."],
            ),
            (Drum::Snare, &["...x.....x..", "...X..o..X.o"]),
            (Drum::Hat, &["x.xx.xx.xx.x", "x..x.xx..x.x"]),
        ],
        bass: Part {
            chance: 0.95,
            patterns: &["r-.w-.w-.w-.", "r-.t-.f-.w-.", "r-rr-rf-ff-f"],
            instruments: &[Instrument::Pluck, Instrument::Flute],
        },
        chords: Part {
            chance: 0.85,
            patterns: &["...x-....x-.", "x-.x-.x-.x-.", "..x-....x-.."],
            instruments: &[Instrument::Organ, Instrument::Keys],
        },
        lead: Part {
            chance: 0.8,
            patterns: &["n-mn-m..m.n-", "..mn-mn-mm..", "n--n-m......"],
            instruments: &[Instrument::Pluck, Instrument::Brass],
        },
        levels_db: [(-14.0, -3.0), (-8.0, 0.0), (-12.0, -3.0), (-8.0, 0.0)],
        wet: (0.0, 0.3),
    },
    Style {
        name: "chiptune",
        bpm: (104.0, 168.0),
        steps_per_beat: 4,
        swing: (0.0, 0.15),
        scales: &[MAJOR, MINOR],
        lead_scales: &[MAJOR, MINOR, PENTATONIC],
        progressions: &[&[0, 4, 5, 3], &[0, 3, 4, 0], &[0, 5, 3, 4]],
        bars_per_chord: 1,
        sevenths: 0.1,
        drums_chance: 0.8,
        drums: &[
            (Drum::Kick, &["X...x...X...x...", "X.......x.x....."]),
            (Drum::Snare, &["....x.......x...", "....x.......x.oo"]),
            (Drum::Hat, &["x.o.x.o.x.o.x.o.", "o.x.o.x.o.x.o.x."]),
        ],
        bass: Part {
            chance: 0.9,
            patterns: &["r.r.o.r.r.r.o.r.", "r-o-r-o-r-o-r-o-", "r-r-f-r-r-r-f-o-"],
            instruments: &[Instrument::Square, Instrument::Pulse],
        },
        chords: Part {
            chance: 0.85,
            patterns: &["aaaaaaaaaaaaaaaa", "aaa.aaa.aaa.aaa.", "a.aaa.aaa.aaa.aa"],
            instruments: &[Instrument::Pulse, Instrument::Square],
        },
        lead: Part {
            chance: 0.9,
            patterns: &["n.n-m.n-n.n-m-n-", "nmn-n.m-nmn-n---", "n--n--n-nmn-m-m-"],
            instruments: &[Instrument::Pulse, Instrument::Square],
        },
        levels_db: [(-16.0, -5.0), (-8.0, -1.0), (-12.0, -3.0), (-7.0, 0.0)],
        wet: (0.0, 0.2),
    },
    Style {
        name: "jungle",
        bpm: (146.0, 178.0),
        steps_per_beat: 4,
        swing: (0.0, 0.15),
        scales: &[MINOR, DORIAN],
        lead_scales: &[MINOR, PENTATONIC],
        progressions: &[&[0, 5], &[0, 3, 5, 4], &[0, 0, 3, 3]],
        bars_per_chord: 2,
        sevenths: 0.6,
        drums_chance: 1.0,
        drums: &[
            (
                Drum::Kick,
                &["X.x.......x.....", "X.........xx....", "X.x....o..x..o.."],
            ),
            (
                Drum::Snare,
                &["....X..x.x..X..o", "....X..x.o..X.x.", "....X..o.x....x."],
            ),
            (Drum::Hat, &["x.x.x.x.x.x.x.x.", "x.xox.xox.xox.xo"]),
        ],
        bass: Part {
            chance: 0.9,
            patterns: &["r-------....f---", "r-----------t---", "r---..r-..f-----"],
            instruments: &[Instrument::Flute, Instrument::Square],
        },
        chords: Part {
            chance: 0.75,
            patterns: &["x---------------", "x-----x---------", "......x-........"],
            instruments: &[Instrument::Strings, Instrument::Keys],
        },
        lead: Part {
            chance: 0.4,
            patterns: &["m---....m-m-....", "n--m--n-........"],
            instruments: &[Instrument::Bell, Instrument::Keys],
        },
        levels_db: [(-8.0, 0.0), (-7.0, 0.0), (-14.0, -4.0), (-14.0, -5.0)],
        wet: (0.05, 0.35),
    },
    Style {
        name: "march",
        bpm: (92.0, 134.0),
        steps_per_beat: 4,
        swing: (0.0, 0.1),
        scales: &[MAJOR],
        lead_scales: &[MAJOR],
        progressions: &[&[0, 0, 4, 0], &[0, 3, 4, 0], &[0, 4, 4, 0]],
        bars_per_chord: 1,
        sevenths: 0.1,
        drums_chance: 0.9,
        drums: &[
            (Drum::Kick, &["X.......X.......", "X...o...X...o..."]),
            (
                Drum::Snare,
                &["x...x.xxx...x.xx", "x.xxx.x.x.xxx.x.", "....x.x.....x.xx"],
            ),
            (
                Drum::OpenHat,
                &["....o.......o...", "x...............", "........o......."],
            ),
        ],
        bass: Part {
            chance: 0.95,
            patterns: &["r-..f-..r-..f-..", "r---f---r---f---"],
            instruments: &[Instrument::Brass, Instrument::Organ],
        },
        chords: Part {
            chance: 0.9,
            patterns: &["..x-..x-..x-..x-", "....x-......x-..", "..x...x...x...x."],
            instruments: &[Instrument::Brass, Instrument::Flute],
        },
        lead: Part {
            chance: 0.9,
            patterns: &["n--mn---n--mn---", "n---n--mn---n---", "n-n-n---n-m-n---"],
            instruments: &[Instrument::Brass, Instrument::Flute],
        },
        levels_db: [(-12.0, -3.0), (-9.0, -1.0), (-12.0, -4.0), (-7.0, 0.0)],
        wet: (0.0, 0.3),
    },
    Style {
        name: "reggae",
        bpm: (64.0, 96.0),
        steps_per_beat: 4,
        swing: (0.0, 0.35),
        scales: &[MAJOR, MINOR, DORIAN],
        lead_scales: &[PENTATONIC, MAJOR],
        progressions: &[&[0, 3], &[0, 3, 4, 3], &[0, 5, 3, 4], &[0, 1]],
        bars_per_chord: 1,
        sevenths: 0.2,
        drums_chance: 0.95,
        drums: &[
            (
                Drum::Kick,
                &["........X.......", "x.......X.......", "X...X...X...X..."],
            ),
            (Drum::Snare, &["........x.......", "........x....o.o"]),
            (
                Drum::Hat,
                &["x.x.x.x.x.x.x.x.", "..x...x...x...x.", "x.xxx.xxx.xxx.xx"],
            ),
        ],
        bass: Part {
            chance: 0.95,
            patterns: &["r-..r-f-..o-..r-", "..r-r-..f-..r-t-", "r--.....f--.r-.."],
            instruments: &[Instrument::Flute, Instrument::Pluck],
        },
        chords: Part {
            chance: 0.97,
            patterns: &["..x...x...x...x.", "..xx..x...xx..x.", "..xx..xx..xx..xx"],
            instruments: &[Instrument::Organ, Instrument::Keys],
        },
        lead: Part {
            chance: 0.5,
            patterns: &["........n--.m---", "n-.m-.n-........", "....n-m-....m---"],
            instruments: &[Instrument::Brass, Instrument::Organ],
        },
        levels_db: [(-13.0, -3.0), (-6.0, 0.0), (-11.0, -3.0), (-12.0, -4.0)],
        wet: (0.05, 0.4),
    },
    Style {
        name: "techno",
        bpm: (116.0, 144.0),
        steps_per_beat: 4,
        swing: (0.0, 0.15),
        scales: &[MINOR, DORIAN],
        lead_scales: &[MINOR, PENTATONIC],
        progressions: &[&[0], &[0, 0, 5, 5], &[0, 0, 0, 1]],
        bars_per_chord: 1,
        sevenths: 0.3,
        drums_chance: 0.97,
        drums: &[
            (Drum::Kick, &["X...X...X...X..."]),
            (Drum::OpenHat, &["..x...x...x...x.", "..x...x...x...xo"]),
            (Drum::Snare, &["....x.......x...", "....o.......o..o"]),
            (Drum::Hat, &["xoxoxoxoxoxoxoxo", "o.o.o.o.o.o.o.oo"]),
        ],
        bass: Part {
            chance: 0.9,
            patterns: &["..r-..r-..r-..r-", ".rrr.rrr.rrr.rrr", "r..r..r.r..r..r."],
            instruments: &[Instrument::Saw, Instrument::Square],
        },
        chords: Part {
            chance: 0.75,
            patterns: &[
                "x..x..x.........",
                "......x.......x.",
                "x---------------",
                "a.a.aa.a.a.aa.a.",
            ],
            instruments: &[Instrument::Saw, Instrument::Strings],
        },
        lead: Part {
            chance: 0.45,
            patterns: &["n.m.n.mn..m.n.m.", "n..n..n.n..n..m."],
            instruments: &[Instrument::Saw, Instrument::Pulse],
        },
        levels_db: [(-8.0, 0.0), (-8.0, -1.0), (-14.0, -4.0), (-14.0, -4.0)],
        wet: (0.0, 0.3),
    },
    Style {
        name: "waltz",
        bpm: (88.0, 184.0),
        steps_per_beat: 4,
        swing: (0.0, 0.1),
        scales: &[MAJOR, MINOR],
        lead_scales: &[MAJOR, MINOR],
        progressions: &[&[0, 0, 4, 0], &[0, 3, 4, 0], &[0, 4, 4, 0], &[0, 5, 3, 4]],
        bars_per_chord: 1,
        sevenths: 0.2,
        drums_chance: 0.55,
        drums: &[
            (Drum::Kick, &["X...........", "x..........."]),
            (Drum::Snare, &["....o...o...", "....x...x..."]),
            (Drum::Hat, &["....x...x...", "x...x...x..."]),
        ],
        bass: Part {
            chance: 0.95,
            patterns: &["r---........", "r-----------", "f---........"],
            instruments: &[Instrument::Flute, Instrument::Organ],
        },
        chords: Part {
            chance: 0.97,
            patterns: &["....x-..x-..", "....x...x...", "....x---x---"],
            instruments: &[Instrument::Strings, Instrument::Organ],
        },
        lead: Part {
            chance: 0.85,
            patterns: &[
                "n---n---n---",
                "n-------n---",
                "n---n-m-n-m-",
                "n-----m-n---",
            ],
            instruments: &[Instrument::Flute, Instrument::Strings],
        },
        levels_db: [(-18.0, -6.0), (-8.0, -1.0), (-10.0, -3.0), (-8.0, 0.0)],
        wet: (0.0, 0.35),
    },
];

/// Labels: the styles, then the reserved one.
pub fn labels() -> impl Iterator<Item = &'static str> {
    STYLES.iter().map(|style| style.name).chain([NO_MUSIC])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one_bar_of_known_steps() {
        for style in &STYLES {
            let steps = style.steps_per_bar();
            assert_eq!(steps % style.steps_per_beat, 0, "{}", style.name);
            for (drum, patterns) in style.drums {
                for pattern in *patterns {
                    assert_eq!(pattern.len(), steps, "{} {drum:?} {pattern}", style.name);
                    assert!(
                        pattern.chars().all(|step| "Xxo.".contains(step)),
                        "{pattern}"
                    );
                }
            }
            for (part, known) in [
                (&style.bass, "rtfow-."),
                (&style.chords, "xa-."),
                (&style.lead, "nm-."),
            ] {
                for pattern in part.patterns {
                    assert_eq!(pattern.len(), steps, "{} {pattern}", style.name);
                    assert!(
                        pattern.chars().all(|step| known.contains(step)),
                        "{pattern}"
                    );
                }
            }
        }
    }
}
