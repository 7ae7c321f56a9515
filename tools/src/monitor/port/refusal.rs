//! Why a port can't be opened, or is not the board's: the rest of a sentence that begins with the port's name.

/// Said of one port, after its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another program has it, this one where it is known.
    Busy(Option<String>),
    /// Not ours to open; the group that may, where there is one.
    NoPermission(Option<String>),
    /// Nothing of that name.
    Missing,
    /// It can't be opened, in the system's words.
    NoPort(String),
    /// Open, and nothing came.
    Silent,
    /// This many bytes came, no record among them.
    OtherData(usize),
    /// It went away while it was listened to.
    Gone,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Busy(Some(who)) => write!(f, "is busy: {who} has it open, close that first"),
            Self::Busy(None) => {
                f.write_str("is busy: another program has it open, close that first")
            }
            Self::NoPermission(Some(group)) => write!(
                f,
                "may not be opened by you: join its group (sudo usermod -aG {group} \"$USER\") and log in again"
            ),
            Self::NoPermission(None) => f.write_str("may not be opened by you"),
            Self::Missing => f.write_str("is not there: plug the board in"),
            Self::NoPort(words) => write!(f, "can't be opened: {}", words.to_lowercase()),
            Self::Silent => f.write_str("is silent"),
            Self::OtherData(bytes) => write!(
                f,
                "sends something else ({bytes} bytes without a record; another rate?)"
            ),
            Self::Gone => f.write_str("went away"),
        }
    }
}
