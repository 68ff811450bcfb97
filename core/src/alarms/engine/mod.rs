//! The alarm engine's pure core: journal entries in, effects out. It reads no clock, takes no lock and does no I/O; `now` is an
//! argument, and `next_wakeup` says when it wants to be called if nothing comes.
//!
//! `condition` decides when a rule's condition is in force, `life` what that does to an alarm, `presence` which agents are there,
//! `register` holds the alarms, `timers` the deadlines. Each series is judged by its own readings in the order of their instants, so
//! batches may be cut and mixed in any way: the same readings give the same events. Only guards and presence look across series.

mod configure;
mod late;
mod readings;

mod monitor;
mod presence;
mod register;
mod series;
mod snapshot;
mod timers;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plenum_protocol::{Duration, Timestamp};

pub use crate::alarms::condition::{Change, ConditionTracker};
pub use register::Effect;
pub use snapshot::Snapshot;

use crate::alarms::life::Trigger;
use crate::alarms::{Alarm, Input, Subject};
use crate::fact::{Entry, Item};
use crate::site::{Condition, Rule, Site};
use plenum_protocol::AgentName;
use presence::{Agent, Gate};
use register::{Onset, Register};
use series::{SeriesState, stale_after};
use timers::{Slot, Timers};

/// How long the wall clock must have passed a deadline before it fires without a reading: what was measured by then is under way.
const GRACE: Duration = Duration::from_seconds(1);
/// How soon a deadline that was held back is looked at again.
const RETRY: Duration = Duration::from_seconds(1);

/// All alarms of a collector, folded over its journal.
#[derive(Debug)]
pub struct Engine {
    site: Arc<Site>,
    revision: u64,
    /// Revisions that were handed in and are not yet in force.
    prepared: BTreeMap<u64, Arc<Site>>,
    rules: Arc<[Rule]>,
    register: Register,
    agents: Vec<Agent>,
    agent_index: HashMap<AgentName, usize>,
    series: Vec<SeriesState>,
    /// Series whose quantity guards a rule.
    guards: Vec<usize>,
    timers: Timers,
    /// The journal's end was reached once in this run.
    live: bool,
    /// The newest entry's instant of receipt.
    received: Timestamp,
    /// System alarms that end when nothing happened until then.
    quiet_at: BTreeMap<u64, Timestamp>,
    /// What a tracker just decided; kept so that a reading costs no allocation.
    changes: Vec<Change>,
}

impl Engine {
    /// An engine that has seen nothing, with revision 0: an empty site that only the built-in rules protect.
    pub fn new(site: Arc<Site>) -> Self {
        Self {
            rules: crate::site::effective_rules(&site).into(),
            site,
            revision: 0,
            prepared: BTreeMap::new(),
            register: Register::default(),
            agents: Vec::new(),
            agent_index: HashMap::new(),
            series: Vec::new(),
            guards: Vec::new(),
            timers: Timers::default(),
            live: false,
            received: Timestamp::MIN,
            quiet_at: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    /// Hands in a revision's site; it takes effect when the journal says so.
    pub fn prepare(&mut self, revision: u64, site: Arc<Site>) {
        self.prepared.insert(revision, site);
    }

    /// The revision in force; 0 before the first.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The site in force.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// The alarms as they stand, normal ones among them.
    pub fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.register.alarms.values()
    }

    /// The alarm with this number.
    pub fn alarm(&self, id: u64) -> Option<&Alarm> {
        self.register.alarms.get(&id)
    }

    /// Takes the next journal entry.
    pub fn apply(&mut self, entry: &Entry) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.received = self.received.max(entry.received);
        for item in &entry.items {
            match item {
                Item::Batch(batch) => self.batch(batch, entry.received, &mut effects),
                Item::Gap(gap) => self.gap(gap, &mut effects),
                Item::Presence(presence) => self.presence(presence, entry.received, &mut effects),
                Item::Action(action) => {
                    let condition = self.condition_of(action.alarm);
                    self.register.act(action, condition, &mut effects);
                }
                Item::Revision(number) => self.revise(*number, entry.received, &mut effects),
                Item::System(condition) => self.system(condition, &mut effects),
                Item::Unknown { .. } => {}
            }
        }
        self.refresh_values();
        effects
    }

    /// The journal's end was reached at `now`: from here on the wall clock counts too, and silence counts from here.
    pub fn reached_end(&mut self, now: Timestamp) {
        if self.live {
            return;
        }
        self.live = true;
        for agent in 0..self.agents.len() {
            self.agents[agent].unsettle(now);
            if !self.agents[agent].heard {
                self.await_agent(agent, now);
            }
        }
        for series in 0..self.series.len() {
            self.expect(series, now);
        }
    }

