//! Every series that was heard of or is expected, with its trackers: readings and timers go in, alarms are raised and ended.

use std::collections::HashSet;

use plenum_protocol::{AgentName, Channel, Identifier, Series, Timestamp};

use super::context::Context;
use super::due::earlier;
use super::late::{self, Missed};
use super::lookers::{Lookers, judged};
use super::numbers::OfAgent;
use super::register::{InputNow, Onset};
use super::series::{Episodes, Machine, SeriesState};
use super::timers::Slot;
use crate::alarms::tracker::{Change, ConditionTracker};
use crate::alarms::{Cause, Subject};
use crate::around::Surroundings;
use crate::authority::Actor;
use crate::expectation::{Expected, Silence};
use crate::fact::StoredReading;
use crate::site::Rule;
use crate::site::condition::Beginning;

#[derive(Debug, Default)]
pub(super) struct SeriesTable {
    pub(super) series: Vec<SeriesState>,
    /// By the agent's number.
    pub(super) of_agents: Vec<OfAgent>,
    /// The agent's number of each.
    agents: Vec<usize>,
    /// The numbers of the agents that are there.
    there: HashSet<usize>,
    /// What rules see of the series around theirs.
    pub(super) around: Surroundings,
    pub(super) lookers: Lookers,
    /// How often it changed who is around whom, or for how long somebody is known otherwise than by readings.
    pub(super) rearranged: u64,
    /// What a tracker just decided; kept so that a reading costs no allocation.
    pub(super) decided: Vec<Change>,
    /// What a tracker knew before the reading that is being read, which may tell of what was until then.
    before: Before,
    /// The numbers of those that are to be written down.
    changed: Vec<usize>,
}

/// What a tracker knew before a reading.
#[derive(Debug, Default)]
struct Before {
    /// Since when the on-delay runs that rested on one reading and may be over with this one.
    alone_since: Option<Timestamp>,
    /// From when silence counted; none of a rule that does not watch it.
    silent_since: Option<Timestamp>,
}

impl SeriesTable {
    pub(super) fn count(&self) -> usize {
        self.series.len()
    }

    pub(super) fn state(&self, number: usize) -> &SeriesState {
        &self.series[number]
    }

    /// The numbers of those that changed since this was last asked.
    pub(super) fn take_changed(&mut self) -> Vec<usize> {
        for number in &self.changed {
            self.series[*number].changed = false;
        }
        std::mem::take(&mut self.changed)
    }

    pub(super) fn touch(&mut self, number: usize) -> &mut SeriesState {
        let state = &mut self.series[number];
        state.first_due = None;
        if !std::mem::replace(&mut state.changed, true) {
            self.changed.push(number);
        }
        state
    }

    /// An agent is there, or away.
    pub(super) fn set_presence(&mut self, agent: usize, is_there: bool) {
        match is_there {
            true => self.there.insert(agent),
            false => self.there.remove(&agent),
        };
    }

    /// Whether the agent of a series is there.
    pub(super) fn is_there(&self, number: usize) -> bool {
        self.there.contains(&self.agents[number])
    }

    /// Adds a series as it is; gives its number.
    pub(super) fn add(&mut self, agent: usize, state: SeriesState) -> usize {
        let number = self.series.len();
        self.number(agent, &state.series.channel, number);
        self.agents.push(agent);
        self.series.push(state);
        self.touch(number);
        number
    }

    /// The number of an agent's series, with its trackers; the silence of a new one counts from `received`.
    pub(super) fn open(
        &mut self,
        (agent, name): (usize, &AgentName),
        channel: &Channel,
        received: Timestamp,
        context: &mut Context<'_>,
    ) -> usize {
        let number = self.find(agent, channel).unwrap_or_else(|| {
            let state = SeriesState::new(Series {
                agent: name.clone(),
                channel: channel.clone(),
            });
            self.add(agent, state)
        });
        if !self.series[number].watched {
            self.touch(number).watched = true;
            self.join(number, received, context);
            self.equip(number, received, context);
            self.arm(number, context);
        }
        number
    }

