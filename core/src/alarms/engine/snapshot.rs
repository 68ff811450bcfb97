//! The engine's state as it is stored, so that a restart neither resets a delay nor tells anything twice: a head, and a row an alarm,
//! an agent and a series.

use std::collections::BTreeMap;

use plenum_protocol::{AgentName, Duration, Fault, Identifier, Series, Timestamp};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::late::LateRun;
use super::presence::Agent;
use super::rulebook::Rulebook;
use super::series::{Machine, SeriesState, Turn};
use super::unheard::Unheard;
use crate::alarms::tracker::ConditionTracker;
use crate::alarms::{Alarm, compact};
use crate::expectation::{Behind, Expectation};
use crate::site::Rule;
use crate::work::Work;

/// The engine but for the site, which is stored as its revision: all of it, or what changed since the last time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// What is about the engine as a whole.
    pub head: Head,
    /// All alarms by number; none where only changes are asked for: those are in the effects.
    pub alarms: Vec<Alarm>,
    /// All that were ever heard of, or those that changed.
    pub agents: Vec<AgentRow>,
    /// All that were ever measured, or those that changed.
    pub series: Vec<SeriesRow>,
    /// The work that is planned or goes on; none where only changes are asked for: those are in the effects.
    #[serde(default)]
    pub works: Vec<Work>,
}

impl Engine {
    /// All that must survive.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            head: self.head(),
            alarms: self.register.all().cloned().collect(),
            works: self.works().cloned().collect(),
            agents: (0..self.fleet.count())
                .map(|number| AgentRow::of(self.fleet.agent(number), &self.book))
                .collect(),
            series: (0..self.table.count())
                .map(|number| SeriesRow::of(self.table.state(number), &self.book))
                .collect(),
        }
    }

    /// What changed since this was last asked, of all that must survive. Alarms that changed are in the effects.
    pub fn take_changes(&mut self) -> Snapshot {
        Snapshot {
            head: self.head(),
            alarms: Vec::new(),
            works: Vec::new(),
            agents: self
                .fleet
                .take_changed()
                .into_iter()
                .map(|number| AgentRow::of(self.fleet.agent(number), &self.book))
                .collect(),
            series: self
                .table
                .take_changed()
                .into_iter()
                .map(|number| SeriesRow::of(self.table.state(number), &self.book))
                .collect(),
        }
    }

    fn head(&self) -> Head {
        Head {
            revision: self.book.revision(),
            last_alarm: self.register.last(),
            last_work: self.register.works.last(),
            refuses: self.fleet.refuses,
            quiet_at: self.monitor.quiet_at().clone(),
            unheard: Head::unheard_rows(&self.unheard),
            received: self.received.milliseconds(),
        }
    }
}

/// What is about the engine as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The revision in force.
    pub revision: u64,
    /// The highest number that was ever given to an alarm.
    pub last_alarm: u64,
    /// The highest number that was ever given to work.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub last_work: u64,
    /// What agents read routinely is not taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) refuses: bool,
    /// When alarms end that only have a beginning.
    pub(super) quiet_at: BTreeMap<u64, Timestamp>,
    /// The newest entry's instant of receipt, in milliseconds.
    pub(super) received: i64,
    /// Placed sensors of which nothing was ever received, and since when they are waited for, in milliseconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unheard: Vec<(AgentName, Identifier, i64)>,
}

impl Head {
    pub(super) fn unheard_rows(unheard: &Unheard) -> Vec<(AgentName, Identifier, i64)> {
        let row = |(agent, sensor, since): (&AgentName, &Identifier, Timestamp)| {
            (agent.clone(), sensor.clone(), since.milliseconds())
        };
        unheard.list().map(row).collect()
    }

    pub(super) fn unheard(&self) -> impl Iterator<Item = (AgentName, Identifier, Timestamp)> {
        self.unheard.iter().map(|(agent, sensor, since)| {
            (
                agent.clone(),
                sensor.clone(),
                Timestamp::from_milliseconds(*since),
            )
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// An agent with what watches it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgentRow {
    /// Whose row it is.
    pub agent: AgentName,
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
    /// The broker is lost since it was heard.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cut_off: bool,
}

/// A series with its trackers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SeriesRow {
    /// Which.
    pub series: Series,
    #[serde(with = "compact::milliseconds")]
    newest: Option<Timestamp>,
    value: Option<f64>,
    /// When that was; none by a program before 0.2, of which the newest is taken.
    #[serde(
        default,
        with = "compact::milliseconds",
        skip_serializing_if = "Option::is_none"
    )]
    good: Option<Timestamp>,
    fault: Option<Fault>,
    /// What a program before 0.2 wrote instead of `expectation`.
    #[serde(default, skip_serializing)]
    interval: Option<i64>,
    #[serde(default)]
    expectation: Expectation,
    watched: bool,
    machines: Vec<MachineRow>,
    late: Option<Box<LateRun>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    turns: Vec<i64>,
    /// What it was from each of them on; an earlier program did not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    turned_to: Vec<Option<bool>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// When the first fault came after the newest good value, or readings were lost.
    #[serde(
        default,
        with = "compact::milliseconds",
        skip_serializing_if = "Option::is_none"
    )]
    lost: Option<Timestamp>,
    /// How far its publisher's clock is behind.
    #[serde(default, skip_serializing_if = "Behind::is_nothing")]
    behind: Behind,
}

