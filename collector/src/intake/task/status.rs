//! Statuses, presence, and other collectors on an agent's ack topic.

use plenum_core::fact::Item;
use plenum_core::fact::SystemKind;
use plenum_protocol::AgentName;
use plenum_protocol::payload::{Ack, AgentState, Status};

use super::super::agents::{Agent, supersedes};
use super::super::arrival::Arrival;
use super::super::counters::add;
use super::Intake;

impl Intake {
    pub(super) fn status(&mut self, name: &AgentName, payload: &[u8], now: Arrival) {
        if payload.is_empty() {
            // A retained status was cleared.
            return;
        }
        let status = match Status::from_json(payload) {
            Ok(status) => status,
            Err(error) => {
                add(&self.counters.topics_unknown, 1);
                tracing::warn!(agent = %name, %error, "a status cannot be read");
                return;
            }
        };
        let agent = self.agents.entry(name.clone()).or_insert_with(Agent::new);
        if !supersedes(&status, agent.connection) {
            return;
        }
        agent.connection = status.connection;
        agent.online = status.state == AgentState::Online;
        agent.seen = now.at;
        match (&mut agent.status, agent.online) {
            // A will knows nothing but that it is one.
            (Some(known), false) => known.state = AgentState::Offline,
            (known, _) => *known = Some(status.clone()),
        }
        self.say_presence(name);
        self.apply_status(name, &status, now);
        self.show(name);
    }

    /// What a status says of streams.
    pub(super) fn apply_status(&mut self, name: &AgentName, status: &Status, now: Arrival) {
        let Some(agent) = self.agents.get_mut(name) else {
            return;
        };
        let taken = agent.receiver.status(status, now.steady);
        for (stream, listed) in &status.streams {
            agent.streams.entry(stream.clone()).or_default().last = listed.last;
        }
        self.account(name, taken, now.at, now);
    }

    /// Any reading means online.
    pub(super) fn say_online(&mut self, name: &AgentName) {
        if let Some(agent) = self.agents.get_mut(name)
            && !agent.online
        {
            agent.online = true;
            if let Some(status) = &mut agent.status {
                status.state = AgentState::Online;
            }
            self.say_presence(name);
        }
    }

    pub(super) fn say_presence(&mut self, name: &AgentName) {
        if let Some(agent) = self.agents.get(name) {
            self.gathered.items.push(Item::Presence(agent.presence(name)));
            self.gathered.agents.insert(name.clone(), agent.stored(name));
        }
    }

    /// A message on an ack topic: our own, or another collector's.
    pub(super) fn heard(&mut self, name: &AgentName, payload: &[u8], now: Arrival) {
        let Ok(ack) = Ack::from_json(payload) else {
            return;
        };
        let Some(agent) = self.agents.get_mut(name) else {
            return;
        };
        if agent
            .receiver
            .heard(&ack, &self.identity.database, &self.identity.follows)
        {
            let database = ack.database.as_str();
            let subject = name.to_string();
            let message = format!(
                "another collector (database {database}) acknowledges {subject}: this one is silent towards it until you \
                 settle which of the two it belongs to"
            );
            // The database's name silences us again after a restart.
            let change = self.conditions.set_with(
                SystemKind::ForeignDatabase,
                &subject,
                true,
                now.at,
                &message,
                database,
            );
            self.gathered.condition(change);
            self.show(name);
        }
    }

    /// As it was before the restart: another collector acknowledges this agent.
    pub(super) fn silence(&mut self, subject: &str, database: &str) {
        let (own, follows) = (&self.identity.database, &self.identity.follows);
        let (Ok(name), Ok(database)) = (subject.parse::<AgentName>(), database.parse()) else {
            return;
        };
        let agent = self.agents.entry(name).or_insert_with(Agent::new);
        let ack = Ack {
            database,
            follows: Vec::new(),
            streams: std::collections::BTreeMap::new(),
        };
        agent.receiver.heard(&ack, own, follows);
    }
}
