//! A bound between normal and abnormal: whether a value is beyond it, and where it is back.

/// What is normal of a value. Limits and deadbands are in the quantity's unit; a value that is the limit is still normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Abnormal above the limit; back at the limit less the deadband.
    Above {
        /// The limit.
        limit: f64,
        /// At least 0.
        deadband: f64,
    },
    /// Abnormal below the limit; back at the limit plus the deadband.
    Below {
        /// The limit.
        limit: f64,
        /// At least 0.
        deadband: f64,
    },
    /// Abnormal in this state.
    Is {
        /// The state.
        state: bool,
    },
}

impl Bound {
    /// Whether a value is abnormal.
    pub fn is_passed(self, value: f64) -> bool {
        match self {
            Self::Above { limit, .. } => value > limit,
            Self::Below { limit, .. } => value < limit,
            Self::Is { state } => (value != 0.0) == state,
        }
    }

    /// Whether a value that was abnormal is not yet back.
    pub fn still_holds(self, value: f64) -> bool {
        match self {
            Self::Above { limit, deadband } => value > limit - deadband,
            Self::Below { limit, deadband } => value < limit + deadband,
            Self::Is { .. } => self.is_passed(value),
        }
    }

    /// The limit, if it is a number.
    pub fn limit(self) -> Option<f64> {
        match self {
            Self::Above { limit, .. } | Self::Below { limit, .. } => Some(limit),
            Self::Is { .. } => None,
        }
    }

    /// The limit that a value has still before it; none for one that is there or beyond.
    pub fn ahead_of(self, value: f64) -> Option<f64> {
        match self {
            Self::Above { limit, .. } => (value < limit).then_some(limit),
            Self::Below { limit, .. } => (value > limit).then_some(limit),
            Self::Is { .. } => None,
        }
    }

    /// Whether it holds of the newest good value, given whether it held before.
    pub(super) fn holds(self, seen: super::Seen<'_>) -> Option<bool> {
        let value = seen.value?;
        Some(self.holds_of(value, seen.active))
    }

    /// Whether it holds of all values between two; none if it does of some and not of others.
    pub(super) fn holds_throughout(self, (low, high): (f64, f64), active: bool) -> Option<bool> {
        let holds = self.holds_of(low, active);
        // A limit is passed on one side of it alone; a state can be passed by values on both.
        let is_one_sided = !matches!(self, Self::Is { .. }) || low == high;
        (is_one_sided && holds == self.holds_of(high, active)).then_some(holds)
    }

    fn holds_of(self, value: f64, active: bool) -> bool {
        self.is_passed(value) || (active && self.still_holds(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_itself_is_normal_and_a_deadband_keeps_what_was_passed() {
        let above = Bound::Above {
            limit: 27.0,
            deadband: 1.0,
        };
        assert_eq!(
            [26.0, 27.0, 27.1].map(|value| (above.is_passed(value), above.still_holds(value))),
            [(false, false), (false, true), (true, true)]
        );
        assert_eq!(
            [26.9, 27.0, 28.0].map(|value| above.ahead_of(value)),
            [Some(27.0), None, None]
        );
        let below = Bound::Below {
            limit: 300.0,
            deadband: 60.0,
        };
        assert_eq!(
            [299.0, 300.0, 360.0].map(|value| (below.is_passed(value), below.still_holds(value))),
            [(true, true), (false, true), (false, false)]
        );
        assert_eq!(
            [301.0, 300.0].map(|value| below.ahead_of(value)),
            [Some(300.0), None]
        );
    }

    #[test]
    fn a_state_is_passed_while_it_is_there() {
        let dry = Bound::Is { state: false };
        assert_eq!([0.0, 1.0].map(|value| dry.is_passed(value)), [true, false]);
        assert_eq!((dry.limit(), dry.ahead_of(1.0)), (None, None));
    }
}
