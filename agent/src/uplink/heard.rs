//! What the uplink hears: acknowledgements, and commands.

use std::sync::atomic::Ordering;

use plenum_link::mqtt::Incoming;
use plenum_protocol::payload::{Ack, Command};
use plenum_protocol::streams::{DatabaseId, Event};
use plenum_protocol::topic::TopicKind;

use super::Uplink;

impl Uplink {
    pub(super) async fn on_message(&mut self, message: &Incoming) {
        if message.topic == self.origin.topic(TopicKind::Ack) {
            match Ack::from_json(&message.payload) {
                Ok(ack) => {
                    self.counters.acknowledgements.fetch_add(1, Ordering::Relaxed);
                    if self.is_joined_by(&ack).await {
                        self.step(Event::Join).await;
                    }
                    self.step(Event::Acknowledged(&ack)).await;
                    // What the broker has kept says nothing of a collector that may be dead.
                    if !message.retain && self.is_followed(&ack) {
                        self.parts.outputs.heard();
                    }
                    if self.sender.lacks(&ack, |stream| self.told.contains(stream)) {
                        self.repeats.unheard(self.parts.timebase.steady());
                    }
                }
                Err(error) => self.unreadable(&message.topic, &error),
            }
        } else if message.topic == self.origin.topic(TopicKind::Command) {
            if message.retain {
                // No collector lets a broker keep one: it is of any age, and would come with each connection.
                self.unreadable(
                    &message.topic,
                    &"a broker has kept this command; let it forget it",
                );
                return;
            }
            match Command::from_json(&message.payload) {
                Ok(command) => self.on_command(command).await,
                Err(error) => self.unreadable(&message.topic, &error),
            }
        }
    }

    /// Whether it is the collector that is followed who acknowledges.
    fn is_followed(&self, ack: &Ack) -> bool {
        let follows = |pinned: &DatabaseId| *pinned == ack.database || ack.follows.contains(pinned);
        self.sender.pinned().is_some_and(follows)
    }

    /// Whether this collector is not the one that is followed and a person has said that the next one met is the right one.
    async fn is_joined_by(&mut self, ack: &Ack) -> bool {
        let foreign = |pinned: &DatabaseId| *pinned != ack.database && !ack.follows.contains(pinned);
        self.sender.pinned().is_some_and(foreign)
            && self.on_spool_thread(|spool| spool.is_joining()).await == Some(true)
    }

    fn unreadable(&self, topic: &str, error: &impl std::fmt::Display) {
        self.counters.unreadable.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(topic, %error, "a message was ignored");
    }
}
