//! The alarms as they stand: one for each rule and subject that was ever abnormal, with its number for ever.

use std::collections::{BTreeMap, HashMap};

use plenum_protocol::{Fault, Identifier, Timestamp};

use crate::alarms::life::{Trigger, step};
use crate::alarms::{Acknowledgement, Alarm, Cause, Event, Input, State, Subject};
use crate::fact::{Action, ActionKind};
use crate::site::{Condition, Rule};

/// What the engine decided; the shell writes it down in the order in which it comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An alarm changed its state (or, with cause `late`, has something to log without changing it).
    Transition {
        /// As it now stands.
        alarm: Alarm,
        /// What to log.
        event: Event,
    },
    /// An alarm's input, value or words changed; nothing to log.
    Updated(Alarm),
    /// A person's action changed nothing.
    Refused {
        /// Which alarm.
        alarm: u64,
        /// What they wanted.
        kind: ActionKind,
        /// Who wanted it.
        actor: String,
        /// When.
        at: Timestamp,
        /// There is such an alarm.
        found: bool,
    },
}

/// What is known of the cause when an alarm is raised.
pub(super) struct Onset {
    pub(super) at: Timestamp,
    pub(super) value: Option<f64>,
    pub(super) fault: Option<Fault>,
    pub(super) input: Input,
    pub(super) room: Option<Identifier>,
    pub(super) message: String,
}

#[derive(Debug, Default)]
pub(super) struct Register {
    pub(super) alarms: BTreeMap<u64, Alarm>,
    index: HashMap<(Identifier, Subject), u64>,
    pub(super) next: u64,
}

/// The engine's name in the log.
const ENGINE: &str = "plenum";

impl Register {
    pub(super) fn restore(alarms: Vec<Alarm>, next: u64) -> Self {
        Self {
            index: alarms
                .iter()
                .map(|alarm| ((alarm.rule.clone(), alarm.subject.clone()), alarm.id))
                .collect(),
            alarms: alarms.into_iter().map(|alarm| (alarm.id, alarm)).collect(),
            next,
        }
    }

    pub(super) fn find(&self, rule: &Identifier, subject: &Subject) -> Option<u64> {
        self.index.get(&(rule.clone(), subject.clone())).copied()
    }

    /// The alarm of a rule and a subject, made in the state normal where there is none.
    fn open(&mut self, rule: &Rule, subject: &Subject, onset: &Onset) -> &mut Alarm {
        let key = (rule.id.clone(), subject.clone());
        let next = &mut self.next;
        let id = *self.index.entry(key).or_insert_with(|| {
            *next += 1;
            *next
        });
        self.alarms.entry(id).or_insert_with(|| Alarm {
            id,
            rule: rule.id.clone(),
            subject: subject.clone(),
            name: rule.name.clone(),
            room: onset.room.clone(),
            priority: rule.priority,
            state: State::Normal,
            input: onset.input,
            raised_at: onset.at,
            returned_at: None,
            value: onset.value,
            fault: onset.fault,
            limit: limit(rule),
            latched: latched(rule),
            message: onset.message.clone(),
            acknowledged: None,
        })
    }

    /// The condition holds. Answers the alarm's number.
    pub(super) fn raise(
        &mut self,
        rule: &Rule,
        subject: &Subject,
        onset: Onset,
        effects: &mut Vec<Effect>,
    ) -> u64 {
        let alarm = self.open(rule, subject, &onset);
        if let Some((to, cause)) = step(alarm.state, Trigger::Raised, latched(rule), true) {
            let event = transition(alarm, to, cause, onset.at, ENGINE, &onset.message);
            alarm.name.clone_from(&rule.name);
            alarm.room = onset.room;
            alarm.priority = rule.priority;
            alarm.input = onset.input;
            alarm.raised_at = onset.at;
            alarm.returned_at = None;
            alarm.value = onset.value;
            alarm.fault = onset.fault;
            alarm.limit = limit(rule);
            alarm.latched = latched(rule);
            alarm.message = onset.message;
            alarm.acknowledged = None;
            effects.push(Effect::Transition {
                alarm: alarm.clone(),
                event,
            });
        } else if alarm.returned_at.take().is_some() {
            effects.push(Effect::Updated(alarm.clone()));
        }
        alarm.id
    }

