//! How alarms stand, the one among them that no database holds.

use std::sync::PoisonError;

use plenum_core::alarms::{Alarm, State};

use super::Alarms;

impl Alarms {
    /// How alarms stand: all that ever were, or those that are not normal; the worst and newest first.
    pub fn alarms(&self, all: bool) -> Vec<Alarm> {
        let view = self.0.view.read().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<Alarm> = view
            .values()
            .filter(|alarm| all || alarm.is_open())
            .cloned()
            .collect();
        drop(view);
        list.extend(self.unstored());
        list.sort_by(|one, other| {
            let key = |alarm: &Alarm| (!alarm.is_open(), alarm.cover.is_some(), alarm.priority);
            key(one)
                .cmp(&key(other))
                .then(other.raised_at.cmp(&one.raised_at))
        });
        list
    }

    /// The alarm with this number.
    pub fn alarm(&self, id: u64) -> Option<Alarm> {
        let view = self.0.view.read().unwrap_or_else(PoisonError::into_inner);
        let stored = view.get(&id).cloned();
        drop(view);
        stored.or_else(|| self.unstored().filter(|alarm| alarm.id == id))
    }

    /// The alarm that nothing can be stored, while it stands.
    pub(super) fn unstored(&self) -> Option<Alarm> {
        let unstored = self.0.unstored.read().unwrap_or_else(PoisonError::into_inner);
        unstored.clone()
    }

    /// It stands, or no longer does; screens are told.
    pub(crate) fn stand_unstored(&self, alarm: Alarm) {
        let mut unstored = self.0.unstored.write().unwrap_or_else(PoisonError::into_inner);
        *unstored = (alarm.state != State::Normal).then(|| alarm.clone());
        drop(unstored);
        // Nobody may be listening.
        let _ = self.0.changed.send(alarm);
    }
}
