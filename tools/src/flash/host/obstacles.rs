//! What is in the way of a package on a board: facts and sizes in bytes in, nothing or the first obstacle's sentence
//! out.
use super::{
    destination::Destination,
    facts::{Facts, Sudo},
};
use crate::flash::{
    program::{Architecture, GLIBC},
    talk::MEGABYTE_BYTES,
};
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;
use std::collections::BTreeMap;

/// Left free beside what is needed.
const SLACK_BYTES: u64 = 16 << 20;

/// Whether the package can go there; `sent_bytes` is all that is copied, `installed_bytes` what the package takes.
///
/// # Errors
/// The first thing that is in the way.
pub(super) fn check(
    facts: &Facts,
    destination: &Destination,
    program: Architecture,
    sent_bytes: u64,
    installed_bytes: u64,
) -> Result<()> {
    if facts.text("architecture").is_empty() {
        bail!(
            "{destination} runs {}, which has no dpkg: a Debian package needs Raspberry Pi OS or Debian there, and \
             tools/flash --image makes a card that needs nothing",
            match facts.text("system") {
                "" => "a system without a name",
                system => system,
            }
        );
    }
    check_architecture(facts, destination, program)?;
    check_glibc(facts, destination)?;
    if !facts.text("busy").is_empty() {
        bail!("another installation is running on {destination}: wait for it and run this again");
    }
    let unfinished = facts.text("unfinished");
    if !unfinished.is_empty() {
        bail!(
            "dpkg on {destination} has unfinished packages ({unfinished}): run sudo dpkg --configure -a there, and \
             this again"
        );
    }
    check_space(facts, destination, sent_bytes, installed_bytes)?;
    if facts.sudo() == Sudo::Missing {
        bail!(
            "{} on {destination} is not root and there is no sudo: log in as root, or install sudo there",
            facts.user()
        );
    }
    Ok(())
}

fn check_architecture(
    facts: &Facts,
    destination: &Destination,
    program: Architecture,
) -> Result<()> {
    let (architecture, machine) = (facts.text("architecture"), facts.text("machine"));
    // Raspberry Pi OS calls the system of the first Raspberry Pis armhf, too.
    if machine.starts_with("armv6") {
        bail!(
            "{destination} is {machine}, and the program needs ARMv7 or newer: a Raspberry Pi 2, 3, 4, 5 or Zero 2 W"
        );
    }
    if architecture == program.debian() {
        return Ok(());
    }
    let known = Architecture::value_variants();
    match known.iter().find(|known| known.debian() == architecture) {
        Some(other) => bail!(
            "{destination} is {architecture} ({machine}), and the package is for {program}: run this with --arch \
             {other}"
        ),
        None => bail!(
            "{destination} is {architecture} ({machine}), and the package is for {program}: it needs a Raspberry Pi \
             (2, 3, 4, 5, Zero 2 W) or a like board"
        ),
    }
}

fn check_glibc(facts: &Facts, destination: &Destination) -> Result<()> {
    let text = facts.text("glibc");
    let number = text.rsplit(' ').next().unwrap_or("");
    let version = number
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    if version.is_none_or(|version: (u32, u32)| version < GLIBC) {
        bail!(
            "{destination} has {}, and the program needs glibc {}.{} or newer: bring the board to Debian 12 (bookworm) \
             or newer",
            if text.is_empty() { "no glibc" } else { text },
            GLIBC.0,
            GLIBC.1
        );
    }
    Ok(())
}

