//! Work in progress as the engine knows it: what of it goes on, which alarms it lies over, and that it ends.
//!
//! Two clocks have to agree before it hides anything: the alarm was raised at an instant within the work, and it is heard of while the work goes on. Smoke of
//! before it and smoke that is told of after it are smoke.

use std::collections::BTreeMap;

use plenum_protocol::{Duration, Identifier, Timestamp};

use super::register::{Effect, Onset, Register, transition};
use super::rulebook::Rulebook;
use crate::alarms::life::{Standing, Trigger, step};
use crate::alarms::{Alarm, Cause, Cover, CoverKind, Event, Subject, Underway};
use crate::authority::Actor;
use crate::site::{Priority, Rule};
use crate::work::{AT_MOST, Said, Work, WorkKind, WorkRefusal, WorkSaid, WorkState};

/// What is planned or goes on, by number.
#[derive(Debug, Default)]
pub(super) struct Works {
    open: BTreeMap<u64, Work>,
    last: u64,
}

impl Works {
    pub(super) fn restore(works: Vec<Work>, last: u64) -> Self {
        let highest = works.iter().map(|work| work.id).max().unwrap_or_default();
        let open = works.into_iter().filter(|work| !work.is_over());
        Self {
            open: open.map(|work| (work.id, work)).collect(),
            last: last.max(highest),
        }
    }

    /// The highest number that was ever given.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn open(&self) -> impl Iterator<Item = &Work> {
        self.open.values()
    }

    /// When one of them begins or ends next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.open.values().filter_map(Work::due).min()
    }

    /// The work that goes on and may cause such an alarm, which was raised at an instant: the one that ends last.
    fn over(
        &self,
        (rule, subject): (&Identifier, &Subject),
        (room, priority): (Option<&Identifier>, Priority),
        raised_at: Timestamp,
    ) -> Option<&Work> {
        if self.open.is_empty() {
            return None;
        }
        let kind = WorkKind::of(subject, rule, priority)?;
        let running = self.open.values().filter(|work| work.state == WorkState::Running);
        let over = running.filter(|work| work.from <= raised_at && work.names(kind, room));
        over.max_by_key(|work| work.until)
    }

    /// The same of one that stands. One that came during other work is hidden by this, whenever that began: a person has said that it goes on. Of one that
    /// stood while a clock was set nobody can tell whether it came before the work: it is told.
    fn over_alarm(&self, alarm: &Alarm) -> Option<&Work> {
        let came = match alarm.cover {
            Some(Cover::Work(_)) => Timestamp::MAX,
            _ if alarm.held.clock_was_set => Timestamp::MIN,
            _ => alarm.raised_at,
        };
        let place = (alarm.room.as_ref(), alarm.priority);
        self.over((&alarm.rule, &alarm.subject), place, came)
    }

    /// What lies over an alarm from `at` on where nothing else does any more; nothing over what is over.
    fn follows(&self, alarm: &Alarm, at: Timestamp) -> Option<Underway> {
        let stands = alarm.state.is_active();
        let over = stands.then(|| self.over_alarm(alarm)).flatten();
        over.map(|work| underway(work, at))
    }

    /// Takes an alarm where it stands when what lay over it ends for a cause of its own: under work that goes on and may have caused it, and else to `to`.
    pub(super) fn come_under(
        &self,
        alarm: &mut Alarm,
        to: Standing,
        cause: Cause,
        at: Timestamp,
        by: &Actor,
        comment: &str,
    ) -> Event {
        let ends = alarm.cover.is_some() && to.cover.is_none();
        let over = self.follows(alarm, at).filter(|_| ends);
        let under = step(alarm.standing(), Trigger::Work, alarm.latched, true);
        match (over, under) {
            (Some(over), Ok((under, _))) => {
                let event = transition(alarm, under, cause, at, by, comment);
                alarm.cover = Some(Cover::Work(over));
                event
            }
            _ => transition(alarm, to, cause, at, by, comment),
        }
    }
}

impl Register {
    /// What a person said, as the item `item` of the entry `entry`.
    pub(super) fn hear_of_work(
        &mut self,
        said: &WorkSaid,
        book: &Rulebook,
        received: Timestamp,
        (entry, item): (u64, usize),
    ) {
        let outcome = match &said.said {
            Said::Begins(plan) => {
                let room = plan.room.as_ref().filter(|room| book.site().room(room).is_none());
                let plan = match room {
                    Some(room) => Err(WorkRefusal::UnknownRoom(room.clone())),
                    None if self.works.open.len() >= AT_MOST => Err(WorkRefusal::TooMany),
                    None => plan.clone().checked(said.at),
                };
                plan.map(|plan| {
                    self.works.last += 1;
                    let work = plan.begins(self.works.last, said.by.clone(), said.at);
                    self.keep(work.clone());
                    self.pass_covers(received);
                    // What is heard of after its end has begun and ended at once.
                    let open = self.works.open.get(&work.id).cloned();
                    open.unwrap_or_else(|| work.clone().over(work.until, None))
                })
            }
            Said::Ends(id) => match self.works.open.get(id).cloned() {
                Some(work) => Ok(self.end_work(work, said.at, Some(&said.by))),
                None if (1..=self.works.last).contains(id) => Err(WorkRefusal::Over(*id)),
                None => Err(WorkRefusal::NotFound(*id)),
            },
        };
        self.effects.push_back(Effect::Heard { entry, item, outcome });
    }

    /// Notes how some work now stands.
    fn keep(&mut self, work: Work) {
        self.effects.push_back(Effect::Work(work.clone()));
        if work.is_over() {
            self.works.open.remove(&work.id);
        } else {
            self.works.open.insert(work.id, work);
        }
    }

