//! Alarms that stand.

use plenum_core::site::Priority;

use super::family::Family;
use crate::view::AlarmState;

pub(super) const FAMILIES: &[Family] = &[Family::gauge(
    "plenum_alarms",
    &["priority", "state"],
    "Alarms that are not normal, by priority and state.",
    |scrape, samples| {
        for priority in Priority::ALL {
            for state in AlarmState::ALL
                .iter()
                .filter(|state| **state != AlarmState::Normal)
            {
                let alarms = scrape.alarms.iter().filter(|alarm| !alarm.is_drill());
                let alarms = alarms.filter(|alarm| alarm.priority == priority);
                let count = alarms.filter(|alarm| AlarmState::of_alarm(alarm) == *state);
                samples.put(&[&priority.as_str(), &state.as_str()], count.count());
            }
        }
    },
)];