/// Sums up what each file system must take: several of the folders may be on one.
fn check_space(
    facts: &Facts,
    destination: &Destination,
    sent_bytes: u64,
    installed_bytes: u64,
) -> Result<()> {
    // Sent files, root's own copy of them, the program unpacked for its trial, the old version kept.
    let work = 2 * sent_bytes + 2 * installed_bytes;
    let needs = [
        ("work", "/var/tmp", work),
        ("programs", "/usr", installed_bytes),
        ("state", "/var/lib", sent_bytes + installed_bytes),
    ];
    let mut systems: BTreeMap<&str, (&str, u64, u64)> = BTreeMap::new();
    for (key, path, bytes) in needs {
        let free_kib: u64 = facts
            .text(&format!("{key}_free_kib"))
            .parse()
            .with_context(|| format!("{destination} does not say how much is free in {path}"))?;
        let device = facts.text(&format!("{key}_device"));
        systems
            .entry(device)
            .or_insert((path, free_kib * 1024, SLACK_BYTES))
            .2 += bytes;
    }
    for (path, free, needed) in systems.values() {
        if free < needed {
            bail!(
                "{destination} has {} MB free where {path} is, and {} MB are needed: make room there (sudo apt-get \
                 clean) and run this again",
                free / MEGABYTE_BYTES,
                needed.div_ceil(MEGABYTE_BYTES)
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::flash::{
        host::{answer::Answer, destination::Destination, facts::Facts},
        program::Architecture,
    };

    const PI: &str = "Welcome to the board\n\
        @user=pi\n\
        @system=Debian GNU/Linux 12 (bookworm)\n\
        @machine=aarch64\n\
        @architecture=arm64\n\
        @glibc=glibc 2.36\n\
        @sudo=free\n\
        @work_device=2049\n\
        @work_free_kib=1000000\n\
        @programs_device=2049\n\
        @programs_free_kib=1000000\n\
        @state_device=2049\n\
        @state_free_kib=1000000\n\
        @unfinished=\n\
        @installed=0.1.0\n\
        @model=\n\
        @end=yes";

    fn refused(change: impl Fn(&str) -> String) -> String {
        let board = Destination::parse("pi@board").unwrap();
        let answer = Answer {
            lines: change(PI).lines().map(str::to_owned).collect(),
            ..Answer::default()
        };
        let checked = Facts::read(&board, &answer)
            .and_then(|facts| check(&facts, &board, Architecture::Arm64, 20_000_000, 10_000_000));
        checked.map_or_else(|refused| refused.to_string(), |()| String::new())
    }

    #[test]
    fn a_board_that_takes_the_package_is_not_refused() {
        assert_eq!(refused(str::to_owned), "");
    }

    #[test]
    fn every_obstacle_has_its_sentence() {
        for (from, to, said) in [
            (
                "@architecture=arm64",
                "@architecture=armhf",
                "is armhf (aarch64), and the package is for arm64: run this with --arch armhf",
            ),
            ("@architecture=arm64", "@architecture=", "no dpkg"),
            ("@machine=aarch64", "@machine=armv6l", "needs ARMv7"),
            (
                "glibc 2.36",
                "glibc 2.31",
                "has glibc 2.31, and the program needs glibc 2.34",
            ),
            ("glibc 2.36", "", "has no glibc"),
            (
                "@unfinished=",
                "@unfinished=raspi-config",
                "unfinished packages (raspi-config)",
            ),
            ("@sudo=free", "@sudo=missing", "there is no sudo"),
            (
                "@work_free_kib=1000000",
                "@work_free_kib=100000",
                "has 102 MB free where /var/tmp is, and 117 MB",
            ),
            ("@end=yes", "", "ran no shell script"),
        ] {
            let sentence = refused(|pi| pi.replacen(from, to, 1));
            assert!(sentence.contains(said), "{to}: {sentence}");
        }
        let other = refused(|pi| {
            pi.replace("aarch64", "x86_64")
                .replace("architecture=arm64", "architecture=amd64")
        });
        assert!(other.contains("is amd64 (x86_64)"), "{other}");
    }

    #[test]
    fn folders_on_file_systems_of_their_own_are_counted_apart() {
        let apart = |pi: &str| {
            pi.replace("@work_device=2049", "@work_device=7")
                .replace("@work_free_kib=1000000", "@work_free_kib=80000")
        };
        assert_eq!(refused(apart), "", "60 MB of work and the slack");
    }
}
