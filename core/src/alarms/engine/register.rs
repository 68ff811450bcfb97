//! The alarms as they stand: one for each rule and subject that was ever abnormal, with its number for ever.

use std::collections::{BTreeMap, HashMap, VecDeque};

use plenum_protocol::{Fault, Identifier, Timestamp};

use crate::alarms::life::{Trigger, step};
use crate::alarms::{Acknowledgement, Alarm, Cause, Event, Input, State, Subject};
use crate::authority::Actor;
use crate::fact::{Action, ActionKind};
use crate::site::Rule;

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
    /// What became of a person's action.
    Answer {
        /// The journal entry that holds the action.
        entry: u64,
        /// Its index among the entry's items.
        item: usize,
        /// The alarm as it then stood, or why nothing changed.
        outcome: Result<Alarm, Refusal>,
    },
}

/// Why a person's action changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such alarm.
    #[error("there is no alarm {0}")]
    NotFound(u64),
    /// It is normal, or somebody has it already.
    #[error("alarm {0}: there is nothing to acknowledge")]
    NothingToAcknowledge(u64),
    /// It was raised anew since the person looked: the new occurrence is for somebody to see first.
    #[error(
        "alarm {alarm} was raised at {raised_at}, not at {seen}: look at it as it stands now and acknowledge that"
    )]
    AnotherOccurrence {
        /// Its number.
        alarm: u64,
        /// When it was last raised.
        raised_at: Timestamp,
        /// When the occurrence that they saw was.
        seen: Timestamp,
    },
    /// It is not latched, or its condition still holds.
    #[error("alarm {0}: there is nothing to reset: it is not latched, or its condition still holds")]
    NothingToReset(u64),
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

/// The alarms, and what was decided about them and not fetched yet.
#[derive(Debug, Default)]
pub(super) struct Register {
    alarms: BTreeMap<u64, Alarm>,
    index: HashMap<(Identifier, Subject), u64>,
    last: u64,
    effects: VecDeque<Effect>,
}

impl Register {
    pub(super) fn restore(alarms: Vec<Alarm>, last: u64) -> Self {
        Self {
            index: alarms
                .iter()
                .map(|alarm| ((alarm.rule.clone(), alarm.subject.clone()), alarm.id))
                .collect(),
            alarms: alarms.into_iter().map(|alarm| (alarm.id, alarm)).collect(),
            last,
            effects: VecDeque::new(),
        }
    }

    /// The next thing that was decided.
    pub(super) fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(super) fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.values()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Alarm> {
        self.alarms.get(&id)
    }