    /// The next of what begins or ends does, at its instant.
    pub(super) fn pass_work(&mut self, now: Timestamp) {
        // What begins as other work ends goes on from there: its beginning comes first.
        let due_first = |work: &&Work| (work.due(), work.state, work.id);
        let due = self.works.open.values().filter(|work| work.due() <= Some(now));
        let Some(mut work) = due.min_by_key(due_first).cloned() else {
            return;
        };
        match work.state {
            WorkState::Planned => {
                work.state = WorkState::Running;
                self.keep(work);
            }
            WorkState::Running | WorkState::Over => {
                self.end_work(work, now, None);
            }
        }
    }

    /// Some work is over. What came during it and still stands is told. Gives it as it is then.
    fn end_work(&mut self, work: Work, at: Timestamp, by: Option<&Actor>) -> Work {
        let work = work.over(at, by);
        self.keep(work.clone());
        self.follow_works(at);
        work
    }

    /// An alarm is about to be raised: work that may cause it hides that. What stands already was told and stays as it is.
    pub(super) fn lay_work(&mut self, rule: &Rule, subject: &Subject, onset: &Onset) {
        let id = self.find(&rule.id, subject);
        let Some(alarm) = id.and_then(|id| self.alarms.get(&id)) else {
            return;
        };
        let (id, is_active) = (alarm.id, alarm.state.is_active());
        let place = (onset.room.as_ref(), rule.priority);
        let over = self.works.over((&rule.id, subject), place, onset.at);
        let over = over
            .filter(|work| onset.heard < work.until)
            .map(|work| underway(work, onset.at));
        match (alarm.cover.as_ref().map(Cover::kind), over) {
            (None, Some(over)) if !is_active => self.lay(id, over, onset.at),
            (Some(CoverKind::Work), over) if !is_active => match over {
                Some(over) => self.change_work(id, over),
                None => self.uncover(id, onset.at),
            },
            _ => {}
        }
    }

    /// Whether work that goes on lies over an alarm, instead of what lay over it.
    pub(super) fn work_follows(&mut self, id: u64, at: Timestamp) -> bool {
        let alarm = self.alarms.get(&id);
        let over = alarm.and_then(|alarm| self.works.follows(alarm, at));
        over.map(|over| self.lay(id, over, at)).is_some()
    }

    fn lay(&mut self, id: u64, over: Underway, at: Timestamp) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && let Ok((to, cause)) = step(alarm.standing(), Trigger::Work, alarm.latched, true)
        {
            let event = transition(alarm, to, cause, at, &over.by, &over.reason);
            alarm.cover = Some(Cover::Work(over));
            self.log(event);
        }
    }

    fn change_work(&mut self, id: u64, over: Underway) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && let Some(Cover::Work(before)) = &mut alarm.cover
        {
            let over = Underway {
                since: before.since,
                ..over
            };
            if *before != over {
                *before = over;
                self.effects.push_back(Effect::Updated(alarm.clone()));
            }
        }
    }

    /// Looks at all alarms that work lies over: whether any still does. An alarm that became worse or is in another room since may be none that it names.
    pub(super) fn follow_works(&mut self, at: Timestamp) {
        let covered = |alarm: &&Alarm| matches!(alarm.cover, Some(Cover::Work(_)));
        let covered: Vec<u64> = self
            .alarms
            .values()
            .filter(covered)
            .map(|alarm| alarm.id)
            .collect();
        for id in covered {
            self.follow_work(id, at);
        }
    }

    /// The same of one alarm.
    pub(super) fn follow_work(&mut self, id: u64, at: Timestamp) {
        let alarm = self.alarms.get(&id);
        let Some(alarm) = alarm.filter(|alarm| matches!(alarm.cover, Some(Cover::Work(_)))) else {
            return;
        };
        match self.works.over_alarm(alarm).map(|work| underway(work, at)) {
            Some(over) => self.change_work(id, over),
            None => self.uncover(id, at),
        }
    }

    /// No work lies over an alarm any more: another alarm stands for it, or it is told.
    fn uncover(&mut self, id: u64, at: Timestamp) {
        let Some(alarm) = self.alarms.get(&id) else {
            return;
        };
        let place = (alarm.room.as_ref(), alarm.priority);
        let by = self.suppressor(&alarm.rule, &alarm.subject, place, None);
        if let Some(by) = by.filter(|_| alarm.state.is_active()) {
            return self.lay_suppression(id, by, at);
        }
        if let Some(alarm) = self.alarms.get_mut(&id)
            && let Ok((to, cause)) = step(alarm.standing(), Trigger::WorkEnded, alarm.latched, true)
        {
            let event = transition(alarm, to, cause, at, &Actor::Monitor, "");
            self.log(event);
        }
    }

    /// The wall clock was set back by so much, and is at `now`. What was to begin at a later time waits for it again; what goes on lasts as long as it was to
    /// last, and not longer.
    pub(super) fn work_clock_was_set(&mut self, by: Duration, now: Timestamp) {
        if by >= Duration::ZERO {
            return;
        }
        let running = self.works.open.values();
        let running = running.filter(|work| work.state == WorkState::Running);
        for mut work in running.cloned().collect::<Vec<_>>() {
            if work.planned && now < work.from {
                work.state = WorkState::Planned;
            } else {
                // What was planned began no earlier than it was to begin.
                work.from = if work.planned { work.from } else { work.from + by };
                work.until = work.until + by;
            }
            self.keep(work);
        }
        self.follow_works(now);
    }
}

fn underway(work: &Work, since: Timestamp) -> Underway {
    Underway {
        work: work.id,
        by: work.by.clone(),
        since,
        until: work.until,
        reason: work.reason.clone(),
    }
}
