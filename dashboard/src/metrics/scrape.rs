//! What one scrape looks at, each part asked once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plenum_collector::history;
use plenum_collector::intake::{AgentInfo, Counters};
use plenum_collector::journal;
use plenum_core::alarms::Alarm;
use plenum_core::site::Site;
use plenum_protocol::AgentName;
use plenum_protocol::{Outcome, Series, Timestamp};

use super::process::Process;
use crate::state::Dashboard;

/// Everything that is shown.
pub(super) struct Scrape<'a> {
    pub(super) dashboard: &'a Dashboard,
    pub(super) process: Process,
    pub(super) journal: journal::Statistics,
    pub(super) history: history::Statistics,
    /// The newest journal entry whose effect on the alarms is committed.
    pub(super) alarms_applied: u64,
    /// Alarms that are not normal.
    pub(super) alarms: Vec<Alarm>,
    pub(super) agents: Vec<(AgentName, AgentInfo)>,
    pub(super) readings: Vec<Reading>,
}

/// A series' newest reading.
pub(super) struct Reading {
    pub(super) series: Series,
    /// Empty for a sensor that the site's configuration does not place.
    pub(super) room: String,
    pub(super) at: Timestamp,
    pub(super) outcome: Outcome,
    /// What is known of it.
    pub(super) value: Option<f64>,
}

impl<'a> Scrape<'a> {
    pub(super) fn new(dashboard: &'a Dashboard) -> Self {
        let collector = &dashboard.collector;
        Self {
            dashboard,
            process: Process::read(),
            journal: collector.journal.statistics(),
            history: collector.history.statistics(),
            alarms_applied: *collector.alarms.applied().borrow(),
            alarms: collector.alarms.alarms(false),
            agents: collector.agents.list(),
            readings: readings(dashboard, &collector.site()),
        }
    }
}

impl Scrape<'_> {
    pub(super) fn intake(&self) -> &Counters {
        &self.dashboard.collector.intake_counters
    }
}

fn readings(dashboard: &Dashboard, site: &Arc<Site>) -> Vec<Reading> {
    let now = dashboard.clock.now();
    let latest = dashboard.collector.history.latest();
    let reading = |latest: history::Latest| {
        let value = latest.knowledge(now).value();
        let series = latest.series;
        let placed = site
            .sensor(&series.agent, series.sensor())
            .filter(|_| series.agent.site == site.site.id);
        Reading {
            room: placed.map_or_else(String::new, |sensor| sensor.room.to_string()),
            at: latest.at,
            outcome: latest.outcome,
            value,
            series,
        }
    };
    latest.into_iter().map(reading).collect()
}

/// A counter's value.
pub(super) fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// An instant as Prometheus wants it.
pub(super) fn seconds(instant: Timestamp) -> f64 {
    instant.milliseconds() as f64 / 1_000.0
}
