//! The engine's state as it is stored, so that a restart neither resets a delay nor tells anything twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenum_protocol::{Channel, Duration, Fault, Identifier, Timestamp};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::presence::Agent;
use super::register::Register;
use super::series::{LateRun, Machine, SeriesState};
use crate::alarms::compact;
use crate::alarms::condition::ConditionTracker;
use crate::alarms::{Alarm, Subject};
use crate::site::Site;
use plenum_protocol::AgentName;

/// All of the engine but the site, which is stored as its revision.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The revision in force.
    pub revision: u64,
    last_alarm: u64,
    alarms: Vec<Alarm>,
    agents: Vec<AgentSnapshot>,
    quiet_at: BTreeMap<u64, Timestamp>,
    received: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AgentSnapshot {
    site: Identifier,
    agent: Identifier,
    online: bool,
    #[serde(with = "compact::milliseconds")]
    since: Option<Timestamp>,
    clock_synchronised: bool,
    #[serde(with = "compact::milliseconds")]
    clock_due: Option<Timestamp>,
    late: u64,
    intervals: Vec<(Identifier, Duration)>,
    /// Rule, active, due.
    watches: Vec<(Identifier, bool, Option<i64>)>,
    series: Vec<SeriesSnapshot>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SeriesSnapshot {
    channel: Channel,
    #[serde(with = "compact::milliseconds")]
    newest: Option<Timestamp>,
    value: Option<f64>,
    fault: Option<Fault>,
    interval: Option<i64>,
    told: bool,
    watched: bool,
    machines: Vec<MachineSnapshot>,
    late: Option<Box<LateRun>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    turns: Vec<i64>,
}

/// Rule, tracker, and from when to when its alarm was active the last few times.
type MachineSnapshot = (Identifier, ConditionTracker, Vec<(i64, i64)>);

impl Engine {
    /// All that must survive.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            revision: self.revision,
            last_alarm: self.register.next,
            alarms: self.register.alarms.values().cloned().collect(),
            agents: self
                .agents
                .iter()
                .map(|agent| self.agent_snapshot(agent))
                .collect(),
            quiet_at: self.quiet_at.clone(),
            received: self.received.milliseconds(),
        }
    }

    fn agent_snapshot(&self, agent: &Agent) -> AgentSnapshot {
        let mut indices: Vec<usize> = agent.channels.values().copied().collect();
        indices.sort_unstable();
        AgentSnapshot {
            site: agent.name.site.clone(),
            agent: agent.name.agent.clone(),
            online: agent.online,
            since: Some(agent.since).filter(|since| *since != Timestamp::MIN),
            clock_synchronised: agent.clock_synchronised,
            clock_due: agent.clock_due,
            late: agent.late,
            intervals: agent
                .intervals
                .iter()
                .map(|(sensor, interval)| (sensor.clone(), *interval))
                .collect(),
            watches: agent
                .watches
                .iter()
                .map(|watch| {
                    let due = watch.due.map(Timestamp::milliseconds);
                    (self.rules[watch.rule].id.clone(), watch.active, due)
                })
                .collect(),
            series: indices
                .into_iter()
                .map(|index| self.series_snapshot(index))
                .collect(),
        }
    }

    fn series_snapshot(&self, index: usize) -> SeriesSnapshot {
        let state = &self.series[index];
        SeriesSnapshot {
            channel: state.series.channel.clone(),
            newest: state.newest,
            value: state.value,
            fault: state.outcome.and_then(Result::err),
            interval: state.interval.map(Duration::milliseconds),
            told: state.interval_is_told,
            watched: state.watched,
            machines: state
                .machines
                .iter()
                .map(|machine| {
                    let milliseconds =
                        |(from, to): &(Timestamp, Timestamp)| (from.milliseconds(), to.milliseconds());
                    let episodes = machine.episodes.iter().map(milliseconds).collect();
                    (
                        self.rules[machine.rule].id.clone(),
                        machine.tracker.clone(),
                        episodes,
                    )
                })
                .collect(),
            late: state.late.clone(),
            turns: state.turns.iter().map(|turn| turn.milliseconds()).collect(),
        }
    }

    /// The engine as it was, with the site of the revision that was in force.
    pub fn restore(snapshot: Snapshot, site: Arc<Site>) -> Self {
        let mut engine = Self::new(site);
        engine.revision = snapshot.revision;
        engine.register = Register::restore(snapshot.alarms, snapshot.last_alarm);
        engine.quiet_at = snapshot.quiet_at;
        engine.received = Timestamp::from_milliseconds(snapshot.received);
        for agent in snapshot.agents {
            engine.restore_agent(agent);
        }
        for index in 0..engine.series.len() {
            engine.note_guard(index);
        }
        engine
    }

    fn restore_agent(&mut self, stored: AgentSnapshot) {
        let name = AgentName {
            site: stored.site,
            agent: stored.agent,
        };
        let index = self.agent(&name);
        let rules = self.rules.clone();
        let agent = &mut self.agents[index];
        agent.online = stored.online;
        agent.since = stored.since.unwrap_or(Timestamp::MIN);
        agent.clock_synchronised = stored.clock_synchronised;
        agent.clock_due = stored.clock_due;
        agent.late = stored.late;
        agent.intervals = stored.intervals.into_iter().collect();
        for (rule, active, due) in stored.watches {
            if let Some(watch) = agent
                .watches
                .iter_mut()
                .find(|watch| rules[watch.rule].id == rule)
            {
                watch.active = active;
                watch.due = due.map(Timestamp::from_milliseconds);
            }
        }
        for series in stored.series {
            self.restore_series(index, series);
        }
    }

    fn restore_series(&mut self, agent: usize, stored: SeriesSnapshot) {
        let name = &self.agents[agent].name;
        let series = plenum_protocol::Series {
            agent: name.clone(),
            channel: stored.channel.clone(),
        };
        let subject = Subject::Series(series.clone());
        let mut state = SeriesState::new(series, agent);
        state.newest = stored.newest;
        state.value = stored.value;
        state.outcome = match (stored.newest, stored.fault, stored.value) {
            (None, _, _) => None,
            (_, Some(fault), _) => Some(Err(fault)),
            (_, None, value) => value.map(Ok),
        };
        state.interval = stored.interval.map(Duration::from_milliseconds);
        state.interval_is_told = stored.told;
        state.watched = stored.watched;
        state.late = stored.late;
        state.turns = stored
            .turns
            .into_iter()
            .map(Timestamp::from_milliseconds)
            .collect();
        let index = self.series.len();
        let instant = Timestamp::from_milliseconds;
        for (rule, tracker, episodes) in stored.machines {
            if let Some(place) = self.rules.iter().position(|own| own.id == rule) {
                let mut machine = Machine {
                    rule: place,
                    tracker,
                    alarm: self.register.find(&rule, &subject),
                    scheduled: None,
                    episodes: episodes
                        .into_iter()
                        .map(|(from, to)| (instant(from), instant(to)))
                        .collect(),
                };
                let limit = super::series::stale_after(&self.rules[place], state.silence_limit());
                let due = machine.tracker.deadline(Some(limit));
                self.timers
                    .schedule((index, state.machines.len()), due, &mut machine.scheduled);
                state.machines.push(machine);
            }
        }
        self.series.push(state);
        self.agents[agent].channels.insert(stored.channel, index);
    }
}