/// Rule, tracker, and from when to when its alarm was active the last few times.
type MachineRow = (Identifier, ConditionTracker, Vec<(i64, i64)>);

impl AgentRow {
    pub(super) fn of(agent: &Agent, book: &Rulebook) -> Self {
        Self {
            agent: agent.name.clone(),
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
                    (book.rule(watch.rule).id.clone(), watch.active, due)
                })
                .collect(),
            cut_off: agent.cut_off,
        }
    }

    /// Brings an agent back. Watches of rules that are gone stay gone.
    pub(super) fn restore(self, agent: &mut Agent, book: &Rulebook) {
        agent.online = self.online;
        agent.cut_off = self.cut_off;
        agent.since = self.since.unwrap_or(Timestamp::MIN);
        agent.clock_synchronised = self.clock_synchronised;
        agent.clock_due = self.clock_due;
        agent.late = self.late;
        agent.intervals = self.intervals.into_iter().collect();
        for (rule, active, due) in self.watches {
            let mut watches = agent.watches.iter_mut();
            if let Some(watch) = watches.find(|watch| book.rule(watch.rule).id == rule) {
                watch.active = active;
                watch.due = due.map(Timestamp::from_milliseconds);
            }
        }
    }
}

impl SeriesRow {
    /// How many rules watch it.
    pub fn trackers(&self) -> usize {
        self.machines.len()
    }

    pub(super) fn of(state: &SeriesState, book: &Rulebook) -> Self {
        let milliseconds = |(from, to): &(Timestamp, Timestamp)| (from.milliseconds(), to.milliseconds());
        let row = |machine: &Machine| {
            let episodes = machine.episodes.iter().map(milliseconds).collect();
            (
                book.rule(machine.rule).id.clone(),
                machine.tracker.clone(),
                episodes,
            )
        };
        Self {
            series: state.series.clone(),
            newest: state.newest,
            value: state.value,
            good: state.good,
            fault: state.fault(),
            interval: None,
            expectation: state.expectation.clone(),
            watched: state.watched,
            machines: state.machines.iter().map(row).collect(),
            late: state.late.clone(),
            words: state.words.clone(),
            turns: state.turns.iter().map(|turn| turn.at.milliseconds()).collect(),
            turned_to: state.turns.iter().map(|turn| turn.to).collect(),
            lost: state.lost,
            behind: state.behind,
        }
    }

    /// Brings a series back. Trackers of rules that are gone, or do not fit any more, stay gone; `alarm` finds a tracker's alarm.
    pub(super) fn restore(
        self,
        fits: impl Fn(&Rule) -> bool,
        book: &Rulebook,
        alarm: impl Fn(&Identifier) -> Option<u64>,
    ) -> SeriesState {
        let instant = Timestamp::from_milliseconds;
        let mut state = SeriesState::new(self.series);
        state.newest = self.newest;
        state.value = self.value;
        state.good = self.good.or(self.newest).filter(|_| self.value.is_some());
        state.words = self.words;
        state.outcome = match (self.newest, self.fault, self.value) {
            (None, _, _) => None,
            (_, Some(fault), _) => Some(Err(fault)),
            (_, None, value) => value.map(Ok),
        };
        state.expectation = self.expectation;
        if let Some(interval) = self.interval.filter(|interval| *interval > 0) {
            let interval = Duration::from_milliseconds(interval);
            state.expectation = Expectation::told(interval);
        }
        state.watched = self.watched;
        state.lost = self.lost;
        state.behind = self.behind;
        let turned_to = self.turned_to.into_iter().chain(std::iter::repeat(None));
        let turns = self.turns.into_iter().map(instant).zip(turned_to);
        state.turns = turns.map(|(at, to)| Turn { at, to }).collect();
        state.late = self.late;
        let late = state.late.as_mut();
        let late = late.map(|run| std::mem::take(&mut run.trackers));
        let mut late = late.into_iter().flatten();
        for (rule, tracker, episodes) in self.machines {
            let late = late.next();
            let index = book.rules().iter().position(|own| own.id == rule);
            let Some(index) = index.filter(|index| fits(book.rule(*index))) else {
                continue;
            };
            if let Some((run, late)) = state.late.as_mut().zip(late) {
                run.trackers.push(late);
            }
            state.machines.push(Machine {
                rule: index,
                tracker,
                alarm: alarm(&rule),
                learned: 0,
                episodes: episodes
                    .into_iter()
                    .map(|(from, to)| (instant(from), instant(to)))
                    .collect(),
            });
        }
        state
    }
}
