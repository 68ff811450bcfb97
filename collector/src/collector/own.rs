//! Series of the collector's own: what its channels' devices measure, handed to intake as an agent's would come.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenum_core::site::Site;
use plenum_link::Shutdown;
use plenum_protocol::payload::{AgentState, ClockState, ListedSensor, Status};
use plenum_protocol::{AgentName, Channel, Clock, Identifier, Reading, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::Collector;
use crate::intake::{AgentInfo, Agents, Command, Own};
use crate::notify::channels::Figures;
use crate::notify::courier::Courier;

/// The collector's name among the agents of its site.
const NAME: &str = "plenum";

/// Writes down what is measured from now on.
pub(crate) fn read(parts: &Collector, courier: &Arc<Courier>, clock: &Arc<dyn Clock>, shutdown: &Shutdown) {
    if let Some(figures) = courier.figures() {
        let series = OwnSeries {
            site: parts.alarms.site(),
            agents: parts.agents.clone(),
            intake: parts.intake.clone(),
            started: clock.now(),
            sensors: BTreeMap::new(),
        };
        shutdown.spawn("own series", series.run(figures, shutdown.token()));
    }
}

struct OwnSeries {
    site: watch::Receiver<Arc<Site>>,
    agents: Agents,
    intake: mpsc::Sender<Command>,
    started: Timestamp,
    /// All that were heard of in this run.
    sensors: BTreeMap<Identifier, ListedSensor>,
}

impl OwnSeries {
    async fn run(mut self, mut figures: mpsc::Receiver<Figures>, stop: CancellationToken) {
        self.take_back().await;
        while let Some(Some(figures)) = stop.run_until_cancelled(figures.recv()).await {
            let readings = self.list(figures);
            self.say(readings).await;
        }
    }

    /// What an earlier run read is read no more until it is heard of again: its modem may be gone for good.
    async fn take_back(&self) {
        let known = self.name().and_then(|name| self.agents.get(&name));
        let is_own = |known: &AgentInfo| known.streams.is_empty();
        let status = known.filter(is_own).and_then(|known| known.status);
        if status.is_some_and(|status| !status.sensors.is_empty()) {
            self.say(Vec::new()).await;
        }
    }

    fn name(&self) -> Option<AgentName> {
        let site = self.site.borrow().site.id.clone();
        NAME.parse().ok().map(|agent| AgentName::new(site, agent))
    }

    async fn say(&self, readings: Vec<Reading>) {
        let Some(name) = self.name() else { return };
        let status = Status {
            state: AgentState::Online,
            connection: 0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Some(self.started),
            clock: ClockState::Synchronised,
            spool: None,
            streams: BTreeMap::new(),
            sensors: self.sensors.values().cloned().collect(),
        };
        let own = Own {
            name,
            status,
            readings,
        };
        // Intake is gone at the end.
        let _ = self.intake.send(Command::Own(own)).await;
    }

    /// Its sensor is one of those that are read. Gives its readings.
    fn list(&mut self, figures: Figures) -> Vec<Reading> {
        let listed = ListedSensor {
            id: figures.sensor.clone(),
            driver: figures.driver.to_owned(),
            quantities: figures.read.iter().map(|(quantity, _)| *quantity).collect(),
            interval: figures.interval,
            words: None,
        };
        self.sensors.insert(figures.sensor.clone(), listed);
        let reading = |(quantity, outcome)| {
            let channel = Channel {
                sensor: figures.sensor.clone(),
                quantity,
            };
            Reading::new(channel, figures.at, outcome)
        };
        figures.read.into_iter().map(reading).collect()
    }
}