    /// The highest number that was ever given.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn find(&self, rule: &Identifier, subject: &Subject) -> Option<u64> {
        self.index.get(&(rule.clone(), subject.clone())).copied()
    }

    /// The alarm of a rule and a subject, made in the state normal where there is none.
    fn open(&mut self, rule: &Rule, subject: &Subject, onset: &Onset) -> &mut Alarm {
        let key = (rule.id.clone(), subject.clone());
        let last = &mut self.last;
        let id = *self.index.entry(key).or_insert_with(|| {
            *last += 1;
            *last
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
            limit: rule.when.limit(),
            latched: rule.when.is_latched(),
            message: onset.message.clone(),
            acknowledged: None,
        })
    }

    /// The condition holds. Gives the alarm's number.
    pub(super) fn raise(&mut self, rule: &Rule, subject: &Subject, onset: Onset) -> u64 {
        let alarm = self.open(rule, subject, &onset);
        if let Some((to, cause)) = step(alarm.state, Trigger::Raised, rule.when.is_latched(), true) {
            let event = transition(alarm, to, cause, onset.at, &Actor::Monitor, &onset.message);
            alarm.name.clone_from(&rule.name);
            alarm.room = onset.room;
            alarm.priority = rule.priority;
            alarm.input = onset.input;
            alarm.raised_at = onset.at;
            alarm.returned_at = None;
            alarm.value = onset.value;
            alarm.fault = onset.fault;
            alarm.limit = rule.when.limit();
            alarm.latched = rule.when.is_latched();
            alarm.message = onset.message;
            alarm.acknowledged = None;
            let (id, alarm) = (alarm.id, alarm.clone());
            self.effects.push_back(Effect::Transition { alarm, event });
            return id;
        }
        let id = alarm.id;
        if alarm.returned_at.take().is_some() {
            let alarm = alarm.clone();
            self.effects.push_back(Effect::Updated(alarm));
        }
        id
    }

    /// The condition is gone, or (`Configuration`) what it watches.
    pub(super) fn end(&mut self, id: u64, trigger: Trigger, at: Timestamp, comment: &str) {
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return;
        };
        if let Some((to, cause)) = step(alarm.state, trigger, alarm.latched, false) {
            let event = transition(alarm, to, cause, at, &Actor::Monitor, comment);
            alarm.returned_at.get_or_insert(at);
            let alarm = alarm.clone();
            self.effects.push_back(Effect::Transition { alarm, event });
        } else if alarm.latched && trigger == Trigger::Returned {
            alarm.returned_at = Some(at);
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// A late reading would have raised it: logged, the state is as it was.
    pub(super) fn log_late(&mut self, rule: &Rule, subject: &Subject, onset: &Onset) -> u64 {
        let alarm = self.open(rule, subject, onset);
        let event = transition(
            alarm,
            alarm.state,
            Cause::Late,
            onset.at,
            &Actor::Monitor,
            &onset.message,
        );
        let (id, alarm) = (alarm.id, alarm.clone());
        self.effects.push_back(Effect::Transition { alarm, event });
        id
    }

    /// What a person did, as the item `item` of the entry `entry`. `condition`: whether the alarm's condition holds now.
    pub(super) fn act(&mut self, action: &Action, condition: bool, entry: u64, item: usize) {
        let outcome = self.acted(action, condition);
        let outcome = outcome.map(|event| {
            let alarm = self.alarms[&action.alarm].clone();
            self.effects.push_back(Effect::Transition {
                alarm: alarm.clone(),
                event,
            });
            alarm
        });
        self.effects.push_back(Effect::Answer { entry, item, outcome });
    }

    fn acted(&mut self, action: &Action, condition: bool) -> Result<Event, Refusal> {
        let id = action.alarm;
        let alarm = self.alarms.get_mut(&id).ok_or(Refusal::NotFound(id))?;
        if let Some(seen) = action.occurrence.filter(|seen| *seen != alarm.raised_at) {
            return Err(Refusal::AnotherOccurrence {
                alarm: id,
                raised_at: alarm.raised_at,
                seen,
            });
        }
        let (trigger, refusal) = match action.kind {
            ActionKind::Acknowledge => (Trigger::Acknowledged, Refusal::NothingToAcknowledge(id)),
            ActionKind::Reset => (Trigger::Reset, Refusal::NothingToReset(id)),
        };
        let (to, cause) = step(alarm.state, trigger, alarm.latched, condition).ok_or(refusal)?;
        if trigger == Trigger::Acknowledged {
            alarm.acknowledged = Some(Acknowledgement {
                by: action.actor.clone(),
                at: action.at,
                comment: action.comment.clone(),
            });
        }
        Ok(transition(
            alarm,
            to,
            cause,
            action.at,
            &action.actor,
            &action.comment,
        ))
    }

    /// An alarm that is not normal has new words.
    pub(super) fn reword(&mut self, id: u64, message: &str) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && alarm.message != message
            && alarm.state != State::Normal
        {
            message.clone_into(&mut alarm.message);
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// What is raised takes its rule's new name, priority and limit.
    pub(super) fn rename(&mut self, rules: &[Rule]) {
        for alarm in self.alarms.values_mut() {
            let Some(rule) = rules.iter().find(|rule| rule.id == alarm.rule) else {
                continue;
            };
            let (limit, latched) = (rule.when.limit(), rule.when.is_latched());
            let same = (&alarm.name, alarm.priority, alarm.limit, alarm.latched)
                == (&rule.name, rule.priority, limit, latched);
            if alarm.state != State::Normal && !same {
                alarm.name.clone_from(&rule.name);
                alarm.priority = rule.priority;
                alarm.limit = limit;
                alarm.latched = latched;
                self.effects.push_back(Effect::Updated(alarm.clone()));
            }
        }
    }

    /// The rule or what it watches is gone.
    pub(super) fn end_by_configuration(&mut self, id: u64, at: Timestamp) {
        let why = "its rule or what it watches was changed";
        self.end(id, Trigger::Configuration, at, why);
    }

    /// The newest value of the series that an alarm is about, shown while it is not normal; nothing to write down.
    pub(super) fn show_value(&mut self, id: u64, value: Option<f64>) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && alarm.state != State::Normal
        {
            alarm.value = value;
        }
    }

    /// Notes whether the input can be trusted, and tells if that changed.
    pub(super) fn input(&mut self, id: u64, input: Input, fault: Option<Fault>) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && (alarm.input != input || alarm.fault != fault)
        {
            alarm.input = input;
            alarm.fault = fault;
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }
}

fn transition(
    alarm: &mut Alarm,
    to: State,
    cause: Cause,
    at: Timestamp,
    actor: &Actor,
    comment: &str,
) -> Event {
    let from = std::mem::replace(&mut alarm.state, to);
    Event {
        at,
        alarm: alarm.id,
        from,
        to,
        cause,
        actor: actor.clone(),
        comment: comment.to_owned(),
    }
}
