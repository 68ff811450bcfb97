//! What every part of the engine works with: the rules, the alarms, the timers. And the monitor's own alarms, which any part raises.

use plenum_protocol::{Identifier, Timestamp};

use super::register::{Onset, Register};
use super::rulebook::Rulebook;
use super::timers::Timers;
use crate::alarms::life::Trigger;
use crate::alarms::{Input, Origin, Remark, Subject};
use crate::fact::SystemKind;
use crate::site::{Priority, Rule};

pub(super) struct Context<'a> {
    pub(super) book: &'a Rulebook,
    pub(super) register: &'a mut Register,
    pub(super) timers: &'a mut Timers,
    /// The journal's end was reached once: from there on the wall clock counts too.
    pub(super) live: bool,
    /// The instant up to which the engine was told of anything.
    pub(super) now: Timestamp,
}

impl Context<'_> {
    /// A condition of the monitor itself holds. Gives the alarm's number; none if its rule is switched off.
    pub(super) fn raise_system(
        &mut self,
        kind: SystemKind,
        subject: &str,
        at: Timestamp,
        origin: Origin,
    ) -> Option<u64> {
        self.raise_system_in(kind, subject, at, origin, None)
    }

    /// The same, at least as bad as this, about something in a room.
    pub(super) fn raise_system_as(
        &mut self,
        kind: SystemKind,
        subject: &str,
        at: Timestamp,
        origin: Origin,
        worst: Priority,
        room: Option<Identifier>,
    ) -> Option<u64> {
        let mut rule = self.book.system_rule(kind)?;
        rule.priority = rule.priority.min(worst);
        let id = self.raise_by(&rule, subject, at, origin, room);
        self.register.worsen(id, rule.priority, at);
        Some(id)
    }

    /// The same as the first, about something in a room.
    pub(super) fn raise_system_in(
        &mut self,
        kind: SystemKind,
        subject: &str,
        at: Timestamp,
        origin: Origin,
        room: Option<Identifier>,
    ) -> Option<u64> {
        let rule = self.book.system_rule(kind)?;
        Some(self.raise_by(&rule, subject, at, origin, room))
    }

    fn raise_by(
        &mut self,
        rule: &Rule,
        subject: &str,
        at: Timestamp,
        origin: Origin,
        room: Option<Identifier>,
    ) -> u64 {
        let onset = Onset {
            at,
            heard: self.now,
            began: Some(at),
            value: None,
            fault: None,
            input: Input::Known,
            room,
            origin: origin.clone(),
            words: None,
            flips: None,
        };
        let id = self
            .register
            .raise(rule, &Subject::System(subject.to_owned()), onset);
        self.register.reword(id, &origin);
        id
    }

    /// Whether its alarm stands.
    pub(super) fn has_system(&self, kind: SystemKind, subject: &str) -> bool {
        let rule = self.book.system_rule(kind);
        let subject = Subject::System(subject.to_owned());
        let alarm = rule.and_then(|rule| self.register.get(self.register.find(&rule.id, &subject)?));
        alarm.is_some_and(|alarm| alarm.state.is_active())
    }

    /// The condition is gone. `sentence` is what an earlier program wrote of that.
    pub(super) fn end_system(
        &mut self,
        kind: SystemKind,
        subject: &str,
        at: Timestamp,
        sentence: &str,
        remark: Option<Remark>,
    ) {
        let Some(rule) = self.book.system_rule(kind) else {
            return;
        };
        let subject = Subject::System(subject.to_owned());
        if let Some(id) = self.register.find(&rule.id, &subject) {
            self.register
                .end_with(id, Trigger::Returned, at, sentence, remark);
        }
    }
}
