//! An alarm's life after ISA-18.2: the table of its states, and nothing else.
//!
//! | state | raised | returned | acknowledged | reset | configuration |
//! |---|---|---|---|---|---|
//! | normal | active-unacknowledged | - | - | - | - |
//! | active-unacknowledged | - | returned-unacknowledged | active-acknowledged | returned-unacknowledged (1) | normal |
//! | active-acknowledged | active-unacknowledged (2) | normal | - | normal (1) | normal |
//! | returned-unacknowledged | active-unacknowledged | - | normal | - | normal |
//!
//! 1. Only a latched alarm, and only when its condition is gone: a latched alarm does not return by itself.
//! 2. A latched alarm whose condition was gone and came again: an acknowledgement never hides a recurrence.

use crate::alarms::{Cause, State};

/// What can happen to an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// The condition held for the on-delay.
    Raised,
    /// The condition was gone for the off-delay.
    Returned,
    /// A person acknowledged.
    Acknowledged,
    /// A person reset.
    Reset,
    /// The rule or what it watches is gone.
    Configuration,
}

/// The next state and why; none where the trigger changes nothing. `condition`: whether the condition still holds.
pub(super) fn step(state: State, trigger: Trigger, latched: bool, condition: bool) -> Option<(State, Cause)> {
    use State::{ActiveAcknowledged, ActiveUnacknowledged, Normal, ReturnedUnacknowledged};
    let next = match (state, trigger) {
        (Normal | ReturnedUnacknowledged, Trigger::Raised) => (ActiveUnacknowledged, Cause::Raised),
        (ActiveAcknowledged, Trigger::Raised) if latched => (ActiveUnacknowledged, Cause::Raised),
        (ActiveUnacknowledged, Trigger::Returned) if !latched => (ReturnedUnacknowledged, Cause::Returned),
        (ActiveAcknowledged, Trigger::Returned) if !latched => (Normal, Cause::Returned),
        (ActiveUnacknowledged, Trigger::Acknowledged) => (ActiveAcknowledged, Cause::Acknowledged),
        (ReturnedUnacknowledged, Trigger::Acknowledged) => (Normal, Cause::Acknowledged),
        (ActiveUnacknowledged, Trigger::Reset) if latched && !condition => {
            (ReturnedUnacknowledged, Cause::Reset)
        }
        (ActiveAcknowledged, Trigger::Reset) if latched && !condition => (Normal, Cause::Reset),
        (ActiveUnacknowledged | ActiveAcknowledged | ReturnedUnacknowledged, Trigger::Configuration) => {
            (Normal, Cause::Configuration)
        }
        _ => return None,
    };
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{ActiveAcknowledged, ActiveUnacknowledged, Normal, ReturnedUnacknowledged};
    use Trigger::{Acknowledged, Configuration, Raised, Reset, Returned};

    fn walk(latched: bool, triggers: &[(Trigger, bool)]) -> State {
        triggers.iter().fold(Normal, |state, (trigger, condition)| {
            step(state, *trigger, latched, *condition).map_or(state, |(next, _)| next)
        })
    }

    #[test]
    fn an_alarm_lives_as_the_table_says() {
        assert_eq!(walk(false, &[(Raised, true)]), ActiveUnacknowledged);
        assert_eq!(
            walk(false, &[(Raised, true), (Returned, false)]),
            ReturnedUnacknowledged
        );
        assert_eq!(
            walk(false, &[(Raised, true), (Returned, false), (Acknowledged, false)]),
            Normal
        );
        assert_eq!(
            walk(false, &[(Raised, true), (Acknowledged, true)]),
            ActiveAcknowledged
        );
        assert_eq!(
            walk(false, &[(Raised, true), (Acknowledged, true), (Returned, false)]),
            Normal
        );
        assert_eq!(walk(false, &[(Raised, true), (Configuration, true)]), Normal);
        assert_eq!(step(Normal, Acknowledged, false, false), None);
        assert_eq!(step(ActiveAcknowledged, Acknowledged, false, true), None);
        assert_eq!(step(Normal, Returned, false, false), None);
    }

    #[test]
    fn a_latched_alarm_waits_for_its_reset() {
        let held = [(Raised, true), (Acknowledged, true), (Returned, false)];
        assert_eq!(walk(true, &held), ActiveAcknowledged);
        assert_eq!(
            walk(true, &[&held[..], &[(Reset, true)]].concat()),
            ActiveAcknowledged
        );
        assert_eq!(walk(true, &[&held[..], &[(Reset, false)]].concat()), Normal);
        assert_eq!(
            walk(true, &[&held[..], &[(Raised, true)]].concat()),
            ActiveUnacknowledged
        );
        assert_eq!(
            walk(true, &[(Raised, true), (Reset, false)]),
            ReturnedUnacknowledged
        );
        assert_eq!(step(ActiveAcknowledged, Reset, false, false), None);
    }
}
