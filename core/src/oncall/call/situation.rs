//! How an incident stands, as far as calling goes: from its alarms.

use crate::alarms::{Alarm, State};
use crate::oncall::{Heard, Listener, Reason, decide_for_newcomer};
use crate::site::Priority;

/// How an incident stands, as far as calling goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The worst priority of what stands and nobody has; of all that stands where somebody has all of it.
    pub priority: Priority,
    /// Whether somebody has the incident: all that stands of it, or something that is as bad as whatever nobody has. Further alarms of it, no worse, are theirs.
    pub is_held: bool,
    /// Whether the conditions of all that somebody would be called for are gone for now: their off-delays run.
    pub is_ending: bool,
}

/// Whether somebody is to be called for an alarm: it stands, nobody has it, and nothing lies over it.
pub fn calls_for(alarm: &Alarm) -> bool {
    let listener = Listener {
        takes: true,
        heard: Heard::Nothing,
        acted: false,
    };
    decide_for_newcomer(alarm, listener) == Reason::First
}

impl Situation {
    /// Of an incident with these alarms; none where none of them stands.
    pub fn of<'a>(alarms: impl IntoIterator<Item = &'a Alarm>) -> Option<Self> {
        let (mut nobodys, mut somebodys): (Option<Priority>, Option<Priority>) = (None, None);
        let mut is_ending = true;
        for alarm in alarms {
            let worst = match alarm.state {
                _ if calls_for(alarm) => {
                    is_ending &= alarm.is_ending();
                    &mut nobodys
                }
                State::ActiveAcknowledged if alarm.cover.is_none() => &mut somebodys,
                _ => continue,
            };
            *worst = Some(worst.map_or(alarm.priority, |worst| worst.min(alarm.priority)));
        }
        Some(match (nobodys, somebodys) {
            (Some(priority), has) => Self {
                priority,
                is_held: has.is_some_and(|has| has <= priority),
                is_ending,
            },
            (None, priority) => Self {
                priority: priority?,
                is_held: true,
                is_ending: false,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oncall::tests::alarm;

    fn check(alarms: &[(Priority, State)], expected: Option<(Priority, bool)>) {
        let alarms: Vec<Alarm> = alarms
            .iter()
            .map(|(priority, state)| Alarm {
                state: *state,
                ..alarm(*priority)
            })
            .collect();
        let found = Situation::of(&alarms).map(|found| (found.priority, found.is_held));
        assert_eq!(found, expected, "{alarms:?}");
    }

    #[test]
    fn whoever_has_the_worst_of_it_has_the_incident() {
        use Priority::{Critical, High, Medium};
        use State::{
            ActiveAcknowledged as Had, ActiveUnacknowledged as Open, Normal, ReturnedUnacknowledged,
        };
        check(&[], None);
        check(&[(Critical, Normal), (High, ReturnedUnacknowledged)], None);
        check(&[(High, Open), (Critical, Normal)], Some((High, false)));
        check(&[(High, Had)], Some((High, true)));
        check(&[(High, Had), (High, Open)], Some((High, true)));
        check(&[(High, Had), (Medium, Open)], Some((Medium, true)));
        check(&[(High, Had), (Critical, Open)], Some((Critical, false)));
    }
}
