//! Three-valued logic over time: a condition is true, false or unknown, in stretches without holes.

use plenum_protocol::Timestamp;

/// What is known of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold.
    False,
    /// Nobody can say.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// A or B: true beats unknown beats false.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// A and B: false beats unknown beats true.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least `least` of the given ones hold. Unknown if enough might and not enough do.
    pub fn at_least(least: usize, truths: impl IntoIterator<Item = Self>) -> Self {
        let (mut holding, mut possible) = (0, 0);
        for truth in truths {
            holding += usize::from(truth == Self::True);
            possible += usize::from(truth != Self::False);
        }
        match (holding >= least, possible >= least) {
            (true, _) => Self::True,
            (false, true) => Self::Unknown,
            (false, false) => Self::False,
        }
    }
}

/// A condition's truth from `from` until the next stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its first instant.
    pub from: Timestamp,
    /// What is known.
    pub truth: Truth,
    /// Why, in words, for the list of interruptions.
    pub cause: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use Truth::{False, True, Unknown};

    #[test]
    fn unknown_gives_way_only_to_what_decides() {
        assert_eq!(
            [True.or(Unknown), Unknown.or(False), False.or(False)],
            [True, Unknown, False]
        );
        assert_eq!(
            [False.and(Unknown), Unknown.and(True), True.and(True)],
            [False, Unknown, True]
        );
        assert_eq!(Truth::at_least(2, [True, Unknown, False]), Unknown);
        assert_eq!(Truth::at_least(1, [True, Unknown, False]), True);
        assert_eq!(Truth::at_least(2, [True, False, False]), False);
        assert_eq!(Truth::at_least(1, []), False);
    }
}
