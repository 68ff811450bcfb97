//! What becomes due of what lies over alarms, and of who has them: a reminder, the end of a shelving or of an acknowledgement, a review. At its
//! instant, however late that is noticed.
//!
//! A shelving ends at the instant that was said. On a clock that is set back it does not last longer for that; on one that is set forward past
//! that instant it ends.

use plenum_protocol::{Duration, Timestamp};

use super::register::{Effect, Register, transition};
use crate::alarms::cover::LINGERS;
use crate::alarms::life::{Trigger, step};
use crate::alarms::{Alarm, Cause, Cover};
use crate::authority::Actor;

impl Register {
    /// When something becomes due next.
    pub(super) fn next_cover(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The wall clock is at `now`: what is due by then of work and of what else lies over alarms happens, in the order of the instants.
    pub(super) fn pass_covers(&mut self, now: Timestamp) {
        loop {
            let work = self.works.next().filter(|at| *at <= now);
            let cover = self.due.first().copied().filter(|(at, _)| *at <= now);
            match (work, cover) {
                (Some(work), Some((at, _))) if work <= at => self.pass_work(work),
                (Some(work), None) => self.pass_work(work),
                (_, Some((at, id))) => {
                    self.due.pop_first();
                    if !self.pass_acknowledgement(id, at) {
                        self.pass_cover(id, at, now);
                    }
                    self.arm(id);
                }
                (None, None) => return,
            }
        }
    }

    /// Sees to it that what lies over an alarm is looked at when it is due. What was armed before and is no longer due does nothing.
    pub(super) fn arm(&mut self, id: u64) {
        let due = self.alarms.get(&id).and_then(Alarm::due);
        self.due.extend(due.map(|at| (at, id)));
    }

    /// What is due of one alarm by `due`. What ends by `now` needs no reminder of that.
    fn pass_cover(&mut self, id: u64, due: Timestamp, now: Timestamp) {
        self.pass_suppression(id, due);
        let ends = |alarm: &Alarm| match &alarm.cover {
            Some(Cover::Shelved(shelving)) => Some(shelving.until).filter(|at| *at <= due),
            _ => None,
        };
        if let Some(at) = self.alarms.get(&id).and_then(ends)
            && self.work_follows(id, at)
        {
            return;
        }
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return;
        };
        let standing = alarm.standing();
        let due = match &mut alarm.cover {
            Some(Cover::Shelved(shelving)) if shelving.until <= due => {
                let at = shelving.until;
                let to = step(standing, Trigger::ShelvingEnded, alarm.latched, false).ok();
                to.map(|(to, cause)| (to, cause, at))
            }
            Some(Cover::Shelved(shelving)) if !shelving.reminded => {
                let at = shelving.remind_at().filter(|at| *at <= due);
                shelving.reminded |= at.is_some();
                let at = at.filter(|_| shelving.until > now);
                at.map(|at| (standing, Cause::ShelvingEnds, at))
            }
            Some(Cover::OutOfService(out)) if !out.review_due && out.review <= due => {
                out.review_due = true;
                Some((standing, Cause::ReviewDue, out.review))
            }
            _ => None,
        };
        if let Some((to, cause, at)) = due {
            let event = transition(alarm, to, cause, at, &Actor::Monitor, "");
            self.log(event);
        }
    }

    /// The wall clock was set by so much.
    pub(super) fn clock_was_set(&mut self, by: Duration) {
        if by < Duration::ZERO {
            self.shift_shelvings(|_| by);
            self.shift_acknowledgements(|_| by);
            self.shift_chatter(|_| by);
        }
        self.note_steps();
    }

    /// What stands stood while the wall clock was set.
    fn note_steps(&mut self) {
        let standing = self.alarms.values().filter(|alarm| alarm.state.is_active());
        let standing: Vec<u64> = standing.map(|alarm| alarm.id).collect();
        standing.into_iter().for_each(|id| self.note_step(id));
    }

    /// A clock by which an alarm's beginning was told was set.
    pub(super) fn note_step(&mut self, id: u64) {
        let alarm = self.alarms.get_mut(&id).filter(|alarm| alarm.state.is_active());
        if let Some(alarm) = alarm.filter(|alarm| !alarm.held.clock_was_set) {
            alarm.held.clock_was_set = true;
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// This run's clock is at `now`: what an earlier run's clock said, `received` the last of it, may be ahead of it.
    pub(super) fn come_back_to(&mut self, now: Timestamp, received: Timestamp) {
        if now < received {
            self.note_steps();
        }
        let back = |at: Timestamp| now.since(at).min(Duration::ZERO);
        self.shift_shelvings(back);
        self.shift_acknowledgements(back);
        self.shift_chatter(back);
    }

    /// Shelvings, and what is left of an event, last as long as they were to last on a clock that was set back. `by`: by how much, where it was said at an
    /// instant.
    fn shift_shelvings(&mut self, by: impl Fn(Timestamp) -> Duration) {
        let shelved = |alarm: &&mut Alarm| alarm.cover.is_some();
        let mut shifted = Vec::new();
        for alarm in self.alarms.values_mut().filter(shelved) {
            if let Some(Cover::Suppressed(suppression)) = &mut alarm.cover
                && let Some(until) = &mut suppression.until
            {
                let by = by(*until - LINGERS);
                if by != Duration::ZERO {
                    *until = *until + by;
                    self.effects.push_back(Effect::Updated(alarm.clone()));
                    shifted.push(alarm.id);
                }
            }
            if let Some(Cover::Shelved(shelving)) = &mut alarm.cover {
                let by = by(shelving.at);
                if by != Duration::ZERO {
                    shelving.shift(by);
                    self.effects.push_back(Effect::Updated(alarm.clone()));
                    shifted.push(alarm.id);
                }
            }
        }
        for id in shifted {
            self.arm(id);
        }
    }
}
