//! What people ask of intake while it runs.

use std::collections::BTreeMap;

use plenum_core::fact::SystemKind;
use plenum_link::mqtt::Arrival;
use plenum_protocol::AgentName;
use rusqlite::Connection;

use super::super::{dead_letters, schema};
use super::{Command, Intake, Options};

impl Intake {
    pub(super) async fn obey(&mut self, command: Command) {
        let now = Arrival::now(self.clock.as_ref());
        match command {
            Command::ResolveForeign(name) => {
                self.settle(&name, now).await;
                let message = "a person settled which collector this agent belongs to";
                let change = self.conditions.set(
                    SystemKind::ForeignDatabase,
                    &name.to_string(),
                    false,
                    now,
                    message,
                );
                self.gathered.condition(change);
                self.show(&name);
            }
            Command::LettersChanged(done) => {
                match self.journal.database().read(dead_letters::sizes).await {
                    Ok(sizes) => self.letters_changed(&sizes.into_iter().collect(), now),
                    Err(error) => tracing::error!(%error, "dead letters cannot be counted"),
                }
                done.send(()).ok();
            }
            Command::Configure(options) => {
                self.reserve.set(options.disk_reserve);
                self.options = Options {
                    folder: std::mem::take(&mut self.options.folder),
                    ..options
                };
                self.show_bounds();
            }
        }
    }

    /// A person has settled that this agent is ours: the other database silences us no more, now or after a restart.
    async fn settle(&mut self, name: &AgentName, now: Arrival) {
        let Some(agent) = self.agents.get_mut(name) else {
            return;
        };
        let foreign = agent.receiver.foreign().map(ToString::to_string);
        agent.receiver.resolve_foreign(now.steady);
        let Some(database) = foreign else { return };
        self.settled.insert((name.clone(), database.clone()));
        let (agent, at) = (name.clone(), now.at);
        let write = move |connection: &Connection| schema::settle(connection, &agent, &database, at);
        if let Err(error) = self.journal.database().write(write).await {
            tracing::error!(%error, "what was settled is forgotten at the next restart");
        }
    }

    fn letters_changed(&mut self, sizes: &BTreeMap<AgentName, u64>, now: Arrival) {
        for (name, agent) in &mut self.agents {
            agent.letter_bytes = sizes.get(name).copied().unwrap_or(0);
            if agent.letter_bytes == 0 {
                let message = "its dead letters are gone";
                let change =
                    self.conditions
                        .set(SystemKind::DeadLetters, &name.to_string(), false, now, message);
                self.gathered.condition(change);
            }
        }
    }
}
