//! Suppression by design: while an alarm of a rule stands, those of the rules that name it are not told when they come. It hides their coming alone:
//! they are watched and logged beneath it, they follow their own condition, and what still stands when the other is gone is told then.

use std::collections::HashMap;

use plenum_protocol::{Identifier, Quantity, Timestamp};

use super::register::{Effect, Onset, Register, transition};
use crate::alarms::life::{Trigger, step};
use crate::alarms::{Alarm, Cover, Subject, Suppression};
use crate::authority::Actor;
use crate::site::Rule;

impl Register {
    /// The rules in force. What one of them suppressed and no longer does comes to light.
    pub(super) fn know(&mut self, rules: &[Rule], at: Timestamp) {
        self.suppressed_by = rules
            .iter()
            .filter(|rule| !rule.suppressed_by.is_empty())
            .map(|rule| (rule.id.clone(), rule.suppressed_by.clone()))
            .collect::<HashMap<_, _>>();
        let hidden: Vec<u64> = self.suppressed().map(|(id, _)| id).collect();
        for id in hidden {
            self.follow(id, at);
        }
    }

    /// An alarm is about to be raised: another that stands for it hides that.
    pub(super) fn suppress(&mut self, rule: &Rule, subject: &Subject, onset: &Onset) {
        let Some(id) = self.find(&rule.id, subject) else {
            return;
        };
        let Some(by) = self.suppressor(&rule.id, subject, onset.room.as_ref()) else {
            return;
        };
        let Some(alarm) = self.alarms.get_mut(&id).filter(|alarm| !alarm.state.is_active()) else {
            return;
        };
        if let Ok((to, cause)) = step(alarm.standing(), Trigger::Suppressed, alarm.latched, true) {
            let event = transition(alarm, to, cause, onset.at, &Actor::Monitor, "");
            alarm.cover = Some(Cover::Suppressed(Suppression { by, since: onset.at }));
            self.log(event);
        }
    }

    /// An alarm no longer stands for others.
    pub(super) fn release_from(&mut self, parent: u64, at: Timestamp) {
        // Most sites have no rule that suppresses, and many alarms that end.
        if self.suppressed_by.is_empty() {
            return;
        }
        let hidden: Vec<u64> = self
            .suppressed()
            .filter(|(_, suppression)| suppression.by == parent)
            .map(|(id, _)| id)
            .collect();
        for id in hidden {
            self.follow(id, at);
        }
    }

    fn suppressed(&self) -> impl Iterator<Item = (u64, &Suppression)> {
        self.alarms.values().filter_map(|alarm| match &alarm.cover {
            Some(Cover::Suppressed(suppression)) => Some((alarm.id, suppression)),
            _ => None,
        })
    }

    /// What is suppressed goes on being so by another alarm that stands for it, or comes to light.
    fn follow(&mut self, id: u64, at: Timestamp) {
        let alarm = &self.alarms[&id];
        let other = self.suppressor(&alarm.rule, &alarm.subject, alarm.room.as_ref());
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return;
        };
        match (&mut alarm.cover, other) {
            (Some(Cover::Suppressed(suppression)), Some(by)) => {
                if suppression.by != by {
                    suppression.by = by;
                    self.effects.push_back(Effect::Updated(alarm.clone()));
                }
            }
            _ => {
                if let Ok((to, cause)) = step(alarm.standing(), Trigger::Released, alarm.latched, true) {
                    let event = transition(alarm, to, cause, at, &Actor::Monitor, "");
                    self.log(event);
                }
            }
        }
    }

    /// The alarm that stands for one of a rule in a room: one that is told itself. What is in no room stands for all.
    fn suppressor(&self, rule: &Identifier, subject: &Subject, room: Option<&Identifier>) -> Option<u64> {
        let rules = self.suppressed_by.get(rule)?;
        if is_never_hidden(subject) {
            return None;
        }
        let stands = |alarm: &&Alarm| {
            let near = alarm.room.is_none() || room.is_none() || alarm.room.as_ref() == room;
            alarm.state.is_active() && alarm.cover.is_none() && near && rules.contains(&alarm.rule)
        };
        self.alarms.values().find(stands).map(|alarm| alarm.id)
    }
}

/// Smoke and water are never hidden by another alarm, nor for a while: whoever has to silence them takes them out of service, and is their owner.
pub(super) fn is_never_hidden(subject: &Subject) -> bool {
    match subject {
        Subject::Series(series) => matches!(series.quantity(), Quantity::Smoke | Quantity::Water),
        Subject::Agent(_) | Subject::System(_) => false,
    }
}
