//! Statuses, presence, and other collectors on an agent's ack topic.

use std::collections::BTreeMap;

use plenum_core::fact::{Item, Report, SystemKind, Words};
use plenum_link::mqtt::{Arrival, Incoming};
use plenum_protocol::payload::{Ack, AgentState, SpoolState, Status};
use plenum_protocol::streams::{DatabaseId, StreamId, Verdict};
use plenum_protocol::{AgentName, Duration, Identifier};

use super::super::agents::{Agent, supersedes};
use super::super::counters::add;
use super::Intake;

/// Streams that an agent no longer lists and that are remembered.
const UNLISTED: usize = 1_024;
/// For so long after they were last listed.
const UNLISTED_FOR: Duration = Duration::from_hours(14 * 24);
/// A stream that stays listed is noted as such this often.
const NOTED_EVERY: Duration = Duration::from_hours(24);

impl Intake {
    pub(super) fn status(&mut self, name: &AgentName, message: &Incoming, now: Arrival) {
        let payload = &message.payload;
        if payload.is_empty() {
            // A retained status was cleared.
            return;
        }
        let status = match Status::from_json(payload) {
            Ok(status) => status,
            Err(error) => {
                add(&self.counters.statuses_unreadable, 1);
                let reason = plenum_link::causes::with_causes(&error);
                self.letter(name, None, reason, true, payload.to_vec(), now);
                return;
            }
        };
        if !self.is_the_agents_own(name, &status, message, now) {
            return;
        }
        let agent = self.agent(name);
        let newest = agent.held.as_ref().map_or(0, |held| held.connection);
        if !supersedes(&status, agent.connection.max(newest)) {
            return;
        }
        agent.seen = now.at;
        if agent.held.is_some() || !agent.pace.take(now.steady) {
            if agent.held.replace(status.clone()).is_some() {
                add(&self.counters.statuses_passed_over, 1);
            }
        } else {
            self.take_status(name, &status, now);
        }
        self.apply_status(name, &status, now);
        self.show(name);
    }

    /// Statuses that waited for their turn.
    pub(super) fn look_after_statuses(&mut self, now: Arrival) {
        let mut due = Vec::new();
        for (name, agent) in &mut self.agents {
            if agent.held.is_some() && agent.pace.take(now.steady) {
                due.extend(agent.held.take().map(|status| (name.clone(), status)));
            }
        }
        for (name, status) in due {
            self.take_status(&name, &status, now);
            self.show(&name);
        }
    }

    /// What a status says of the agent, its sensors and devices is so from now on.
    pub(super) fn take_status(&mut self, name: &AgentName, status: &Status, now: Arrival) {
        let agent = self.agent(name);
        let words = agent.new_words(status);
        agent.connection = status.connection;
        agent.online = status.state == AgentState::Online;
        match (&mut agent.status, agent.online) {
            // A will knows nothing but that it is one.
            (Some(known), false) => known.state = AgentState::Offline,
            (known, _) => *known = Some(status.clone()),
        }
        self.say_presence(name, now);
        for (sensor, words) in words {
            let agent = name.clone();
            self.gathered.item(Item::Words(Words { agent, sensor, words }));
        }
        self.say_disk(name, status, now);
    }

    /// Whether this is the agent that is known by the name, and not a second host.
    fn is_the_agents_own(
        &mut self,
        name: &AgentName,
        status: &Status,
        message: &Incoming,
        now: Arrival,
    ) -> bool {
        let starts = &mut self.agent(name).starts;
        if status.state == AgentState::Offline {
            return starts.speaks(status);
        }
        match starts.hear(status, message.address.as_deref(), now.steady) {
            Verdict::Own => true,
            Verdict::Held => {
                add(&self.counters.statuses_of_a_second_host, 1);
                false
            }
            Verdict::Twins { held, addresses } => {
                let [own, other] = addresses;
                let report = Report::TwoHosts { own, other };
                self.say(SystemKind::TwoHosts, name, true, now, report);
                if held {
                    add(&self.counters.statuses_of_a_second_host, 1);
                }
                !held
            }
        }
    }

