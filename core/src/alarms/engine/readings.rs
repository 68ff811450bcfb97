//! What agents send: readings evaluated in the order in which they come, and presence.

use std::collections::VecDeque;

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Channel, Identifier, Series, Timestamp};

use super::presence::{Agent, OFFLINE_AFTER, Watch};
use super::register::{Effect, Onset};
use super::series::{Machine, SeriesState, stale_after, watches};
use super::{Engine, Slot};
use crate::alarms::condition::ConditionTracker;
use crate::alarms::life::Trigger;
use crate::alarms::{Input, Subject};
use crate::fact::{Batch, Presence, StoredReading};
use crate::site::{Condition, Guard};
use plenum_protocol::AgentName;

impl Engine {
    pub(super) fn batch(&mut self, batch: &Batch, received: Timestamp, effects: &mut Vec<Effect>) {
        let agent = self.agent(&batch.agent);
        self.arrive(agent, received, effects);
        let stream = batch.position.as_ref().map(|(stream, _)| stream.as_str());
        self.agents[agent].batch(stream, batch.newest, received);
        let mut late = 0;
        for reading in &batch.readings {
            late += self.reading(agent, reading, received, effects);
        }
        if late > 0 {
            self.late_summary(agent, late, received, effects);
        }
    }

    pub(super) fn presence(&mut self, presence: &Presence, received: Timestamp, effects: &mut Vec<Effect>) {
        let agent = self.agent(&presence.agent);
        if !presence.online {
            self.leave(agent, received, effects);
            return;
        }
        self.arrive(agent, received, effects);
        // It tells of itself when it connects: what it could not send before may follow.
        self.agents[agent].unsettle(received);
        if presence.sensors.is_empty() {
            // A foreign publisher has no status: it says nothing of its clock and its sensors.
            return;
        }
        self.clock_state(agent, presence.clock_synchronised, received, effects);
        let before: Vec<Identifier> = self.agents[agent].intervals.drain().map(|(id, _)| id).collect();
        for expected in &presence.sensors {
            let interval = expected.interval;
            self.agents[agent]
                .intervals
                .insert(expected.sensor.clone(), interval);
            for quantity in &expected.quantities {
                let channel = Channel {
                    sensor: expected.sensor.clone(),
                    quantity: *quantity,
                };
                let index = self.series(agent, &channel, received);
                self.series[index].interval = Some(interval);
                self.series[index].interval_is_told = true;
            }
        }
        for sensor in before {
            let named = self.site.sensor(&presence.agent, &sensor).is_some();
            if !named && !self.agents[agent].intervals.contains_key(&sensor) {
                self.retire_sensor(agent, &sensor, received, effects);
            }
        }
    }

