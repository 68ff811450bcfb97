//! What came of a group commit: everybody's streams stand where the database has them.

use std::collections::BTreeMap;

use plenum_core::fact::{Report, SystemKind};
use plenum_link::mqtt::Arrival;
use plenum_protocol::{AgentName, Duration};
use rusqlite::Connection;

use super::super::agents::{self, Agent};
use super::super::commit::Written;
use super::super::conditions::Conditions;
use super::super::contribution::{Gathered, Sent};
use super::super::counters::{add, set};
use super::{HOLD, Intake};
use crate::database::DatabaseError;

/// What was received may be ahead of the clock by so much before that is told.
const CLOCK_BACK: Duration = Duration::from_minutes(1);

impl Intake {
    pub(super) async fn finished(&mut self, sent: &Sent, result: Result<Written, DatabaseError>) {
        let now = Arrival::now(self.clock.as_ref());
        let counters = self.counters.clone();
        match result {
            Ok(written) => {
                add(&counters.readings_committed, sent.readings);
                add(&counters.batches_committed, sent.batches);
                counters.commits.observe(sent.since.elapsed());
                self.failing.committed();
                self.note_clock(&written, now);
                self.note_set_aside(&written, now).await;
                for (name, records) in &sent.records {
                    if written.left_out.contains(name) {
                        continue;
                    }
                    if let Some(agent) = self.agents.get_mut(name) {
                        agent.receiver.committed(records, now.steady);
                    }
                }
                for name in sent.agents.iter().chain(sent.records.keys()) {
                    self.show(name);
                }
            }
            Err(error) => {
                add(&counters.groups_failed, 1);
                tracing::error!(%error, "a group commit failed: its batches are not acknowledged and are sent again");
                self.held = now.steady + HOLD;
                self.failing.failed(&error.to_string(), now);
                self.start_over().await;
            }
        }
        self.tell_failing();
    }

    /// While nothing can be stored and nothing waits to be: whether something could be again.
    pub(super) async fn probe(&mut self, now: Arrival) {
        if self.failing.told().is_none() {
            return;
        }
        let write = |connection: &Connection| connection.execute("update identity set follows = follows", []);
        match self.journal.database().write(write).await {
            Ok(_) => self.failing.committed(),
            Err(error) => {
                self.failing.failed(&error.to_string(), now);
                self.held = now.steady + HOLD;
            }
        }
        self.tell_failing();
    }

    /// Lets everybody know whether groups can be committed.
    pub(super) fn tell_failing(&mut self) {
        let told = self.failing.told();
        set(&self.counters.commits_fail, u64::from(told.is_some()));
        self.fails.send_if_modified(|before| {
            let differs = before.as_ref() != told;
            if differs {
                *before = told.cloned();
            }
            differs
        });
    }

    /// What was received before must not be far in the future of a clock that was set back.
    fn note_clock(&mut self, written: &Written, now: Arrival) {
        let ahead = written.received.since(now.at);
        let back = ahead > CLOCK_BACK;
        let subject = self.options.folder.display().to_string();
        if !back && !self.conditions.holds(SystemKind::CollectorClock, &subject) {
            return;
        }
        let report = match back {
            true => Report::ClockBehind { by: ahead },
            false => Report::OVER,
        };
        let change = self
            .conditions
            .set(SystemKind::CollectorClock, &subject, back, now, report);
        self.gathered.condition(change);
    }

    /// Messages that could not be stored are dead letters now; agents of whom nothing could be written stand as the database has them.
    async fn note_set_aside(&mut self, written: &Written, now: Arrival) {
        for (name, why) in &written.set_aside {
            add(&self.counters.messages_set_aside, 1);
            let report = Report::NotStored { why: why.clone() };
            self.say(SystemKind::DeadLetters, name, true, now, report);
        }
        if written.left_out.is_empty() {
            return;
        }
        add(&self.counters.agents_left_out, written.left_out.len());
        let (mut agents, _) = self.read_again(now).await;
        for name in &written.left_out {
            self.gathered.leave_out(name);
            let stored = agents.remove(name).unwrap_or_else(Agent::new);
            let before = self.agents.insert(name.clone(), stored);
            self.take_over(name, before, now);
        }
    }

    /// After a failed commit: everything is as the database has it, and what statuses said is said again.
    async fn start_over(&mut self) {
        let now = Arrival::now(self.clock.as_ref());
        let (agents, conditions) = self.read_again(now).await;
        self.gathered = Gathered::default();
        let before = std::mem::take(&mut self.agents);
        self.adopt(agents, conditions);
        for (name, old) in before {
            self.take_over(&name, Some(old), now);
        }
    }

    /// Streams and conditions as the database has them.
    async fn read_again(&self, now: Arrival) -> (BTreeMap<AgentName, Agent>, Conditions) {
        loop {
            let read = move |connection: &Connection| agents::load_again(connection, now);
            match self.journal.database().read(read).await {
                Ok(known) => return known,
                Err(error) => {
                    tracing::error!(%error, "intake cannot read its streams; it tries again");
                    self.clock.sleep(HOLD).await;
                }
            }
        }
    }

    /// What memory knew of an agent beside what is stored.
    fn take_over(&mut self, name: &AgentName, before: Option<Agent>, now: Arrival) {
        let Some(old) = before else { return };
        let agent = self.agent(name);
        agent.online = old.online;
        agent.connection = old.connection;
        agent.seen = old.seen;
        agent.floors = old.floors;
        agent.floors.unsettle();
        agent.starts = old.starts;
        agent.expected = old.expected;
        (agent.changes, agent.pace, agent.held) = (old.changes, old.pace, old.held);
        let Some(status) = old.status else { return };
        agent.status = Some(status.clone());
        self.say_presence(name, now);
        self.apply_status(name, &status, now);
        self.say_disk(name, &status, now);
    }
}
