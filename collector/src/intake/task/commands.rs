//! What people ask of intake while it runs.

use std::collections::BTreeMap;

use plenum_core::fact::{Report, SystemKind};
use plenum_link::mqtt::Arrival;
use plenum_protocol::AgentName;
use rusqlite::Connection;

use super::super::{dead_letters, schema};
use super::{Command, Intake, Options};
use crate::database::DatabaseError;

impl Intake {
    pub(super) async fn obey(&mut self, command: Command) {
        let now = Arrival::now(self.clock.as_ref());
        match command {
            Command::ResolveForeign { agent, by, done } => {
                let settled = self.settle(&agent, now).await;
                if settled.is_ok() {
                    let over = Report::Over { by: Some(by) };
                    self.say(SystemKind::ForeignDatabase, &agent, false, now, over);
                    self.show(&agent);
                }
                // Whoever asked may have gone away.
                done.send(settled).ok();
            }
            Command::Own(own) => self.own(own, now),
            Command::Answer(done) => {
                done.send(()).ok();
            }
            Command::LettersChanged(done) => {
                match self.journal.database().read(dead_letters::sizes).await {
                    Ok(sizes) => self.letters_changed(&sizes.into_iter().collect(), now),
                    Err(error) => tracing::error!(%error, "dead letters cannot be counted"),
                }
                done.send(()).ok();
            }
            Command::Configure(options) => {
                self.disk.set(options.disk_reserve);
                self.options = Options {
                    folder: std::mem::take(&mut self.options.folder),
                    ..options
                };
                self.show_bounds();
            }
        }
    }

    /// A person has settled that this agent is ours: the other database silences us no more, now or after a restart.
    async fn settle(&mut self, name: &AgentName, now: Arrival) -> Result<(), DatabaseError> {
        let Some(agent) = self.agents.get_mut(name) else {
            return Ok(());
        };
        if let Some(database) = agent.receiver.foreign().map(ToString::to_string) {
            let (settled, at) = ((name.clone(), database), now.at);
            let (agent, database) = settled.clone();
            let write = move |connection: &Connection| schema::settle(connection, &agent, &database, at);
            self.journal.database().write(write).await?;
            self.settled.insert(settled);
        }
        agent.receiver.resolve_foreign(now.steady);
        Ok(())
    }

    fn letters_changed(&mut self, sizes: &BTreeMap<AgentName, u64>, now: Arrival) {
        for (name, agent) in &mut self.agents {
            agent.letter_bytes = sizes.get(name).copied().unwrap_or(0);
            if agent.letter_bytes == 0 {
                let change = self.conditions.set(
                    SystemKind::DeadLetters,
                    &name.to_string(),
                    false,
                    now,
                    Report::OVER,
                );
                self.gathered.condition(change);
            }
        }
    }
}
