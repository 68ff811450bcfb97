//! Alarms that stand while what they come from is changed: their rule, its priority, their room, or the program. Each is a transition with its cause.

use std::collections::HashSet;

use plenum_protocol::{Identifier, Timestamp};

use super::register::{Register, transition};
use super::rulebook::Rulebook;
use crate::alarms::life::{Standing, Trigger, step};
use crate::alarms::remark::Change;
use crate::alarms::{Alarm, Cause, Changed, Chatter, Input, Origin, Remark, Subject};
use crate::authority::Actor;
use crate::fact::SystemKind;
use crate::site::{Priority, Rule, Watches};

impl Register {
    /// What stands takes its rule's new name, priority and limit, and its sensor's new room. `cause` is `upgraded` where another
    /// program did that; another priority keeps its own cause, for others may have to be told. `ended`: what the change itself has ended.
    pub(super) fn rename(&mut self, book: &Rulebook, at: Timestamp, cause: Cause, ended: &HashSet<u64>) {
        let (mut unlatched, mut events, mut over) = (Vec::new(), Vec::new(), Vec::new());
        self.heal_unwatched(at, cause);
        for alarm in self.alarms.values_mut().filter(|alarm| alarm.is_open()) {
            // What nothing watches stays as it was when a person was last told of it.
            if alarm.unwatched {
                continue;
            }
            let Some(rule) = book.rules().iter().find(|rule| may_say_of(rule, alarm)) else {
                continue;
            };
            let before = alarm.priority;
            let taken = take(alarm, rule, book);
            if ended.contains(&alarm.id) {
                let mut changes = taken.map_or_else(Vec::new, |(_, changes)| changes);
                if !changes
                    .iter()
                    .any(|change| matches!(change, Change::Limit { .. }))
                {
                    changes.push(Change::Condition);
                }
                alarm.changed = Some(Changed {
                    at,
                    what: changes.clone(),
                });
                over.push((alarm.id, Remark::Changed(changes)));
                continue;
            }
            let Some((changed, changes)) = taken else {
                continue;
            };
            alarm.changed = Some(Changed {
                at,
                what: changes.clone(),
            });
            let cause = match (cause, changed) {
                (_, Cause::PriorityChanged) => Cause::PriorityChanged,
                (Cause::Upgraded, _) => Cause::Upgraded,
                _ => changed,
            };
            let to = seen_as(alarm, before);
            let mut event = self.works.come_under(alarm, to, cause, at, &Actor::Monitor, "");
            event.remark = Some(Remark::Changed(changes));
            if !alarm.latched && alarm.returned_at.is_some() {
                unlatched.push(alarm.id);
            }
            events.push(event);
        }
        events.into_iter().for_each(|event| self.log(event));
        for (id, remark) in over {
            self.end_with(id, Trigger::Returned, at, "", Some(remark));
        }
        // What only the latch held returns.
        for id in unlatched {
            self.end(id, Trigger::Returned, at);
        }
        self.know(book.rules(), at);
        self.follow_works(at);
    }

    /// What stands is worse than it was raised as.
    pub(super) fn worsen(&mut self, id: u64, priority: Priority, at: Timestamp) {
        let Some(alarm) = self.alarms.get_mut(&id).filter(|alarm| priority < alarm.priority) else {
            return;
        };
        let before = std::mem::replace(&mut alarm.priority, priority);
        let what = vec![Change::Priority {
            before,
            after: priority,
        }];
        alarm.changed = Some(Changed {
            at,
            what: what.clone(),
        });
        let (to, cause) = (seen_as(alarm, before), Cause::PriorityChanged);
        let mut event = self.works.come_under(alarm, to, cause, at, &Actor::Monitor, "");
        event.remark = Some(Remark::Changed(what));
        self.log(event);
        self.follow_work(id, at);
    }

    /// An earlier program let a rule that is switched off, or is about something else by now, take the latch and the priority of what it did not watch any
    /// more, which nobody and nothing could end then: both are as they were.
    fn heal_unwatched(&mut self, at: Timestamp, cause: Cause) {
        let is_hurt = |alarm: &&mut Alarm| alarm.unwatched && alarm.state.is_active() && !alarm.latched;
        let mut events = Vec::new();
        for alarm in self.alarms.values_mut().filter(is_hurt) {
            let taken = alarm.changed.take().map_or_else(Vec::new, |changed| changed.what);
            let mut what: Vec<Change> = taken
                .into_iter()
                .filter_map(|change| put_back(alarm, change))
                .collect();
            alarm.latched = true;
            what.push(Change::Latched { after: true });
            alarm.changed = Some(Changed {
                at,
                what: what.clone(),
            });
            let mut event = transition(alarm, alarm.standing(), cause, at, &Actor::Monitor, "");
            event.remark = Some(Remark::Changed(what));
            events.push(event);
        }
        events.into_iter().for_each(|event| self.log(event));
    }