    /// Another thing is expected of it from here on.
    pub(super) fn change_expectation(
        &mut self,
        number: usize,
        said: Timestamp,
        expected: Expected,
        context: &mut Context<'_>,
    ) {
        let state = self.touch(number);
        let has_readings = state.newest.is_some();
        state.expectation.change(said, Some(expected), has_readings);
        self.show_otherwise(number);
        self.arm(number, context);
    }

    /// Gives a series a tracker for each rule that selects it and has none there; its silence counts from `received`.
    fn equip(&mut self, number: usize, received: Timestamp, context: &mut Context<'_>) {
        for (index, rule) in context.book.rules().iter().enumerate() {
            let state = &self.series[number];
            let there = state.machines.iter().any(|machine| machine.rule == index);
            if there || !context.book.watches(rule, &state.series) {
                continue;
            }
            let mut tracker = ConditionTracker::new(rule);
            if rule.looks_elsewhere() {
                tracker.learn(rule.elsewhere(&self.around.view_of(number, &state.series, received)));
            }
            if rule.when.watches_silence() {
                tracker.expect_from(state.behind.own_time(received));
            }
            let alarm = context
                .register
                .find(&rule.id, &Subject::Series(state.series.clone()));
            if let Some(id) = alarm.filter(|_| rule.when.may_latch()) {
                context.register.watch_again(id);
            }
            let state = self.touch(number);
            state.part();
            state.machines.push(Machine {
                rule: index,
                tracker,
                alarm,
                learned: 0,
                episodes: Episodes::default(),
            });
        }
        self.register(number, context);
    }

    /// The alarm of a tracker stands, and is not latched: a tracker that knows nothing of that, as a new one or one whose alarm only the latch held, takes
    /// it up, so that a reading ends it. One that late readings raised is in their run's hands.
    pub(super) fn take_up(&mut self, slot: Slot) {
        let state = &self.series[slot.series];
        let run = state.late.as_ref();
        let late = run.and_then(|run| run.trackers.get(slot.tracker));
        let is_known = |tracker: &ConditionTracker| tracker.is_active();
        if !is_known(&state.machines[slot.tracker].tracker) && !late.is_some_and(is_known) {
            self.touch(slot.series).machines[slot.tracker].tracker.take_up();
        }
    }

    /// Evaluates a reading. Gives what it would have raised if it had not been late.
    pub(super) fn read(
        &mut self,
        number: usize,
        reading: &StoredReading,
        context: &mut Context<'_>,
    ) -> Missed {
        if let Some(newest) = self.series[number].newest.filter(|newest| reading.at <= *newest) {
            let around = self.around_each(number, newest, context);
            return late::read(self.touch(number), around, reading, context);
        }
        late::end(self.touch(number), context);
        let moved = self.around.foresee(number, reading.at, reading.outcome);
        let lookers = moved.map_or_else(Vec::new, |moved| self.lookers_at(number, &moved));
        for slot in &lookers {
            self.refresh(*slot, reading.at, context);
        }
        if context.register.has_chatter() {
            self.note_standing(number, reading.at, context);
        }
        self.series[number].note(reading.at, reading.outcome);
        self.learn(number, reading.at, context);
        if moved.is_some() {
            self.show(number);
        }
        let first_due = self.judge(number, reading, &lookers, context);
        let state = &mut self.series[number];
        state.first_due = first_due;
        let due = state.behind.wall_time(first_due);
        context.timers.schedule(number, due, &mut state.scheduled);
        for slot in lookers {
            self.look(slot, reading.at, context);
        }
        Missed::default()
    }

