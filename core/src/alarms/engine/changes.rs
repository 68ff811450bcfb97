//! Alarms that stand while what they come from is changed: their rule, its priority, their room, or the program. Each is a transition with its cause.

use plenum_protocol::Timestamp;

use super::register::{Register, transition};
use super::rulebook::Rulebook;
use crate::alarms::life::{Trigger, step};
use crate::alarms::{Alarm, Cause, Chatter, Input, Subject};
use crate::authority::Actor;
use crate::site::Rule;

impl Register {
    /// What stands takes its rule's new name, priority and limit, and its sensor's new room. `cause` is `upgraded` where another
    /// program did that; another priority keeps its own cause, for others may have to be told.
    pub(super) fn rename(&mut self, book: &Rulebook, at: Timestamp, cause: Cause) {
        let (mut unlatched, mut events) = (Vec::new(), Vec::new());
        for alarm in self.alarms.values_mut().filter(|alarm| alarm.is_open()) {
            let Some(rule) = book.rules().iter().find(|rule| rule.id == alarm.rule) else {
                continue;
            };
            let Some((changed, what)) = take(alarm, rule, book) else {
                continue;
            };
            let cause = match (cause, changed) {
                (_, Cause::PriorityChanged) => Cause::PriorityChanged,
                (Cause::Upgraded, _) => Cause::Upgraded,
                _ => changed,
            };
            let event = transition(alarm, alarm.standing(), cause, at, &Actor::Monitor, &what);
            if !alarm.latched && alarm.returned_at.is_some() {
                unlatched.push(alarm.id);
            }
            events.push(event);
        }
        events.into_iter().for_each(|event| self.log(event));
        // What only the latch held returns.
        for id in unlatched {
            self.end(id, Trigger::Returned, at, "");
        }
        self.know(book.rules(), at);
    }

    /// The rule or what it watches is gone. A latched alarm stays: nobody but a person ends it.
    pub(super) fn remove(&mut self, id: u64, at: Timestamp, cause: Cause) {
        let Some(alarm) = self.alarms.get_mut(&id).filter(|alarm| !alarm.unwatched) else {
            return;
        };
        let Ok((to, _)) = step(alarm.standing(), Trigger::Removed, alarm.latched, false) else {
            return;
        };
        let event = transition(alarm, to, cause, at, &Actor::Monitor, "");
        alarm.chatter = Chatter::default();
        if alarm.state.is_active() {
            alarm.unwatched = true;
            alarm.input = Input::Unknown;
        } else {
            alarm.returned_at.get_or_insert(at);
        }
        self.log(event);
    }
}

/// Takes what a rule and the site now say of an alarm. Gives what changed: its cause, and each change as `what before -> after`.
fn take(alarm: &mut Alarm, rule: &Rule, book: &Rulebook) -> Option<(Cause, String)> {
    let mut what = Vec::new();
    let mut cause = None;
    if alarm.priority != rule.priority {
        cause = Some(Cause::PriorityChanged);
        what.push(format!(
            "priority {} -> {}",
            alarm.priority.as_str(),
            rule.priority.as_str()
        ));
        alarm.priority = rule.priority;
    }
    let (limit, latched) = (rule.when.limit(), rule.when.is_latched());
    if alarm.limit != limit {
        cause = cause.or(Some(Cause::RuleChanged));
        let words = |limit: Option<f64>| limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
        what.push(format!("limit {} -> {}", words(alarm.limit), words(limit)));
        alarm.limit = limit;
    }
    if alarm.latched != latched {
        cause = cause.or(Some(Cause::RuleChanged));
        what.push(format!("latched {} -> {latched}", alarm.latched));
        alarm.latched = latched;
    }
    if alarm.name != rule.name {
        cause = cause.or(Some(Cause::RuleChanged));
        what.push(format!("name {:?} -> {:?}", alarm.name, rule.name));
        alarm.name.clone_from(&rule.name);
    }
    if let Subject::Series(series) = &alarm.subject {
        let room = book.room_of(series).cloned();
        if alarm.room != room && !alarm.unwatched {
            cause = cause.or(Some(Cause::Moved));
            let word = |room: &Option<plenum_protocol::Identifier>| {
                room.as_ref()
                    .map_or_else(|| "none".to_owned(), ToString::to_string)
            };
            what.push(format!("room {} -> {}", word(&alarm.room), word(&room)));
            alarm.room = room;
        }
    }
    Some((cause?, what.join(", ")))
}
