//! Readings of the collector's own. It is a publisher like others, without the broker: nothing of it is spooled, and so nothing is acknowledged.

use plenum_link::mqtt::Arrival;
use plenum_protocol::payload::Status;
use plenum_protocol::senml::Pack;
use plenum_protocol::{AgentName, Reading};

use super::super::counters::add;
use super::Intake;

/// What the collector reads itself.
#[derive(Debug)]
pub struct Own {
    /// By what name.
    pub name: AgentName,
    /// What it says of itself, as an agent does.
    pub status: Status,
    /// What it read.
    pub readings: Vec<Reading>,
}

impl Intake {
    pub(super) fn own(&mut self, own: Own, now: Arrival) {
        let Own {
            name,
            status,
            readings,
        } = own;
        let known = self.agents.get(&name);
        if self.options.is_given(&name) || known.is_some_and(|agent| agent.has_a_stream()) {
            add(&self.counters.batches_refused, 1);
            tracing::error!(%name, "an agent has the collector's own name: what the collector reads itself is not stored");
            return;
        }
        if now.steady < self.held || self.disk.is_short() {
            add(&self.counters.batches_refused, 1);
            return;
        }
        let agent = self.agent(&name);
        (agent.is_own, agent.seen) = (true, now.at);
        if !agent.online || agent.status.as_ref() != Some(&status) {
            self.take_status(&name, &status, now);
        }
        let pack = Pack {
            readings,
            relative: false,
            bad: Vec::new(),
            more_bad: 0,
        };
        self.pack(&name, None, pack, now);
        self.own = Some(name.clone());
        self.show(&name);
    }
}