    /// Evaluates a reading; answers how many alarms it would have raised if it had not been late.
    fn reading(
        &mut self,
        agent: usize,
        reading: &StoredReading,
        received: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> usize {
        let index = match self.agents[agent].channels.get(&reading.channel) {
            Some(index) if self.series[*index].watched => *index,
            _ => self.series(agent, &reading.channel, received),
        };
        let state = &mut self.series[index];
        if state.newest.is_some_and(|newest| reading.at <= newest) {
            return self.late_reading(index, reading, effects);
        }
        let guard_before = state.value;
        state.note(reading.at, reading.outcome);
        let limit = state.silence_limit();
        for place in 0..self.series[index].machines.len() {
            let state = &mut self.series[index];
            let machine = &mut state.machines[place];
            let rule = &self.rules[machine.rule];
            // Before the journal's end was reached once, nothing is called stale; what a hole does to an off-delay counts always.
            let judged = self.live || !matches!(rule.when, Condition::Stale { .. });
            let after = judged.then(|| stale_after(rule, limit));
            machine
                .tracker
                .reading(rule, after, reading.at, reading.outcome, &mut self.changes);
            let due = machine.tracker.deadline(Some(stale_after(rule, limit)));
            self.timers.schedule((index, place), due, &mut machine.scheduled);
            if !self.changes.is_empty() {
                self.settle((index, place), effects);
            } else if machine.alarm.is_some() {
                self.note_input((index, place), effects);
            }
        }
        let state = &self.series[index];
        if guard_before != state.value
            && state.series.quantity().kind() == Kind::Boolean
            && self.guards.contains(&index)
        {
            self.guard_moved(index, reading.at, effects);
        }
        0
    }

    /// A series that guards rules has a new value: the trackers that it guards look again.
    fn guard_moved(&mut self, source: usize, at: Timestamp, effects: &mut Vec<Effect>) {
        let quantity = self.series[source].series.quantity();
        for index in 0..self.series.len() {
            for place in 0..self.series[index].machines.len() {
                let rule = &self.rules[self.series[index].machines[place].rule];
                let Some(guard) = rule.only_while.filter(|guard| guard.quantity == quantity) else {
                    continue;
                };
                let holds = self.guard_holds(index, guard);
                let rule = &self.rules[self.series[index].machines[place].rule];
                let limit = stale_after(rule, self.series[index].silence_limit());
                let machine = &mut self.series[index].machines[place];
                machine.tracker.guard(rule, at, holds, &mut self.changes);
                let due = machine.tracker.deadline(Some(limit));
                self.timers.schedule((index, place), due, &mut machine.scheduled);
                self.settle((index, place), effects);
            }
        }
    }

    /// Whether a guard holds for a series, by what was last seen at its sensor, or else in its room.
    pub(super) fn guard_holds(&self, index: usize, guard: Guard) -> bool {
        let guarded = &self.series[index];
        let room = self.room_of(index);
        let mut in_room = false;
        for source in &self.guards {
            let state = &self.series[*source];
            if state.series.quantity() != guard.quantity {
                continue;
            }
            let holds = state.value.is_some_and(|value| (value != 0.0) == guard.is);
            if state.agent == guarded.agent && state.series.sensor() == guarded.series.sensor() {
                return holds;
            }
            in_room |= holds && room.is_some() && self.room_of(*source) == room;
        }
        in_room
    }

    /// The room of a series, where the site names its sensor.
    pub(super) fn room_of(&self, index: usize) -> Option<Identifier> {
        let series = &self.series[index].series;
        let sensor = self.site.sensor(&series.agent, series.sensor())?;
        Some(sensor.room.clone())
    }

    /// The agent's place in the list; a new name gets one.
    pub(super) fn agent(&mut self, name: &AgentName) -> usize {
        if let Some(index) = self.agent_index.get(name) {
            return *index;
        }
        let index = self.agents.len();
        let mut agent = Agent::new(name.clone());
        agent.watches = self.watches_for(name);
        self.agents.push(agent);
        self.agent_index.insert(name.clone(), index);
        index
    }

    /// The offline rules that watch an agent.
    pub(super) fn watches_for(&self, name: &AgentName) -> Vec<Watch> {
        let watched = |rule: &crate::site::Rule| {
            let select = &rule.select;
            rule.enabled
                && matches!(rule.when, Condition::Offline { .. })
                && (select.agents.is_empty() || select.agents.contains(&name.agent))
        };
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| watched(rule))
            .map(|(rule, _)| Watch {
                rule,
                active: false,
                due: None,
            })
            .collect()
    }

    /// The series' place in the list, with its trackers; a new one gets one and is expected from now on.
    pub(super) fn series(&mut self, agent: usize, channel: &Channel, received: Timestamp) -> usize {
        let index = match self.agents[agent].channels.get(channel) {
            Some(index) => *index,
            None => {
                let name = &self.agents[agent].name;
                let series = Series {
                    agent: name.clone(),
                    channel: channel.clone(),
                };
                let index = self.series.len();
                let mut state = SeriesState::new(series, agent);
                state.interval = self.agents[agent].intervals.get(&channel.sensor).copied();
                state.interval_is_told = state.interval.is_some();
                self.series.push(state);
                self.agents[agent].channels.insert(channel.clone(), index);
                index
            }
        };
        if !self.series[index].watched {
            self.series[index].watched = true;
            self.note_guard(index);
            self.equip(index, received);
            self.arm(index);
        }
        index
    }

    /// Notes a series whose quantity guards a rule.
    pub(super) fn note_guard(&mut self, index: usize) {
        let quantity = self.series[index].series.quantity();
        let guards =
            |rule: &crate::site::Rule| rule.only_while.is_some_and(|guard| guard.quantity == quantity);
        if self.rules.iter().any(guards) && !self.guards.contains(&index) {
            self.guards.push(index);
        }
    }

    /// Gives a series a tracker for each rule that selects it and has none there; its silence counts from `received`.
    pub(super) fn equip(&mut self, index: usize, received: Timestamp) {
        for (number, rule) in self.rules.clone().iter().enumerate() {
            let state = &self.series[index];
            let there = state.machines.iter().any(|machine| machine.rule == number);
            if there || !watches(&self.site, rule, &state.series) {
                continue;
            }
            let mut tracker = ConditionTracker::new(rule);
            if let Some(guard) = rule.only_while {
                let holds = self.guard_holds(index, guard);
                tracker.guard(rule, Timestamp::MIN, holds, &mut self.changes);
                self.changes.clear();
            }
            if matches!(rule.when, Condition::Stale { .. }) {
                tracker.expect_from(received);
            }
            let subject = Subject::Series(self.series[index].series.clone());
            self.series[index].machines.push(Machine {
                rule: number,
                tracker,
                alarm: self.register.find(&rule.id, &subject),
                scheduled: None,
                episodes: VecDeque::new(),
            });
        }
    }

    /// Silence of a series counts from `at`: its agent is there (again), or the engine has just caught up.
    pub(super) fn expect(&mut self, index: usize, at: Timestamp) {
        for machine in &mut self.series[index].machines {
            if matches!(self.rules[machine.rule].when, Condition::Stale { .. }) {
                machine.tracker.expect_from(at);
            }
        }
        self.arm(index);
    }

