//! What becomes of an incident that somebody passes on.

/// What becomes of an incident that somebody passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// Whoever comes next, or is named, is told now. What they had of it they have given back.
    On,
    /// It waits for others already, or others have what is left of it: that they do not take it is noted.
    Noted,
    /// Nobody comes after them who can be told now: it goes on as it was.
    NobodyNext,
    /// The same, and they have it still.
    Kept,
    /// Whom they named cannot be told now.
    NotReached,
    /// Somebody else has it.
    HeldByAnother,
    /// Nothing of it stands.
    Over,
    /// They were never told of it.
    NotTold,
}

impl Passed {
    /// Every one, for those who have words for them.
    pub const ALL: [Self; 8] = [
        Self::On,
        Self::Noted,
        Self::NobodyNext,
        Self::Kept,
        Self::NotReached,
        Self::HeldByAnother,
        Self::Over,
        Self::NotTold,
    ];

    /// Whether it is refused.
    pub fn is_refused(self) -> bool {
        !matches!(self, Self::On | Self::Noted)
    }
}