    /// Each tracker of a series takes a reading. `lookers`: whose rules see it from elsewhere, in order; theirs may be among them. Gives the first instant that one
    /// of them waits for now.
    fn judge(
        &mut self,
        number: usize,
        reading: &StoredReading,
        lookers: &[Slot],
        context: &mut Context<'_>,
    ) -> Option<Timestamp> {
        let is_good = reading.outcome.is_ok();
        let lent = is_good && self.series[number].lend(reading.at, context.book);
        let mut first_due: Option<Timestamp> = None;
        for tracker in 0..self.series[number].machines.len() {
            let slot = Slot {
                series: number,
                tracker,
            };
            // Whoever looks at its own series too is judged by this reading, and not by the one before.
            let around = match lookers.binary_search(&slot) {
                Ok(_) => self.elsewhere(slot, reading.at, context),
                Err(_) => None,
            };
            let state = &mut self.series[number];
            if lent {
                state.have_back(tracker);
            }
            let machine = &mut state.machines[tracker];
            let rule = context.book.rule(machine.rule);
            let silence = Silence::of(rule, &state.expectation);
            // What its agent kept while it could not be heard may come behind what is live: the hole between was not silence.
            let floor = state.behind.own_time(state.expected);
            self.before = Before {
                alone_since: machine.tracker.alone_since(rule),
                silent_since: (rule.when.watches_silence())
                    .then(|| machine.tracker.silent_from(floor))
                    .flatten(),
            };
            machine.tracker.reading_since(
                rule,
                (judged(rule, silence, context), floor),
                (reading.at, reading.outcome),
                around,
                &mut self.decided,
            );
            first_due = earlier(first_due, machine.tracker.deadline(silence));
            if !self.decided.is_empty() {
                self.settle(slot, context);
            } else if machine.alarm.is_some() {
                self.note_input(slot, context);
            }
            self.before = Before::default();
        }
        if is_good {
            self.series[number].remember_together(lent);
        }
        first_due
    }

    /// The number of the agent whose presence decides for a series.
    pub(super) fn agent_of(&self, number: usize) -> usize {
        self.agents[number]
    }

    /// Turns what a tracker decided into alarms.
    pub(super) fn settle(&mut self, slot: Slot, context: &mut Context<'_>) {
        if self.decided.is_empty() {
            return;
        }
        let mut decided = std::mem::take(&mut self.decided);
        for change in decided.drain(..) {
            match change {
                Change::Raised(at) => self.raise(slot, at, context),
                Change::Returned(at) => self.returned(slot, at, context),
                Change::Known(_) | Change::Unknown(_) => {}
            }
        }
        self.decided = decided;
        self.touch(slot.series);
        self.note_input(slot, context);
    }

    fn raise(&mut self, slot: Slot, at: Timestamp, context: &mut Context<'_>) {
        let before = std::mem::take(&mut self.before);
        let state = self.touch(slot.series);
        let machine = &state.machines[slot.tracker];
        let rule = context.book.rule(machine.rule);
        let is_silence = rule.when.watches_silence();
        // A reading that ends a silence may be the first to tell of it.
        let silent_since = before.silent_since.or_else(|| machine.tracker.silent_since());
        let since = silent_since.filter(|_| is_silence).unwrap_or(at);
        let (value, fault) = (state.value, state.fault());
        let flips = machine.tracker.flips_at(at);
        let began = match flips.map(|(since, _)| since).filter(|_| !is_silence) {
            None if is_silence => since,
            None => before.alone_since.unwrap_or(at - rule.on_delay),
            Some(flips_since) => flips_since,
        };
        let onset = Onset {
            at,
            heard: context.now,
            began: Some(began),
            words: state.words.clone(),
            flips,
            value,
            fault,
            input: state.input(slot.tracker, context.now),
            room: context.book.room_of(&state.series).cloned(),
            origin: rule.when.origin(&Beginning {
                at,
                value,
                fault,
                since,
                memory: machine.tracker.memory(),
                elsewhere: machine.tracker.elsewhere().from(rule.guards().count()),
            }),
        };
        let subject = Subject::Series(state.series.clone());
        let id = match context.book.drill_priority(&state.series) {
            Some(priority) => {
                let told = Rule {
                    priority,
                    ..rule.clone()
                };
                context.register.raise(&told, &subject, onset)
            }
            None => context.register.raise(rule, &subject, onset),
        };
        state.machines[slot.tracker].alarm = Some(id);
    }

