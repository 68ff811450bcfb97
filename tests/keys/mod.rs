//! The tables of the reference of configuration keys: what stands in docs/reference/configuration.md is written from these, after each
//! of them was held against the program. The samples that stand beside the keys in a registry are held against README and `configs`.

use plenum_protocol::config_key::{Absent, Key};

pub(crate) mod agent;
pub(crate) mod collector;
mod duty;
mod rule;
mod samples;
pub(crate) mod site;

/// A table of a configuration file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    /// As it is written in the file: `[http]`.
    pub(crate) title: &'static str,
    /// A sentence above the table: what it is for.
    pub(crate) about: &'static str,
    /// A file that is valid once the required keys stand in place of its first `@`.
    pub(crate) frame: &'static str,
    /// In the order in which the program declares them.
    pub(crate) keys: &'static [Key],
}

impl Table {
    /// A file with the required keys but `without`, and `more` lines.
    pub(crate) fn file(&self, without: &str, more: &str) -> String {
        // Within braces keys stand on one line.
        let separator = if self.frame.contains("{ @ }") { ", " } else { "\n" };
        let required = self.keys.iter().filter(|key| key.name != without);
        let mut lines: Vec<String> = required
            .filter_map(|key| match key.default {
                Absent::Required(example) => Some(format!("{} = {example}", key.name)),
                _ => None,
            })
            .collect();
        lines.extend((!more.is_empty()).then(|| more.to_owned()));
        self.frame.replacen('@', &lines.join(separator), 1)
    }
}
