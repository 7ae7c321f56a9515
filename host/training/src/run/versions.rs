//! What a run record says it was made by.

use std::collections::BTreeMap;

/// Our version, and those of what else trained it.
pub(crate) fn versions(others: &[(&str, &str)]) -> BTreeMap<String, String> {
    let ours = ("needledrop", env!("CARGO_PKG_VERSION"));
    let all = std::iter::once(&ours).chain(others);
    all.map(|&(name, version)| (name.to_owned(), version.to_owned()))
        .collect()
}