    /// The condition is gone, or (`Configuration`) what it watches.
    pub(super) fn end(
        &mut self,
        id: u64,
        trigger: Trigger,
        at: Timestamp,
        comment: &str,
        effects: &mut Vec<Effect>,
    ) {
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return;
        };
        if let Some((to, cause)) = step(alarm.state, trigger, alarm.latched, false) {
            let event = transition(alarm, to, cause, at, ENGINE, comment);
            alarm.returned_at.get_or_insert(at);
            effects.push(Effect::Transition {
                alarm: alarm.clone(),
                event,
            });
        } else if alarm.latched && trigger == Trigger::Returned {
            alarm.returned_at = Some(at);
            effects.push(Effect::Updated(alarm.clone()));
        }
    }

    /// A late reading would have raised it: logged, the state is as it was.
    pub(super) fn log_late(
        &mut self,
        rule: &Rule,
        subject: &Subject,
        onset: &Onset,
        effects: &mut Vec<Effect>,
    ) -> u64 {
        let alarm = self.open(rule, subject, onset);
        let event = transition(alarm, alarm.state, Cause::Late, onset.at, ENGINE, &onset.message);
        effects.push(Effect::Transition {
            alarm: alarm.clone(),
            event,
        });
        alarm.id
    }

    /// What a person did. `condition`: whether the alarm's condition holds now.
    pub(super) fn act(&mut self, action: &Action, condition: bool, effects: &mut Vec<Effect>) {
        let refused = |found| Effect::Refused {
            alarm: action.alarm,
            kind: action.kind,
            actor: action.actor.clone(),
            at: action.at,
            found,
        };
        let Some(alarm) = self.alarms.get_mut(&action.alarm) else {
            effects.push(refused(false));
            return;
        };
        let trigger = match action.kind {
            ActionKind::Acknowledge => Trigger::Acknowledged,
            ActionKind::Reset => Trigger::Reset,
        };
        let Some((to, cause)) = step(alarm.state, trigger, alarm.latched, condition) else {
            effects.push(refused(true));
            return;
        };
        let event = transition(alarm, to, cause, action.at, &action.actor, &action.comment);
        if trigger == Trigger::Acknowledged {
            alarm.acknowledged = Some(Acknowledgement {
                by: action.actor.clone(),
                at: action.at,
                comment: action.comment.clone(),
            });
        }
        effects.push(Effect::Transition {
            alarm: alarm.clone(),
            event,
        });
    }

    /// Notes whether the input can be trusted, and tells if that changed.
    pub(super) fn input(&mut self, id: u64, input: Input, fault: Option<Fault>, effects: &mut Vec<Effect>) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && (alarm.input != input || alarm.fault != fault)
        {
            alarm.input = input;
            alarm.fault = fault;
            effects.push(Effect::Updated(alarm.clone()));
        }
    }
}

fn transition(
    alarm: &mut Alarm,
    to: State,
    cause: Cause,
    at: Timestamp,
    actor: &str,
    comment: &str,
) -> Event {
    let from = std::mem::replace(&mut alarm.state, to);
    Event {
        at,
        alarm: alarm.id,
        from,
        to,
        cause,
        actor: actor.to_owned(),
        comment: comment.to_owned(),
    }
}

fn limit(rule: &Rule) -> Option<f64> {
    match rule.when {
        Condition::Above { limit, .. } | Condition::Below { limit, .. } => Some(limit),
        _ => None,
    }
}

fn latched(rule: &Rule) -> bool {
    matches!(rule.when, Condition::Is { latched: true, .. })
}