    /// The rule or what it watches is gone. A latched alarm stays: nobody but a person ends it.
    pub(super) fn remove(&mut self, id: u64, at: Timestamp, cause: Cause, by: &Actor) {
        let Some(alarm) = self.alarms.get_mut(&id).filter(|alarm| !alarm.unwatched) else {
            return;
        };
        let Ok((to, _)) = step(alarm.standing(), Trigger::Removed, alarm.latched, false) else {
            return;
        };
        let event = transition(alarm, to, cause, at, by, "");
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

/// Where an alarm stands whose priority was another: a shelving is of what a person saw, and does not hide what is worse than that.
fn seen_as(alarm: &Alarm, before: Priority) -> Standing {
    let standing = alarm.standing();
    let uncovered = step(standing, Trigger::ShelvingEnded, alarm.latched, false).ok();
    uncovered
        .filter(|_| alarm.priority < before)
        .map_or(standing, |(to, _)| to)
}

/// Whether a rule that has an alarm's name is about what that is about: the name of a built-in rule may be given to another one.
fn may_say_of(rule: &Rule, alarm: &Alarm) -> bool {
    let is_alike = match &alarm.subject {
        Subject::Series(series) => rule.when.fits(series.quantity()),
        Subject::Agent(_) => matches!(rule.when.watches(), Watches::Agents),
        Subject::System(_) => matches!(rule.when.watches(), Watches::Monitor(_)),
    };
    rule.id == alarm.rule && is_alike
}

/// Takes a change back. Gives what that changes.
fn put_back(alarm: &mut Alarm, change: Change) -> Option<Change> {
    match change {
        Change::Priority { before, after } => {
            alarm.priority = before;
            Some(Change::Priority {
                before: after,
                after: before,
            })
        }
        Change::Limit { before, after } => {
            alarm.limit = before;
            Some(Change::Limit {
                before: after,
                after: before,
            })
        }
        Change::Name { before, after } => {
            alarm.name.clone_from(&before);
            Some(Change::Name {
                before: after,
                after: before,
            })
        }
        Change::Latched { .. } | Change::Room { .. } | Change::Condition => None,
    }
}

/// Takes what a rule and the site now say of an alarm. Gives what changed, and its cause.
fn take(alarm: &mut Alarm, rule: &Rule, book: &Rulebook) -> Option<(Cause, Vec<Change>)> {
    let mut changes = Vec::new();
    let mut cause = None;
    let priority = priority(alarm, rule, book);
    if alarm.priority != priority {
        cause = Some(Cause::PriorityChanged);
        let (before, after) = (std::mem::replace(&mut alarm.priority, priority), priority);
        changes.push(Change::Priority { before, after });
    }
    let (limit, latched) = (rule.when.limit(), rule.when.is_latched());
    if alarm.limit != limit {
        cause = cause.or(Some(Cause::RuleChanged));
        let before = std::mem::replace(&mut alarm.limit, limit);
        changes.push(Change::Limit { before, after: limit });
    }
    if alarm.latched != latched {
        cause = cause.or(Some(Cause::RuleChanged));
        alarm.latched = latched;
        changes.push(Change::Latched { after: latched });
    }
    if alarm.name != rule.name {
        cause = cause.or(Some(Cause::RuleChanged));
        let before = std::mem::replace(&mut alarm.name, rule.name.clone());
        let after = rule.name.clone();
        changes.push(Change::Name { before, after });
    }
    if let Some(room) = room(alarm, book)
        && alarm.room != room
    {
        cause = cause.or(Some(Cause::Moved));
        let before = std::mem::replace(&mut alarm.room, room.clone());
        changes.push(Change::Room { before, after: room });
    }
    Some((cause?, changes))
}

/// How bad an alarm is by its rule as it is now.
fn priority(alarm: &Alarm, rule: &Rule, book: &Rulebook) -> Priority {
    let heartbeat = |id: &str| book.site().heartbeat(id).map(|job| job.priority);
    if let Subject::Series(series) = &alarm.subject
        && let Some(said) = book.drill_priority(series)
    {
        return said;
    }
    let at_least = match (rule.when.watches(), &alarm.subject) {
        // A summary of what came late is as bad as the worst of it.
        (Watches::Monitor(SystemKind::Late), _) => Some(alarm.priority),
        (Watches::Monitor(SystemKind::HeartbeatMissed), Subject::System(id)) => {
            heartbeat(id).or(Some(alarm.priority))
        }
        _ => None,
    };
    at_least.map_or(rule.priority, |worst| rule.priority.min(worst))
}

/// The room of what an alarm is about, as the site has it now; none where it is about nothing that has a room.
fn room(alarm: &Alarm, book: &Rulebook) -> Option<Option<Identifier>> {
    match (&alarm.subject, &alarm.origin) {
        (Subject::Series(series), _) => Some(book.room_of(series).cloned()),
        (Subject::Agent(agent), _) => Some(book.room_of_agent(agent)),
        (Subject::System(_), Some(Origin::NeverHeard { agent, sensor })) => {
            let placed = book.site().sensor(agent, sensor);
            Some(placed.map(|placed| placed.room.clone()))
        }
        (Subject::System(id), Some(Origin::Monitor(report))) if report.is_of_heartbeat() => {
            let job = book.site().heartbeat(id)?;
            Some(job.room.clone())
        }
        (Subject::System(_), _) => None,
    }
}
