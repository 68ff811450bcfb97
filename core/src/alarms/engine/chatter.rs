//! Who chatters, and until when. An alarm about a series is quiet by its readings; where none come, by the wall clock once all that was measured by
//! then has come.

use plenum_protocol::{Duration, Timestamp};

use super::Engine;
use super::presence::{Gate, PATIENCE};
use super::register::{Register, transition};
use super::timers::GRACE;
use crate::alarms::{Alarm, Cause, Subject};
use crate::authority::Actor;

/// How soon an alarm is looked at again of which something older may still come.
const RETRY: Duration = Duration::from_seconds(1);

/// When to look whether an alarm has become quiet; none for one that does not chatter.
pub(super) fn look_at(alarm: &Alarm) -> Option<(Timestamp, u64)> {
    let run = alarm.chatter.running()?;
    let stands = run.stands_at(run.until).filter(|_| alarm.state.is_active());
    let at = stands.map_or(run.quiet_at(), |stands| stands.min(run.quiet_at()));
    Some((at + GRACE, alarm.id))
}

impl Register {
    /// When to look next whether an alarm has become quiet.
    pub(super) fn next_quiet(&self) -> Option<Timestamp> {
        self.quiet.first().map(|(at, _)| *at)
    }

    /// An alarm chatters from its raise at `at` on.
    pub(super) fn chatter(&mut self, id: u64, at: Timestamp) {
        // Not before the raise itself was decided on: that it chatters is told, and not its third raise as well.
        if let Some(alarm) = self.alarms.get_mut(&id) {
            alarm.chatter.told(at);
        }
        self.note(id, Cause::Chattering, at);
        self.look_again(id);
    }

    /// Nothing happened to an alarm until `now`: if it chattered, it may be quiet by then.
    pub(super) fn calm(&mut self, id: u64, now: Timestamp) {
        // Few alarms chatter, and every reading asks.
        if !self.quiet.is_empty() {
            self.end_run(id, now);
        }
    }

    /// Whether any alarm chatters: every reading asks.
    pub(super) fn has_chatter(&self) -> bool {
        !self.quiet.is_empty()
    }

    /// The condition of an alarm has held since `since` without a flip, until `now`: one that chattered stands.
    pub(super) fn stands(&mut self, id: u64, since: Timestamp, now: Timestamp) {
        let alarm = self.alarms.get_mut(&id).filter(|alarm| alarm.state.is_active());
        if let Some(at) = alarm.and_then(|alarm| alarm.chatter.stands(since, now)) {
            self.note(id, Cause::Stands, at);
        }
    }

    fn end_run(&mut self, id: u64, now: Timestamp) {
        let quiet = self.alarms.get_mut(&id).and_then(|alarm| alarm.chatter.pass(now));
        if let Some(at) = quiet {
            self.note(id, Cause::Quiet, at);
        }
    }

    /// Something that leaves an alarm's state as it is.
    fn note(&mut self, id: u64, cause: Cause, at: Timestamp) {
        if let Some(alarm) = self.alarms.get_mut(&id) {
            let event = transition(alarm, alarm.standing(), cause, at, &Actor::Monitor, "");
            self.log(event);
        }
    }

    fn look_again(&mut self, id: u64) {
        self.quiet.extend(self.alarms.get(&id).and_then(look_at));
    }

    /// What chatters does so for as long on a clock that was set back. `by`: by how much, where it was last raised at an instant.
    pub(super) fn shift_chatter(&mut self, by: impl Fn(Timestamp) -> Duration) {
        for (_, id) in std::mem::take(&mut self.quiet) {
            if let Some(alarm) = self.alarms.get_mut(&id)
                && let Some(until) = alarm.chatter.running().map(|run| run.until)
            {
                alarm.chatter.shift(by(until));
            }
            self.look_again(id);
        }
    }
}

impl Engine {
    /// The wall clock is at `now`: what chattered and was not raised again may be quiet.
    pub(super) fn pass_chatter(&mut self, now: Timestamp) {
        while let Some((at, id)) = self.register.quiet.first().copied().filter(|(at, _)| *at <= now) {
            self.register.quiet.remove(&(at, id));
            let gate = self
                .register
                .get(id)
                .map_or(Gate::Pass, |alarm| self.gate_of(alarm, now));
            let again = match gate {
                Gate::Pass => {
                    let by = self.own_time_of(id, now - GRACE);
                    if let Some(since) = self.stands_since(id) {
                        self.register.stands(id, since, by);
                    }
                    self.register.end_run(id, by);
                    let again = self.register.get(id).and_then(look_at);
                    again.map(|(at, id)| (at.max(now + RETRY), id))
                }
                Gate::Wait => Some((now + RETRY, id)),
                // Whether it was raised since is known when its agent is back.
                Gate::Away | Gate::Refused => Some((now + PATIENCE, id)),
            };
            self.register.quiet.extend(again);
        }
    }

    /// Since when the condition of an alarm holds without a flip; none where it does not, or nobody knows.
    fn stands_since(&self, id: u64) -> Option<Timestamp> {
        let slot = self.watched_by(self.register.get(id)?)?;
        let state = self.table.state(slot.series);
        let machine = &state.machines[slot.tracker];
        state.stands_since(machine)
    }

    /// An instant of the wall clock by the clock that stamps what an alarm is about.
    fn own_time_of(&self, id: u64, now: Timestamp) -> Timestamp {
        match self.register.get(id).map(|alarm| &alarm.subject) {
            Some(Subject::Series(series)) => {
                let agent = self.fleet.find(&series.agent);
                agent.map_or(now, |agent| self.table.own_time(agent, &series.channel, now))
            }
            _ => now,
        }
    }

    /// Whether the wall clock may decide about an alarm.
    fn gate_of(&self, alarm: &Alarm, now: Timestamp) -> Gate {
        match &alarm.subject {
            Subject::Series(series) => {
                let agent = self.fleet.find(&series.agent);
                agent.map_or(Gate::Away, |agent| self.fleet.gate(agent, now))
            }
            Subject::Agent(_) | Subject::System(_) => Gate::Pass,
        }
    }
}
