//! What the collector may ask of this agent, and what is answered.

use plenum_link::mqtt::Message;
use plenum_protocol::payload::{Command, CommandKind, CommandResult};
use plenum_protocol::topic::TopicKind;

use super::Uplink;

impl Uplink {
    /// Does a command once, however often it comes, and answers it every time.
    pub(super) async fn on_command(&mut self, command: Command) {
        let id = command.id.clone();
        let Some(new) = self
            .on_spool_thread(move |spool| spool.remember_command(&id))
            .await
        else {
            return;
        };
        let (done, message) = if new {
            self.carry_out_command(&command.kind)
        } else {
            (true, "was received before and is not done again")
        };
        tracing::info!(command = command.id, kind = ?command.kind, done, message, "the collector asked for something");
        let result = CommandResult {
            id: command.id,
            done,
            message: message.to_owned(),
        };
        let answer = Message::new(self.origin.topic(TopicKind::Result), result.to_json());
        if let Err(error) = self.publisher.try_publish(answer) {
            tracing::warn!(%error, "the answer to a command was not sent");
        }
    }

    fn carry_out_command(&self, kind: &CommandKind) -> (bool, &'static str) {
        match kind {
            CommandKind::Flush => match &self.parts.queue {
                Some(queue) => {
                    queue.flush();
                    (true, "what has gathered is spooled and sent")
                }
                None => (true, "nothing gathers here"),
            },
            CommandKind::Identify => (false, "this agent has no lamp or buzzer to show itself by"),
            CommandKind::SelfTest => (false, "self-tests are not supported by this version"),
            CommandKind::Relay { .. } => (false, "relays are not supported by this version"),
            CommandKind::Unknown => (false, "this version does not know the command"),
        }
    }
}
