//! How the tidy test looks at the tree: its files, what a function measures, which commands the program has.

pub(crate) mod commands;
pub(crate) mod directions;
pub(crate) mod field;
pub(crate) mod functions;
pub(crate) mod named;
pub(crate) mod security;
pub(crate) mod statements;
pub(crate) mod tree;
mod words;

use std::collections::BTreeSet;

/// Fails with every offence, one a line.
pub(crate) fn none(what: &str, offences: impl IntoIterator<Item = String>) {
    none_but(what, &[], offences);
}

/// The same, but for a list that can only shrink: what is on it and no longer offends fails too.
pub(crate) fn none_but(what: &str, excused: &[&str], offences: impl IntoIterator<Item = String>) {
    let offences: BTreeSet<String> = offences.into_iter().collect();
    let known: BTreeSet<String> = excused.iter().map(|one| (*one).to_owned()).collect();
    let new: Vec<&str> = offences.difference(&known).map(String::as_str).collect();
    assert!(new.is_empty(), "{what}:\n  {}", new.join("\n  "));
    let mended: Vec<&str> = known.difference(&offences).map(String::as_str).collect();
    assert!(
        mended.is_empty(),
        "take these off the list:\n  {}",
        mended.join("\n  ")
    );
}
