//! Whom else something is told, and who is next.

use plenum_protocol::Timestamp;

/// Somebody else whom the same is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Their name, and over which channel: "Sanne (mail)".
    pub who: String,
    /// What came of it.
    pub reached: Reached,
}

/// Who is called next, where nobody has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Next {
    /// Nobody: no ladder takes it.
    #[default]
    Nobody,
    /// These people, at an instant.
    People {
        /// Their names.
        people: Vec<String>,
        /// When.
        at: Timestamp,
    },
    /// That is not asked: somebody has it, or it is not known.
    Held,
}

/// What came of telling somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The message is on its way.
    NotYet,
    /// The channel took it.
    Yes,
    /// It was given up.
    No,
}
