//! Three-valued logic: a condition is true, false or unknown.

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

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl From<Option<bool>> for Truth {
    fn from(holds: Option<bool>) -> Self {
        holds.map_or(Self::Unknown, Self::from)
    }
}

impl Truth {
    /// Whether it holds; none if nobody can say.
    pub fn known(self) -> Option<bool> {
        match self {
            Self::False => Some(false),
            Self::Unknown => None,
            Self::True => Some(true),
        }
    }

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

    /// Not A: what is unknown stays so.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
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
        assert_eq!([True, Unknown, False].map(Truth::negated), [False, Unknown, True]);
    }
}
