//! What is asked of a drill's agent, and what is heard of it: its answers, and its reading in the journal.

use std::sync::{Arc, PoisonError};

use futures::future::BoxFuture;
use plenum_core::alarms::Alarm;
use plenum_core::drill::{Effect, Run};
use plenum_core::fact::{Entry, Item};
use plenum_protocol::payload::CommandKind;
use plenum_protocol::{AgentName, Quantity};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::eyes::Heard;
use super::{Drills, Shared};
use crate::broker::{CommandError, Commands};
use crate::journal::Live;

/// Asks an agent for something, and gives what it answers.
pub type Ask =
    Arc<dyn Fn(AgentName, CommandKind) -> BoxFuture<'static, Result<String, CommandError>> + Send + Sync>;

/// Asks by the collector's broker.
pub fn asks_by(commands: &Commands) -> Ask {
    let commands = commands.clone();
    Arc::new(move |agent, kind| {
        let commands = commands.clone();
        Box::pin(async move { commands.ask(&agent, kind).await })
    })
}

impl Drills {
    /// Asks the agent of a drill for what an effect says, if that is for it. Its answer comes later.
    pub(super) fn ask(&self, number: u64, run: &Run, effect: &Effect) {
        if let Effect::Ask { on } = effect {
            let kind = CommandKind::Drill {
                drill: run.plan.drill.clone(),
                on: *on,
                seconds: run.plan.at_most(),
            };
            self.command(&run.plan.agent, kind, on.then_some(number));
        }
    }

    /// Asks, and keeps the answer for the drill of this number.
    pub(super) fn command(&self, agent: &AgentName, kind: CommandKind, begins: Option<u64>) {
        let Some((ask, shutdown)) = self.0.ask.get() else {
            return;
        };
        let (own, stop, name) = (self.clone(), shutdown.token(), agent.clone());
        let answered = ask(agent.clone(), kind);
        shutdown.spawn(format!("a drill's question to {agent}"), async move {
            // Whoever stops waits for no answer: what was asked is asked again after the start.
            let Some(answered) = stop.run_until_cancelled(answered).await else {
                return;
            };
            let (done, message) = match answered {
                Ok(message) => (true, message),
                Err(CommandError::NotDone { why, .. }) => (false, why),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(agent = %name, error, begins = begins.is_some(), "a drill's agent was asked and said nothing");
                    return;
                }
            };
            if let Some(number) = begins {
                own.hear(Heard::Answer {
                    number,
                    done,
                    message,
                });
            }
        });
    }

    fn hear(&self, heard: Heard) {
        let mut answers = self.0.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push(heard);
        drop(answers);
        self.0.begun.notify_one();
    }

    /// What was answered since the last look.
    pub(super) fn answers(&self) -> Vec<Heard> {
        let mut answers = self.0.answers.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *answers)
    }
}

/// Whoever listens.
pub(super) struct Listening {
    live: Live,
    alarms: broadcast::Receiver<Alarm>,
}

impl Listening {
    pub(super) fn new(shared: &Shared) -> Self {
        Self {
            live: shared.journal.live(),
            alarms: shared.alarms.subscribe(),
        }
    }

    /// The next that is about a drill. May be dropped while it waits.
    pub(super) async fn hears(&mut self) -> Vec<Heard> {
        loop {
            tokio::select! {
                entry = self.live.next() => match entry {
                    Some((entry, _)) => {
                        let heard = readings(&entry);
                        if !heard.is_empty() {
                            return heard;
                        }
                    }
                    // The journal is closed: there is nothing more to hear.
                    None => std::future::pending().await,
                },
                alarm = self.alarms.recv() => match alarm {
                    Ok(alarm) if !alarm.is_drill() => {}
                    // How it stands is looked at.
                    Ok(_) | Err(RecvError::Lagged(_)) => return Vec::new(),
                    Err(RecvError::Closed) => std::future::pending().await,
                },
            }
        }
    }
}

/// The readings of drills that an entry holds.
fn readings(entry: &Entry) -> Vec<Heard> {
    let mut heard = Vec::new();
    for item in &entry.items {
        let Item::Batch(batch) = item else { continue };
        let drills = batch.readings.iter();
        let drills = drills.filter(|reading| reading.channel.quantity == Quantity::Drill);
        heard.extend(drills.map(|reading| Heard::Reading(batch.agent.clone(), reading.clone())));
    }
    heard
}