    /// The wall clock is at `now`: what is due by then happens.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !self.live {
            return effects;
        }
        for agent in 0..self.agents.len() {
            self.watch_agent(agent, now, &mut effects);
            self.watch_clock(agent, now, &mut effects);
        }
        self.end_quiet(now, &mut effects);
        let due_by = now - GRACE;
        while let Some((_, slot)) = self.timers.pop(due_by) {
            self.fire(slot, now, due_by, &mut effects);
        }
        effects
    }

    /// When to call `advance` next if no entry comes.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        if !self.live {
            return None;
        }
        let agents = self
            .agents
            .iter()
            .flat_map(|agent| &agent.watches)
            .filter(|watch| !watch.active)
            .filter_map(|watch| watch.due)
            .min();
        let timer = self.timers.next().map(|due| due + GRACE);
        let quiet = self.quiet_at.values().min().copied();
        let clock = self.agents.iter().filter_map(|agent| agent.clock_due).min();
        [agents, clock, timer, quiet].into_iter().flatten().min()
    }

    /// A tracker whose entry's turn has come.
    fn fire(&mut self, slot: Slot, now: Timestamp, due_by: Timestamp, effects: &mut Vec<Effect>) {
        let (index, place) = slot;
        let Some(state) = self.series.get_mut(index) else {
            return;
        };
        let silence_limit = state.silence_limit();
        let Some(machine) = state.machines.get_mut(place) else {
            return;
        };
        machine.scheduled = None;
        let rule = &self.rules[machine.rule];
        let limit = stale_after(rule, silence_limit);
        let Some(due) = machine.tracker.deadline(Some(limit)) else {
            return;
        };
        if due > due_by {
            self.timers.schedule(slot, Some(due), &mut machine.scheduled);
            return;
        }
        match self.agents[state.agent].gate(now) {
            Gate::Wait => {
                self.timers
                    .schedule(slot, Some(now + RETRY - GRACE), &mut machine.scheduled);
                return;
            }
            Gate::Pass => machine.tracker.pass(rule, Some(limit), due_by, &mut self.changes),
            // What is left waits for the agent: it is scheduled again when it is back.
            Gate::Away => machine.tracker.pass_without_source(due_by, &mut self.changes),
        }
        let left = machine.tracker.deadline(Some(limit)).filter(|due| *due > due_by);
        self.timers.schedule(slot, left, &mut machine.scheduled);
        self.settle(slot, effects);
    }

    /// Turns what a tracker decided into effects.
    fn settle(&mut self, slot: Slot, effects: &mut Vec<Effect>) {
        if self.changes.is_empty() {
            return;
        }
        let (index, place) = slot;
        let mut changes = std::mem::take(&mut self.changes);
        for change in changes.drain(..) {
            match change {
                Change::Raised(at) => self.raise(slot, at, effects),
                Change::Returned(at) => {
                    let machine = &mut self.series[index].machines[place];
                    if let Some(id) = machine.alarm {
                        if let Some(alarm) = self.register.alarms.get(&id) {
                            machine.note_episode(alarm.raised_at, at);
                        }
                        self.register.end(id, Trigger::Returned, at, "", effects);
                    }
                }
                Change::Known(_) | Change::Unknown(_) => {}
            }
        }
        self.changes = changes;
        self.note_input(slot, effects);
    }

    fn raise(&mut self, slot: Slot, at: Timestamp, effects: &mut Vec<Effect>) {
        let (index, place) = slot;
        let state = &self.series[index];
        let machine = &state.machines[place];
        let rule = &self.rules[machine.rule];
        let fault = state.outcome.and_then(Result::err);
        let since = match rule.when {
            Condition::Stale { .. } => at - stale_after(rule, state.silence_limit()),
            _ => at,
        };
        let onset = Onset {
            at,
            value: state.value,
            fault,
            input: self.input_of(slot),
            room: self.room_of(index),
            message: crate::text::sentence::of_series(
                &self.site,
                rule,
                &state.series,
                state.value,
                fault,
                since,
            ),
        };
        let subject = Subject::Series(state.series.clone());
        let id = self.register.raise(rule, &subject, onset, effects);
        self.series[index].machines[place].alarm = Some(id);
    }

    fn input_of(&self, (index, place): Slot) -> Input {
        let state = &self.series[index];
        if self.agents[state.agent].online && state.machines[place].tracker.is_known() {
            Input::Known
        } else {
            Input::Unknown
        }
    }

    fn note_input(&mut self, slot: Slot, effects: &mut Vec<Effect>) {
        let state = &self.series[slot.0];
        if let Some(id) = state.machines[slot.1].alarm {
            let input = self.input_of(slot);
            let fault = state.outcome.and_then(Result::err);
            self.register.input(id, input, fault, effects);
        }
    }

    /// Whether an alarm's condition holds now; what is not about a series holds as long as its state says.
    fn condition_of(&self, id: u64) -> bool {
        self.series
            .iter()
            .flat_map(|state| &state.machines)
            .find(|machine| machine.alarm == Some(id))
            .is_some_and(|machine| machine.tracker.is_active())
    }

    /// Alarms that are not normal show the newest value of their series.
    fn refresh_values(&mut self) {
        for alarm in self.register.alarms.values_mut() {
            if alarm.state == crate::alarms::State::Normal {
                continue;
            }
            let Subject::Series(series) = &alarm.subject else {
                continue;
            };
            let name = series.agent.clone();
            if let Some(agent) = self.agent_index.get(&name)
                && let Some(index) = self.agents[*agent].channels.get(&series.channel)
            {
                alarm.value = self.series[*index].value;
            }
        }
    }
}

#[cfg(test)]
mod tests;
