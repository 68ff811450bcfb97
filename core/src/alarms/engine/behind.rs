//! What stands behind an alarm: a tracker, a watch or a rule. Nothing is left standing without any of them but what a person has to end.

use plenum_protocol::Timestamp;

use super::Engine;
use super::acts::Seen;
use super::timers::Slot;
use crate::alarms::{Alarm, Cause, Subject};
use crate::authority::Actor;
use crate::fact::Action;

impl Engine {
    /// Ends the alarms that stand and have neither a tracker, nor a watch, nor a rule behind them.
    pub(super) fn end_orphans(&mut self, received: Timestamp, cause: Cause) {
        let open = self.register.all().filter(|alarm| alarm.is_open());
        let orphans: Vec<u64> = open
            .filter(|alarm| self.is_orphan(alarm))
            .map(|alarm| alarm.id)
            .collect();
        for id in orphans {
            self.register.remove(id, received, cause, &Actor::Monitor);
        }
    }

    /// Whatever stands and is not latched is in force to its tracker as well, which ends it by a reading.
    pub(super) fn take_up_standing(&mut self) {
        let stands = |alarm: &&Alarm| alarm.state.is_active() && !alarm.latched && !alarm.unwatched;
        let standing = self.register.all().filter(stands);
        let slots: Vec<Slot> = standing.filter_map(|alarm| self.watched_by(alarm)).collect();
        slots.into_iter().for_each(|slot| self.table.take_up(slot));
    }

    /// Whether nothing watches what an alarm is about.
    fn is_orphan(&self, alarm: &Alarm) -> bool {
        let rule = self.book.rules().iter().find(|rule| rule.id == alarm.rule);
        let is_off = rule.is_none_or(|rule| !rule.enabled);
        match &alarm.subject {
            Subject::Series(_) => self.watched_by(alarm).is_none(),
            Subject::Agent(name) => {
                let stands = alarm.state.is_active();
                is_off || (stands && !self.fleet.is_watched(name, alarm.rule.as_str(), &self.book))
            }
            Subject::System(_) => is_off,
        }
    }

    /// The tracker behind an alarm about a series.
    pub(super) fn watched_by(&self, alarm: &Alarm) -> Option<Slot> {
        let Subject::Series(series) = &alarm.subject else {
            return None;
        };
        let agent = self.fleet.find(&series.agent)?;
        let series = self.table.find(agent, &series.channel)?;
        let mut machines = self.table.state(series).machines.iter();
        let tracker = machines.position(|machine| machine.alarm == Some(alarm.id))?;
        Some(Slot { series, tracker })
    }

    /// What a person did to an alarm, as the item `item` of an entry.
    pub(super) fn act(&mut self, action: &Action, entry: u64, item: usize) {
        let alarm = self.register.get(action.alarm);
        let slot = alarm.and_then(|alarm| self.watched_by(alarm));
        let holds = |slot: Slot| {
            let machine = &self.table.state(slot.series).machines[slot.tracker];
            machine.tracker.is_active()
        };
        let seen = Seen {
            condition: slot.is_some_and(holds),
            watched: alarm.is_none_or(|alarm| !alarm.unwatched && !self.is_orphan(alarm)),
        };
        self.register.act(action, seen, entry, item);
    }
}
