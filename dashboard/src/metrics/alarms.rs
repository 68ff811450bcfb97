//! Alarms that stand.

use plenum_core::alarms::State;
use plenum_core::site::Priority;

use super::family::Family;

pub(super) const FAMILIES: &[Family] = &[Family::gauge(
    "plenum_alarms",
    &["priority", "state"],
    "Alarms that are not normal, by priority and state.",
    |scrape, samples| {
        for (priority, priority_word) in PRIORITIES {
            for (state, state_word) in STATES {
                let alarms = scrape.alarms.iter();
                let count = alarms.filter(|alarm| alarm.priority == priority && alarm.state == state);
                samples.put(&[&priority_word, &state_word], count.count());
            }
        }
    },
)];

const PRIORITIES: [(Priority, &str); 4] = [
    (Priority::Critical, "critical"),
    (Priority::High, "high"),
    (Priority::Medium, "medium"),
    (Priority::Low, "low"),
];

const STATES: [(State, &str); 3] = [
    (State::ActiveUnacknowledged, "active-unacknowledged"),
    (State::ActiveAcknowledged, "active-acknowledged"),
    (State::ReturnedUnacknowledged, "returned-unacknowledged"),
];
