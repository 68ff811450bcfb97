//! What the collector may ask of this agent, and what is answered.

use plenum_link::mqtt::{Message, Publisher};
use plenum_protocol::Duration;
use plenum_protocol::payload::command::on_for;
use plenum_protocol::payload::{Command, CommandKind, CommandResult};
use plenum_protocol::topic::TopicKind;
use tokio::sync::oneshot;

use super::Uplink;
use super::status::Origin;

/// How long the line of an output may take.
const SWITCHES_WITHIN: Duration = Duration::from_seconds(5);

/// What came of a command: whether it was done, and what happened.
type Done = (bool, String);

impl Uplink {
    /// Does a command once, however often it comes, and answers it every time.
    pub(super) async fn on_command(&mut self, command: Command) {
        self.parts.outputs.heard();
        // A disk that takes nothing silences no siren and ends no drill: an output's command has an end of its own, and a drill that is begun twice is one.
        let kind = &command.kind;
        let twice = matches!(
            kind,
            CommandKind::Relay { .. } | CommandKind::Identify | CommandKind::Drill { .. }
        );
        let new = match self.remember(&command.id).await {
            Some(new) => new,
            None if twice => true,
            None => {
                let why = "its disk takes no note that this was asked, so that it might be done twice";
                return answer(&self.publisher, &self.origin, command, (false, why.to_owned()));
            }
        };
        match (new, kind) {
            (false, _) => {
                let done = (true, "was received before and is not done again".to_owned());
                answer(&self.publisher, &self.origin, command, done);
            }
            (true, CommandKind::Relay { relay, on, seconds }) => {
                let switched = self.parts.outputs.switch(relay, *on, *seconds);
                let said = match on {
                    true => format!("{relay} is on for {} unless it is said again", on_for(*seconds)),
                    false => format!("{relay} is off"),
                };
                self.answer_when_switched(command, switched, said);
            }
            (true, kind) => {
                let done = self.carry_out_command(kind);
                answer(&self.publisher, &self.origin, command, done);
            }
        }
    }

    /// Remembers on the disk that a command was done. Gives whether it is new; none where the disk takes nothing.
    async fn remember(&mut self, id: &str) -> Option<bool> {
        // Behind a note that a silent disk has not taken each further one would hold up this task for seconds, and keep a thread.
        if self.has_note_at_disk() {
            return None;
        }
        let id = id.to_owned();
        self.on_spool_thread(move |spool| spool.remember_command(&id))
            .await
    }

    /// Answers when the line was set: it may hang, and nothing else waits for it.
    fn answer_when_switched(
        &self,
        command: Command,
        switched: Result<oneshot::Receiver<Result<(), String>>, String>,
        said: String,
    ) {
        let (publisher, origin) = (self.publisher.clone(), self.origin.clone());
        let deadline = self.parts.timebase.clock().sleep(SWITCHES_WITHIN);
        tokio::spawn(async move {
            let switched = async {
                let failed = || "the output is gone from agent.toml".to_owned();
                switched?.await.unwrap_or_else(|_| Err(failed()))
            };
            let done = tokio::select! {
                done = switched => done,
                () = deadline => Err(format!("its line did not answer within {SWITCHES_WITHIN}")),
            };
            let done = match done {
                Ok(()) => (true, said),
                Err(why) => (false, why),
            };
            answer(&publisher, &origin, command, done);
        });
    }

    fn carry_out_command(&mut self, kind: &CommandKind) -> Done {
        let (done, message) = match kind {
            CommandKind::Drill { drill, on, seconds } => match &self.parts.queue {
                Some(queue) => {
                    let until = on.then(|| Duration::from_seconds(i64::from(*seconds)));
                    match self.drills.set(drill, until, queue, &self.parts.timebase) {
                        true => (true, "its reading is on its way"),
                        false => (false, "too much waits for the disk to begin a drill"),
                    }
                }
                None => (false, "nothing gathers here"),
            },
            CommandKind::Flush => match &self.parts.queue {
                Some(queue) => {
                    queue.flush();
                    (true, "what has gathered is spooled and sent")
                }
                None => (true, "nothing gathers here"),
            },
            CommandKind::Identify => return self.identify(),
            CommandKind::SelfTest => (false, "self-tests are not supported by this version"),
            CommandKind::Relay { .. } | CommandKind::Unknown => {
                (false, "this version does not know the command")
            }
        };
        (done, message.to_owned())
    }

    fn identify(&self) -> Done {
        let shown = self.parts.outputs.identify();
        if shown.is_empty() {
            let none = "this agent has no lamp or buzzer to show itself by: add an [[output]] to agent.toml";
            return (false, none.to_owned());
        }
        let names: Vec<&str> = shown.iter().map(|name| name.as_str()).collect();
        (
            true,
            format!("shows itself for ten seconds by {}", names.join(", ")),
        )
    }
}

fn answer(publisher: &Publisher, origin: &Origin, command: Command, (done, message): Done) {
    tracing::info!(command = command.id, kind = ?command.kind, done, message, "the collector asked for something");
    let result = CommandResult {
        id: command.id,
        done,
        message,
    };
    let answer = Message::new(origin.topic(TopicKind::Result), result.to_json());
    if let Err(error) = publisher.try_publish(answer) {
        tracing::warn!(%error, "the answer to a command was not sent");
    }
}
