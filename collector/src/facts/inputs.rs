//! What is known of each series now. A value counts as known while its agent is there, it is not too old, and the engine trusts it.

use std::collections::{BTreeMap, BTreeSet};

use plenum_core::alarms::{self, Alarm, Origin, Subject};
use plenum_core::expectation::Silence;
use plenum_core::text::message::Measured;
use plenum_protocol::{AgentName, Duration, Series, Timestamp};

use crate::history::{History, Latest};
use crate::intake::Agents;

/// How far back the last good reading of a series that now reports faults is looked for.
const BACK: Duration = Duration::from_hours(24);
/// In windows of this length.
const WINDOW: Duration = Duration::from_minutes(1);
/// More readings than a window has.
const READINGS: usize = 10_000;

/// A series with what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) series: Series,
    pub(super) measured: Measured,
}

/// What decides whether a series is known.
pub(super) struct Inputs<'a> {
    history: &'a History,
    online: BTreeMap<AgentName, bool>,
    /// Series whose silence or fault has an alarm, with the last instant at which something was known where the alarm says it.
    distrusted: BTreeMap<Series, Option<Timestamp>>,
    /// Agents that an alarm says are away.
    away: BTreeSet<AgentName>,
    now: Timestamp,
}

impl<'a> Inputs<'a> {
    /// As things stand at `now`. `standing`: the alarms that are not normal.
    pub(super) fn new(history: &'a History, agents: &Agents, standing: &[Alarm], now: Timestamp) -> Self {
        let mut distrusted = BTreeMap::new();
        let mut away = BTreeSet::new();
        for alarm in standing {
            let active = alarm.state.is_active();
            match (&alarm.subject, &alarm.origin) {
                (Subject::Series(series), Some(Origin::Silent { since, .. })) if active => {
                    distrusted.insert(series.clone(), Some(*since));
                }
                (Subject::Series(series), _) if alarm.input == alarms::Input::Unknown => {
                    distrusted.entry(series.clone()).or_insert(None);
                }
                (Subject::Agent(name), Some(Origin::Away { .. })) if active => {
                    away.insert(name.clone());
                }
                _ => {}
            }
        }
        let online = agents.list().into_iter().map(|(name, info)| (name, info.online));
        Self {
            history,
            online: online.collect(),
            distrusted,
            away,
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

    /// Every series that ever had a reading.
    pub(super) fn all(&self) -> Vec<Input> {
        let inputs = self.history.latest().into_iter().map(|latest| Input {
            measured: self.judge(&latest),
            series: latest.series,
        });
        inputs.collect()
    }

    /// One of them; of one that reports faults now also what it last said.
    pub(super) async fn with_last_good(&self, series: &Series) -> Measured {
        let latest = self.history.latest_of(series);
        let Some((at, outcome)) = latest else {
            return Measured::Unknown {
                since: None,
                last: None,
                fault: None,
            };
        };
        let latest = Latest {
            series: series.clone(),
            at,
            outcome,
            expectation: self.history.info(series).expectation,
        };
        match self.judge(&latest) {
            Measured::Unknown {
                since,
                last: None,
                fault,
            } => {
                let good = self.last_good(series).await;
                Measured::Unknown {
                    since: good.map(|(at, _)| at).or(since),
                    last: good.map(|(_, value)| value),
                    fault,
                }
            }
            other => other,
        }
    }

    fn judge(&self, latest: &Latest) -> Measured {
        let Latest {
            series, at, outcome, ..
        } = latest;
        let distrusted = self.distrusted.get(series);
        let heard = Silence::Expected(&latest.expectation).is_known(*at, self.now);
        match *outcome {
            Ok(value) if distrusted.is_none() && heard && self.is_online(&series.agent) != Some(false) => {
                Measured::Known { value, at: *at }
            }
            Ok(value) => Measured::Unknown {
                since: Some(*at),
                last: Some(value),
                fault: None,
            },
            Err(fault) => Measured::Unknown {
                since: distrusted.copied().flatten(),
                last: None,
                fault: Some(fault),
            },
        }
    }

    async fn last_good(&self, series: &Series) -> Option<(Timestamp, f64)> {
        let after = self.now + Duration::from_milliseconds(1);
        let windows = self
            .history
            .windows(series.clone(), self.now - BACK, after, WINDOW);
        let newest = windows.await.ok()?.last()?.start;
        let readings = self
            .history
            .readings(series.clone(), newest, newest + WINDOW, READINGS);
        readings.await.ok()?.points.last().copied()
    }
}