    /// What a status says of streams.
    pub(super) fn apply_status(&mut self, name: &AgentName, status: &Status, now: Arrival) {
        let agent = self.agent(name);
        let taken = agent.receiver.status(status, now.steady);
        let mut noted = Vec::new();
        // One that contradicts itself is passed over, as the receiver does.
        let sound = status
            .streams
            .iter()
            .filter(|(_, listed)| listed.first > 0 && listed.first <= listed.last + 1);
        for (stream, listed) in sound {
            let memory = agent.memory(stream);
            memory.last = listed.last;
            if now.at.since(memory.listed) >= NOTED_EVERY {
                memory.listed = now.at;
                noted.push(stream.clone());
            }
        }
        let agent = self.agent(name);
        let mut forgotten = agent.receiver.forget(UNLISTED);
        let old: Vec<StreamId> = agent
            .streams
            .iter()
            .filter(|(_, memory)| now.at.since(memory.listed) >= UNLISTED_FOR)
            .map(|(stream, _)| stream.clone())
            .collect();
        forgotten.extend(
            old.into_iter()
                .filter(|stream| agent.receiver.forget_unlisted(stream)),
        );
        for stream in &forgotten {
            agent.streams.remove(stream);
        }
        for stream in forgotten {
            self.gathered.forget(stream);
        }
        if !noted.is_empty() {
            self.gathered.listed(noted, now.at);
        }
        self.account(name, taken, now.at, None, now);
    }

    /// Whether the agent's disk takes what it reads; a will does not know.
    pub(super) fn say_disk(&mut self, name: &AgentName, status: &Status, now: Arrival) {
        if status.state == AgentState::Offline {
            return;
        }
        if status.spool != Some(SpoolState::Memory) {
            if self.conditions.of(SystemKind::AgentDisk).next().is_some() {
                self.say(SystemKind::AgentDisk, name, false, now, Report::OVER);
            }
            return;
        }
        self.say(SystemKind::AgentDisk, name, true, now, Report::AgentDisk);
    }

    /// Any reading means online.
    pub(super) fn say_online(&mut self, name: &AgentName, now: Arrival) {
        let agent = self.agent(name);
        if !agent.online {
            agent.online = true;
            if let Some(status) = &mut agent.status {
                status.state = AgentState::Online;
            }
            self.say_presence(name, now);
        }
    }

    pub(super) fn say_presence(&mut self, name: &AgentName, now: Arrival) {
        let most = self.options.series;
        let agent = self.agent(name);
        let ((presence, passed_over), stored) = (agent.presence(name, most, now.steady), agent.stored(name));
        self.gathered.item(Item::Presence(presence));
        self.gathered.presence(stored);
        self.pass_over(name, &passed_over, now);
    }

    /// Intervals were said that are not believed.
    pub(super) fn pass_over(&mut self, name: &AgentName, sensors: &[Identifier], now: Arrival) {
        let Some(sensor) = sensors.first() else { return };
        add(&self.counters.expectation_changes_passed_over, sensors.len());
        let report = Report::ExpectationChanges {
            sensor: sensor.to_string(),
        };
        self.say(SystemKind::ExpectationChanges, name, true, now, report);
    }

    /// A message on an ack topic: our own, or another collector's.
    pub(super) fn heard(&mut self, name: &AgentName, payload: &[u8], now: Arrival) {
        let Ok(ack) = Ack::from_json(payload) else {
            return;
        };
        let settled = self.settled.contains(&(name.clone(), ack.database.to_string()));
        let Some(agent) = self.agents.get_mut(name).filter(|_| !settled) else {
            return;
        };
        if agent
            .receiver
            .heard(&ack, &self.identity.database, &self.identity.follows)
        {
            let database = ack.database.as_str();
            let subject = name.to_string();
            let report = Report::ForeignDatabase {
                database: database.to_owned(),
            };
            // The database's name silences us again after a restart.
            let change =
                self.conditions
                    .set_with(SystemKind::ForeignDatabase, &subject, true, now, report, database);
            self.gathered.condition(change);
            self.show(name);
        }
    }

    /// As it was before the restart: another collector acknowledges this agent.
    pub(super) fn silence(&mut self, subject: &str, database: &str) {
        let (own, follows) = (&self.identity.database, &self.identity.follows);
        let (Ok(name), Ok(database)) = (subject.parse::<AgentName>(), database.parse::<DatabaseId>()) else {
            return;
        };
        if self.settled.contains(&(name.clone(), database.to_string())) {
            return;
        }
        let agent = self.agents.entry(name).or_insert_with(Agent::new);
        let ack = Ack {
            database,
            follows: Vec::new(),
            streams: BTreeMap::new(),
        };
        agent.receiver.heard(&ack, own, follows);
    }
}
