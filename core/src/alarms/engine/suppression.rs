//! Suppression by design: while an alarm of a rule stands, those of the rules that name it are not told when they come. It hides their coming alone:
//! they are watched and logged beneath it, they follow their own condition, and what still stands when the other is gone is told then.
//!
//! What is measured alike is one event: the inlets of a room that lost its cooling. Where a rule names itself, its first alarm in a room stands for those
//! of the next quarter of an hour, as long as it stands itself; what comes later is another event, and told. So is what is critical, whichever rule stands for it at
//! another sensor, and it is told beside whatever is less bad. The return of
//! such an alarm is told by the one that stood for it, and what is left of the event has five minutes to be over as well before it comes to light.

use std::collections::HashMap;

use plenum_protocol::{Identifier, Quantity, Timestamp};

use super::register::{Effect, Onset, Register, transition};
use crate::alarms::cover::{LINGERS, TOGETHER};
use crate::alarms::life::{Trigger, step};
use crate::alarms::{Alarm, Cover, Subject, Suppression};
use crate::authority::Actor;
use crate::site::{Priority, Rule};

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
        let Some(by) = self.suppressor(
            &rule.id,
            subject,
            (onset.room.as_ref(), rule.priority),
            Some(onset.at),
        ) else {
            return;
        };
        // What work lies over is told to nobody as it is.
        let alarm = self.alarms.get(&id);
        if alarm.is_some_and(|alarm| !alarm.state.is_active() && alarm.cover.is_none()) {
            self.lay_suppression(id, by, onset.at);
        }
    }

    /// Lays over an alarm that another stands for it.
    pub(super) fn lay_suppression(&mut self, id: u64, by: u64, at: Timestamp) {
        let alike = are_alike(&self.alarms[&by].subject, &self.alarms[&id].subject);
        if let Some(alarm) = self.alarms.get_mut(&id)
            && let Ok((to, cause)) = step(alarm.standing(), Trigger::Suppressed, alarm.latched, true)
        {
            let event = transition(alarm, to, cause, at, &Actor::Monitor, "");
            alarm.cover = Some(Cover::Suppressed(Suppression {
                by,
                since: at,
                alike,
                until: None,
            }));
            self.hidden.hide(by, id);
            self.log(event);
            // Whoever took it while work lay over it has it from here on, until the instant that they said.
            self.arm(id);
        }
    }

    /// An alarm no longer stands for others.
    pub(super) fn release_from(&mut self, parent: u64, at: Timestamp) {
        // Most sites have no rule that suppresses, and many alarms that end.
        if self.suppressed_by.is_empty() {
            return;
        }
        for id in self.hidden.take(parent) {
            let cover = self.alarms.get(&id).and_then(|alarm| alarm.cover.as_ref());
            if matches!(cover, Some(Cover::Suppressed(suppression)) if suppression.by == parent) {
                self.follow(id, at);
            }
        }
    }

    fn suppressed(&self) -> impl Iterator<Item = (u64, &Suppression)> {
        self.alarms.values().filter_map(|alarm| match &alarm.cover {
            Some(Cover::Suppressed(suppression)) => Some((alarm.id, suppression)),
            _ => None,
        })
    }

    /// What is suppressed goes on being so by another alarm that stands for it, or comes to light: at once, or of one event when it has had time to be over.
    fn follow(&mut self, id: u64, at: Timestamp) {
        let alarm = &self.alarms[&id];
        let place = (alarm.room.as_ref(), alarm.priority);
        let other = self.suppressor(&alarm.rule, &alarm.subject, place, None);
        let other = other.map(|by| (by, are_alike(&self.alarms[&by].subject, &alarm.subject)));
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return;
        };
        let Some(Cover::Suppressed(suppression)) = &mut alarm.cover else {
            return;
        };
        let before = suppression.clone();
        match other {
            Some((by, alike)) => (suppression.by, suppression.alike, suppression.until) = (by, alike, None),
            None if suppression.alike => {
                let until = *suppression.until.get_or_insert(at + LINGERS);
                if until <= at {
                    return self.come_to_light(id, until);
                }
            }
            None => return self.come_to_light(id, at),
        }
        self.hidden.hide(suppression.by, id);
        if *suppression != before {
            self.effects.push_back(Effect::Updated(alarm.clone()));
            self.arm(id);
        }
    }

    /// What is left of an event has had its time.
    pub(super) fn pass_suppression(&mut self, id: u64, now: Timestamp) {
        let cover = self.alarms.get(&id).and_then(|alarm| alarm.cover.as_ref());
        if let Some(Cover::Suppressed(suppression)) = cover
            && suppression.until.is_some_and(|until| until <= now)
        {
            self.follow(id, now);
        }
    }

    fn come_to_light(&mut self, id: u64, at: Timestamp) {
        if self.work_follows(id, at) {
            return;
        }
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return;
        };
        if let Ok((to, cause)) = step(alarm.standing(), Trigger::Released, alarm.latched, true) {
            let event = transition(alarm, to, cause, at, &Actor::Monitor, "");
            self.log(event);
        }
    }

    /// The alarm that stands for one of a rule in a room, so bad: one that is told itself. What is in no room stands for all. `coming`: when the one that it
    /// is to stand for comes; none where it came before.
    pub(super) fn suppressor(
        &self,
        rule: &Identifier,
        subject: &Subject,
        (room, priority): (Option<&Identifier>, Priority),
        coming: Option<Timestamp>,
    ) -> Option<u64> {
        let rules = self.suppressed_by.get(rule)?;
        if is_never_hidden(subject) {
            return None;
        }
        let is_critical = priority == Priority::Critical;
        let stands = |alarm: &&Alarm| {
            let near = alarm.room.is_none() || room.is_none() || alarm.room.as_ref() == room;
            let (is_sibling, is_own) = (alarm.rule == *rule, alarm.subject == *subject);
            let is_alike = are_alike(&alarm.subject, subject);
            // Whoever was told of something less bad knows nothing of what is critical.
            let is_as_bad = !(is_critical && is_alike) || alarm.priority <= priority;
            // What comes to another sensor later is another event.
            let in_time = coming.is_none_or(|at| {
                let is_for_a_while = is_sibling || (is_critical && is_alike);
                is_own || !is_for_a_while || at.since(alarm.raised_at) <= TOGETHER
            });
            let stands = alarm.state.is_active() && alarm.cover.is_none() && near && is_as_bad && in_time;
            stands && rules.contains(&alarm.rule) && !(is_sibling && is_own)
        };
        let near = rules.iter().flat_map(|rule| self.hidden.near(rule, room));
        let firsts = near.filter_map(|numbers| {
            let mut alarms = numbers.iter().filter_map(|id| self.alarms.get(id));
            alarms.find(&stands).map(|alarm| alarm.id)
        });
        firsts.min()
    }
}

/// Whether two alarms are about the same quantity.
pub(super) fn are_alike(one: &Subject, other: &Subject) -> bool {
    match (one, other) {
        (Subject::Series(one), Subject::Series(other)) => one.quantity() == other.quantity(),
        _ => false,
    }
}

/// Smoke and water are never hidden by another alarm, nor for a while: whoever has to silence them takes them out of service, and is their owner.
pub(super) fn is_never_hidden(subject: &Subject) -> bool {
    match subject {
        Subject::Series(series) => matches!(series.quantity(), Quantity::Smoke | Quantity::Water),
        Subject::Agent(_) | Subject::System(_) => false,
    }
}
