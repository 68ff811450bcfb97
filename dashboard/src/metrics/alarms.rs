//! Alarms that stand.

use plenum_core::alarms::State;
use plenum_core::site::Priority;

use super::family::Family;

pub(super) const FAMILIES: &[Family] = &[Family::gauge(
    "plenum_alarms",
    &["priority", "state"],
    "Alarms that are not normal, by priority and state.",
    |scrape, samples| {
        for priority in Priority::ALL {
            for state in State::ALL.into_iter().filter(|state| *state != State::Normal) {
                let alarms = scrape.alarms.iter();
                let count = alarms.filter(|alarm| alarm.priority == priority && alarm.state == state);
                samples.put(&[&priority.as_str(), &state.as_str()], count.count());
            }
        }
    },
)];
