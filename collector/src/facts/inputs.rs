//! What is known of each series now: by what is expected of it, as everybody else has it.

use std::collections::{BTreeMap, BTreeSet};

use plenum_core::alarms::{Alarm, Origin, Subject};
use plenum_core::expectation::Knowledge;
use plenum_protocol::{AgentName, Series, Timestamp};

use crate::history::History;
use crate::intake::Agents;

/// A series with what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) series: Series,
    pub(super) known: Knowledge,
}

/// What is known, and who is there.
pub(super) struct Inputs<'a> {
    history: &'a History,
    online: BTreeMap<AgentName, bool>,
    /// Agents that an alarm says are away.
    away: BTreeSet<AgentName>,
    now: Timestamp,
}

impl<'a> Inputs<'a> {
    /// As things stand at `now`. `standing`: the alarms that are not normal.
    pub(super) fn new(history: &'a History, agents: &Agents, standing: &[Alarm], now: Timestamp) -> Self {
        let away = standing
            .iter()
            .filter(|alarm| alarm.state.is_active() && matches!(alarm.origin, Some(Origin::Away { .. })));
        let away = away.filter_map(|alarm| match &alarm.subject {
            Subject::Agent(name) => Some(name.clone()),
            Subject::Series(_) | Subject::System(_) => None,
        });
        let online = agents.list().into_iter().map(|(name, info)| (name, info.online));
        Self {
            history,
            online: online.collect(),
            away: away.collect(),
            now,
        }
    }

    /// Whether an agent is there; none where nobody can say.
    pub(super) fn is_online(&self, agent: &AgentName) -> Option<bool> {
        match self.away.contains(agent) {
            true => Some(false),
            false => self.online.get(agent).copied(),
        }
    }

    /// Every series that ever had a reading, or is expected.
    pub(super) fn all(&self) -> Vec<Input> {
        let latest = self.history.latest().into_iter();
        let mut all: BTreeMap<Series, Knowledge> = latest
            .map(|latest| (latest.series.clone(), latest.knowledge(self.now)))
            .collect();
        for info in self.history.expected() {
            if info.expectation.now().is_some() {
                all.entry(info.series).or_insert(Knowledge::NOTHING);
            }
        }
        let inputs = all.into_iter().map(|(series, known)| Input { series, known });
        inputs.collect()
    }

    /// One of them.
    pub(super) fn of(&self, series: &Series) -> Knowledge {
        self.history.knowledge(series, self.now)
    }
}
