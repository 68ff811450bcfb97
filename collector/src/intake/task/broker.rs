//! The broker that agents are heard through, and asked over.

use plenum_link::mqtt::Arrival;
use plenum_protocol::AgentName;

use super::super::link::Link;
use super::Intake;
use crate::broker::{Broker, Commands};

impl Intake {
    /// Agents are heard through this broker. Gives who asks them for something: their answers come in here.
    pub fn hears_through(&mut self, broker: Broker) -> Commands {
        let asks = Commands::new(broker.clone(), self.clock.clone());
        self.link = Some(Link::new(broker));
        self.asks = Some(asks.clone());
        asks
    }

    pub(super) fn answered(&self, name: &AgentName, payload: &[u8]) {
        if let Some(asks) = &self.asks {
            asks.answered(name, payload);
        }
    }

    pub(super) fn look_after_link(&mut self, now: Arrival) {
        let changes = self
            .link
            .as_ref()
            .map(|link| link.look(&mut self.conditions, now));
        for change in changes.into_iter().flatten() {
            self.gathered.condition(Some(change));
        }
    }
}
