//! The tables of the reference of configuration keys: what stands in docs/reference/configuration.md is written from these, after each
//! of them was held against the program.

pub(crate) mod agent;
pub(crate) mod collector;
pub(crate) mod site;

/// A table of a configuration file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    /// As it is written in the file: `[http]`.
    pub(crate) title: &'static str,
    /// A sentence above the table: what it is for.
    pub(crate) about: &'static str,
    /// A file that is valid once the required keys stand in place of `@`.
    pub(crate) frame: &'static str,
    /// In the order in which the program declares them.
    pub(crate) keys: &'static [Key],
}

/// A row of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// As it is written before the `=`.
    pub(crate) name: &'static str,
    /// What may stand there, with its unit and range. "one of" is followed by all words that may.
    pub(crate) kind: &'static str,
    /// What holds without it.
    pub(crate) default: Default,
    /// What it does.
    pub(crate) meaning: &'static str,
}

/// What holds where a key is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Default {
    /// It may not be absent; a value as an example.
    Required(&'static str),
    /// Nothing; the meaning says what follows.
    Nothing,
    /// The same as with this value.
    Value(&'static str),
}

/// A key that must be there; `example` is a value of it.
pub(crate) const fn required(
    name: &'static str,
    kind: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        kind,
        default: Default::Required(example),
        meaning,
    }
}

/// A key that may be absent, and then nothing holds in its place.
pub(crate) const fn maybe(name: &'static str, kind: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        default: Default::Nothing,
        meaning,
    }
}

/// A key that has a default.
pub(crate) const fn usual(
    name: &'static str,
    kind: &'static str,
    value: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        kind,
        default: Default::Value(value),
        meaning,
    }
}

impl Table {
    /// A file with the required keys but `without`, and `more` lines.
    pub(crate) fn file(&self, without: &str, more: &str) -> String {
        // Within braces keys stand on one line.
        let separator = if self.frame.contains("{ @ }") { ", " } else { "\n" };
        let required = self.keys.iter().filter(|key| key.name != without);
        let mut lines: Vec<String> = required
            .filter_map(|key| match key.default {
                Default::Required(example) => Some(format!("{} = {example}", key.name)),
                _ => None,
            })
            .collect();
        lines.extend((!more.is_empty()).then(|| more.to_owned()));
        self.frame.replace('@', &lines.join(separator))
    }
}
