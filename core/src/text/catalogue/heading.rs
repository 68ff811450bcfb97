//! What a message, or a line of one, begins with.

use plenum_protocol::quantity::Language;

use super::{dutch, english};

/// What begins a line of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text) enum Label {
    Delayed,
    What,
    Also,
    Where,
    HowBad,
    Now,
    HowLong,
    Do,
    You,
    Sure,
}

/// What a room's states are told under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text) enum Matter {
    Mains,
    Smoke,
    Water,
    Cooling,
}

/// What a message begins with that does not tell of an alarm for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text) enum Heading {
    Returned,
    ShelvingEnds,
    Withdrawn,
    Changed,
    Chattering,
    /// It was told before, and nobody has it still.
    Again,
    /// It was raised and is over before its beginning was told.
    OverAlready,
    /// Somebody has it.
    Taken,
}

/// In one word why a message is written.
pub(in crate::text) fn heading(language: Language, heading: Heading) -> &'static str {
    match language {
        Language::English => english::heading(heading),
        Language::Dutch => dutch::heading(heading),
    }
}

/// A line's beginning.
pub(in crate::text) fn label(language: Language, label: Label) -> &'static str {
    match language {
        Language::English => english::label(label),
        Language::Dutch => dutch::label(label),
    }
}

/// What a state is told under.
pub(in crate::text) fn matter(language: Language, matter: Matter) -> &'static str {
    match language {
        Language::English => english::matter(matter),
        Language::Dutch => dutch::matter(matter),
    }
}