    /// The alarm of a tracker shows its newest value, and whether its input can be trusted.
    pub(super) fn note_input(&self, slot: Slot, context: &mut Context<'_>) {
        let state = &self.series[slot.series];
        if let Some(id) = state.machines[slot.tracker].alarm {
            let input = state.input(slot.tracker, context.now);
            context.register.calm(id, state.newest.unwrap_or(Timestamp::MIN));
            let machine = &state.machines[slot.tracker];
            let rule = context.book.rule(machine.rule);
            // One that a late reading raised stands without its tracker, which knows nothing of it.
            let tracker = Some(&machine.tracker).filter(|tracker| tracker.is_active());
            context.register.see(
                id,
                InputNow {
                    value: state.value,
                    fault: state.fault(),
                    input,
                    ending: tracker.map(|tracker| tracker.ending_since(rule)),
                },
            );
        }
    }

    /// An agent came or went: its alarms' inputs are looked at. What came last stays known as long as it may be silent, and no longer.
    pub(super) fn look_at_inputs(&mut self, agent: usize, context: &mut Context<'_>) {
        for number in self.of_agent(agent) {
            for tracker in 0..self.series[number].machines.len() {
                let slot = Slot {
                    series: number,
                    tracker,
                };
                self.note_input(slot, context);
            }
        }
    }

    /// What chattered and stood until a reading at `at` is told before it is judged.
    fn note_standing(&self, number: usize, at: Timestamp, context: &mut Context<'_>) {
        let state = &self.series[number];
        for machine in &state.machines {
            if let Some((id, since)) = machine.alarm.zip(state.stands_since(machine)) {
                context.register.stands(id, since, at);
            }
        }
    }

    /// Whether a value of a sensor is known at an instant.
    pub(super) fn is_known(&self, agent: usize, sensor: &Identifier, now: Timestamp) -> bool {
        self.of_agent(agent).into_iter().any(|number| {
            let state = &self.series[number];
            let now = state.behind.own_time(now);
            state.watched
                && state.series.sensor() == sensor
                && state.known_until().is_some_and(|until| now <= until)
        })
    }

    /// Nothing is expected of a sensor any more, though it is read.
    pub(super) fn expect_no_more(&mut self, agent: usize, sensor: &Identifier, received: Timestamp) {
        for number in self.of_agent(agent) {
            if self.series[number].series.sensor() == sensor {
                let state = self.touch(number);
                let has_readings = state.newest.is_some();
                state.expectation.change(received, None, has_readings);
                self.show_otherwise(number);
            }
        }
    }

    /// A sensor is gone on purpose: its alarms end, and its silence is no news. A reading brings it back.
    pub(super) fn retire(
        &mut self,
        agent: usize,
        sensor: &Identifier,
        (received, by): (Timestamp, &Actor),
        context: &mut Context<'_>,
    ) {
        for number in self.of_agent(agent) {
            if self.series[number].series.sensor() != sensor {
                continue;
            }
            let state = self.touch(number);
            state.watched = false;
            state.part();
            state.late = None;
            let has_readings = state.newest.is_some();
            state.expectation.change(received, None, has_readings);
            let machines = std::mem::take(&mut state.machines);
            for id in machines.into_iter().filter_map(|machine| machine.alarm) {
                context.register.remove(id, received, Cause::Removed, by);
            }
            self.leave(number, received, context);
        }
    }

    /// Every series has a tracker for each rule that selects it, and every timer is set.
    pub(super) fn equip_all(&mut self, received: Timestamp, context: &mut Context<'_>) {
        context.timers.forget_series();
        for state in &mut self.series {
            state.scheduled = None;
        }
        for number in 0..self.series.len() {
            if self.series[number].watched {
                self.equip(number, received, context);
                self.arm(number, context);
            }
        }
        self.look_again(received, context);
    }
}