    /// Puts the deadlines of a series among the timers.
    pub(super) fn arm(&mut self, index: usize) {
        let state = &mut self.series[index];
        let limit = state.silence_limit();
        for (place, machine) in state.machines.iter_mut().enumerate() {
            let after = stale_after(&self.rules[machine.rule], limit);
            let due = machine.tracker.deadline(Some(after));
            self.timers.schedule((index, place), due, &mut machine.scheduled);
        }
    }

    /// Something was received from an agent.
    fn arrive(&mut self, agent: usize, received: Timestamp, effects: &mut Vec<Effect>) {
        let known = &mut self.agents[agent];
        if known.online && known.heard {
            return;
        }
        // What was due before it came has happened.
        self.watch_agent(agent, received, effects);
        let known = &mut self.agents[agent];
        let was_away = !known.online;
        known.heard = true;
        known.online = true;
        known.unsettle(received);
        if was_away {
            known.since = received;
        }
        for place in 0..self.agents[agent].watches.len() {
            let watch = &mut self.agents[agent].watches[place];
            watch.due = None;
            if std::mem::take(&mut watch.active) {
                let rule = self.rules[watch.rule].id.clone();
                let subject = Subject::Agent(self.agents[agent].name.clone());
                if let Some(id) = self.register.find(&rule, &subject) {
                    self.register.end(id, Trigger::Returned, received, "", effects);
                }
            }
        }
        if was_away {
            for index in self.series_of(agent) {
                self.expect(index, received);
            }
            self.inputs_of(agent, effects);
        }
    }

    /// An agent's status or last will says that it is away.
    fn leave(&mut self, agent: usize, received: Timestamp, effects: &mut Vec<Effect>) {
        let known = &mut self.agents[agent];
        known.heard = true;
        if known.online || known.since == Timestamp::MIN {
            known.online = false;
            known.since = received;
            self.await_agent(agent, received);
            self.inputs_of(agent, effects);
        }
    }

    /// The agent is away, or unheard, since `from`: its offline alarms are due when it stays so.
    pub(super) fn await_agent(&mut self, agent: usize, from: Timestamp) {
        for watch in &mut self.agents[agent].watches {
            if watch.active {
                continue;
            }
            let rule = &self.rules[watch.rule];
            let after = match rule.when {
                Condition::Offline { after } => after.unwrap_or(OFFLINE_AFTER),
                _ => OFFLINE_AFTER,
            };
            watch.due.get_or_insert(from + after + rule.on_delay);
        }
    }

    /// Raises an agent's offline alarms that are due.
    pub(super) fn watch_agent(&mut self, agent: usize, now: Timestamp, effects: &mut Vec<Effect>) {
        for place in 0..self.agents[agent].watches.len() {
            let watch = &mut self.agents[agent].watches[place];
            let Some(due) = watch.due.filter(|due| !watch.active && *due <= now) else {
                continue;
            };
            watch.active = true;
            watch.due = None;
            let rule = self.rules[watch.rule].clone();
            let known = &mut self.agents[agent];
            if known.online {
                // Unheard since the engine started: it is away.
                known.online = false;
                known.since = due;
                self.inputs_of(agent, effects);
            }
            let known = &self.agents[agent];
            let name = &known.name.agent;
            let message = if known.since == Timestamp::MIN {
                format!("{}: agent {name} has never been heard of", rule.name)
            } else {
                let since = crate::text::sentence::clock_words(&self.site, known.since);
                format!("{}: agent {name} since {since}", rule.name)
            };
            let onset = Onset {
                at: due,
                value: None,
                fault: None,
                input: Input::Known,
                room: self.room_of_agent(agent),
                message,
            };
            let subject = Subject::Agent(self.agents[agent].name.clone());
            self.register.raise(&rule, &subject, onset, effects);
        }
    }

    /// The room of an agent's sensors, if they are all in one.
    fn room_of_agent(&self, agent: usize) -> Option<Identifier> {
        let name = &self.agents[agent].name;
        if name.site != self.site.site.id {
            return None;
        }
        let mut rooms = self
            .site
            .sensors
            .iter()
            .filter(|sensor| sensor.agent == name.agent)
            .map(|sensor| &sensor.room);
        let first = rooms.next()?;
        rooms.all(|room| room == first).then(|| first.clone())
    }

    pub(super) fn series_of(&self, agent: usize) -> Vec<usize> {
        let mut list: Vec<usize> = self.agents[agent].channels.values().copied().collect();
        list.sort_unstable();
        list
    }

    /// An agent came or went: whether its alarms' inputs can be trusted changed.
    fn inputs_of(&mut self, agent: usize, effects: &mut Vec<Effect>) {
        for index in self.series_of(agent) {
            for place in 0..self.series[index].machines.len() {
                self.note_input((index, place) as Slot, effects);
            }
        }
    }
}
