//! A key of a configuration file as people read of it: docs/reference/configuration.md is written from these, after each was held against the
//! program.

/// A row of the page.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As it is written before the `=`.
    pub name: &'static str,
    /// What may stand there, with its unit and range. "one of" is followed by all words that may.
    pub kind: &'static str,
    /// What holds without it.
    pub default: Absent,
    /// What it does.
    pub meaning: &'static str,
}

/// What holds where a key is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It may not be absent; a value as an example.
    Required(&'static str),
    /// Nothing; the meaning says what follows.
    Nothing,
    /// The same as with this value.
    Value(&'static str),
}

/// A key that must be there; `example` is a value of it.
pub const fn required(
    name: &'static str,
    kind: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        kind,
        default: Absent::Required(example),
        meaning,
    }
}

/// A key that may be absent, and then nothing holds in its place.
pub const fn maybe(name: &'static str, kind: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        default: Absent::Nothing,
        meaning,
    }
}

/// A key that has a default.
pub const fn usual(
    name: &'static str,
    kind: &'static str,
    value: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        kind,
        default: Absent::Value(value),
        meaning,
    }
}
