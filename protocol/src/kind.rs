//! The kinds of record by name, in either format.
use crate::{Body, Error, error::excerpt};

/// Which record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Begin,
    Tag,
    Status,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Begin, Self::Tag, Self::Status];

    pub(crate) const fn of(body: &Body) -> Self {
        match body {
            Body::Begin(_) => Self::Begin,
            Body::Tag(_) => Self::Tag,
            Body::Status(_) => Self::Status,
        }
    }

    /// Name in JSON and in errors.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Tag => "tag",
            Self::Status => "status",
        }
    }

    /// Address field of the sentence.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Begin => "NDBEG",
            Self::Tag => "NDTAG",
            Self::Status => "NDSTA",
        }
    }

    /// The record of this name, which `name_of` gives in one format or the other.
    pub(crate) fn named(name: &str, name_of: fn(Self) -> &'static str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|&kind| name_of(kind) == name)
            .ok_or_else(|| Error::UnknownRecord {
                name: excerpt(name.as_bytes()),
            })
    }
}
