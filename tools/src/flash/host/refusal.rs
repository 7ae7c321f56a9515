//! What ssh complained about: its words in, a sentence with the next step out.
use super::destination::Destination;

/// What ssh writes, in any part of its words, and what that means. The first one found counts.
const COMPLAINTS: [(&str, &str); 13] = [
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "has another host key than the one ssh knows: if the board was set up anew, forget the old key with ssh-keygen \
         -R KNOWN and run this again; otherwise something else answers under its name",
    ),
    (
        "Host key verification failed",
        "has a host key that ssh does not know yet: connect once by hand, compare the key (BY-HAND), and run this \
         again",
    ),
    (
        "Could not resolve hostname",
        "is a name that this machine cannot find: check its spelling and that the board is on this network, or give \
         its address",
    ),
    (
        "Connection refused",
        "refused the connection: switch ssh on there (sudo raspi-config, Interface Options), or give its port \
         (USER@HOST:PORT)",
    ),
    (
        "timed out",
        "did not answer in time: check that it is switched on and on this network, and its address",
    ),
    (
        "No route to host",
        "cannot be reached from this machine: check that both are on one network, and its address",
    ),
    (
        "Network is unreachable",
        "cannot be reached from this machine: check that both are on one network, and its address",
    ),
    (
        "Too many authentication failures",
        "was offered too many keys: name the right one with --ssh IdentityFile=FILE --ssh IdentitiesOnly=yes",
    ),
    (
        "Permission denied",
        "let nobody in under this name: check the user's name and key (BY-HAND), or run this in a terminal to type the \
         password",
    ),
    (
        "Bad configuration option",
        "was not tried, since ssh does not know one of the options: see man ssh_config for what --ssh takes",
    ),
    (
        "Connection closed",
        "closed the connection before anybody was let in: see its log (journalctl -u ssh)",
    ),
    (
        "Connection reset",
        "closed the connection before anybody was let in: see its log (journalctl -u ssh)",
    ),
    (
        "ControlPath",
        "was not tried, since the path for the shared connection is too long: set TMPDIR=/tmp and run this again",
    ),
];

/// One sentence for what ssh wrote when it ended.
pub(super) fn sentence(destination: &Destination, words: &str) -> String {
    let place = destination.user_at_host();
    let by_hand = match destination.port {
        Some(port) => format!("ssh -p {port} {place}"),
        None => format!("ssh {place}"),
    };
    let known = match destination.port {
        Some(port) => format!("'[{}]:{port}'", destination.host),
        None => destination.host.clone(),
    };
    match COMPLAINTS.iter().find(|(part, _)| words.contains(part)) {
        Some((_, meaning)) => format!(
            "{destination} {}",
            meaning
                .replace("BY-HAND", &by_hand)
                .replace("KNOWN", &known)
        ),
        None => {
            let last = words
                .lines()
                .map(str::trim)
                .rfind(|line| !line.is_empty())
                .unwrap_or("it said nothing");
            format!("{destination} could not be reached; ssh: {last}; try {by_hand}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;
    use crate::flash::host::destination::Destination;

    #[test]
    fn a_changed_key_is_told_from_an_unknown_one() {
        let board = Destination::parse("pi@board").unwrap();
        let unknown = "No ED25519 host key is known for board and you have requested strict checking.\nHost key \
            verification failed.";
        let changed = format!(
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n{}",
            "Host key verification failed."
        );
        assert!(sentence(&board, unknown).contains("does not know yet"));
        assert!(sentence(&board, &changed).contains("ssh-keygen -R board and"));
    }

    #[test]
    fn words_that_nobody_foresaw_are_shown() {
        let board = Destination::parse("board:2222").unwrap();
        assert_eq!(
            sentence(&board, "kex_exchange_identification: odd\n\n"),
            "board:2222 could not be reached; ssh: kex_exchange_identification: odd; try ssh -p 2222 board"
        );
    }
}
