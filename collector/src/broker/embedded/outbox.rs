//! What a client is to be told: answers to what it said, and messages of the collector. A client that reads slowly holds up nobody else:
//! of acknowledgements only the newest waits, commands are few, and one that takes nothing for ten seconds is closed.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use super::packets::{Answer, Codec};
use crate::broker::{BrokerCounters, Message};

/// Answers that may wait; one that sends on without reading them is not read either.
const ANSWERS: usize = 256;
/// Commands that may wait; the oldest goes.
const COMMANDS: usize = 32;
/// Messages without the client's acknowledgement.
const IN_FLIGHT: usize = 64;
/// Bytes that are written at once.
const CHUNK: usize = 32 << 10;
/// How long a write may make no headway.
const PATIENCE: Duration = Duration::from_secs(10);

/// A message on its way to a client.
#[derive(Debug, Clone)]
pub(super) struct Telling {
    pub(super) message: Arc<Message>,
    pub(super) retain: bool,
    pub(super) at_least_once: bool,
}

/// What waits for one client.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    news: Notify,
    room: Notify,
    in_flight: usize,
    counters: Arc<BrokerCounters>,
}

#[derive(Debug, Default)]
struct Waiting {
    answers: VecDeque<Answer>,
    tellings: VecDeque<Telling>,
    in_flight: BTreeSet<u16>,
    number: u16,
}

impl Outbox {
    /// For a client that takes so many messages without acknowledging them.
    pub(super) fn new(receive_maximum: u16, counters: Arc<BrokerCounters>) -> Self {
        Self {
            waiting: Mutex::default(),
            news: Notify::new(),
            room: Notify::new(),
            in_flight: usize::from(receive_maximum).clamp(1, IN_FLIGHT),
            counters,
        }
    }

    /// Answers, once there is room.
    pub(super) async fn answer(&self, answer: Answer) {
        while self.lock().answers.len() >= ANSWERS {
            self.room.notified().await;
        }
        self.lock().answers.push_back(answer);
        self.news.notify_one();
    }

    /// Tells a message. One that is to be kept takes the place of its topic's last.
    pub(super) fn tell(&self, telling: Telling) {
        let mut waiting = self.lock();
        if telling.message.retain {
            let topic = &telling.message.topic;
            waiting
                .tellings
                .retain(|before| before.message.topic != *topic || !before.message.retain);
        }
        if waiting.tellings.len() >= COMMANDS {
            waiting.tellings.pop_front();
            BrokerCounters::count(&self.counters.dropped_commands);
        }
        waiting.tellings.push_back(telling);
        drop(waiting);
        self.news.notify_one();
    }

    /// The client has what it was told under this number.
    pub(super) fn acknowledged(&self, number: NonZeroU16) {
        self.lock().in_flight.remove(&number.get());
        self.news.notify_one();
    }

    /// Writes whatever is to be told, for ever. Nothing is lost when this is given up half-way.
    ///
    /// # Errors
    /// The socket takes nothing more.
    pub(super) async fn write_to<S: AsyncWrite + Unpin>(
        &self,
        outward: &mut Outward<S>,
    ) -> std::io::Result<()> {
        loop {
            self.encode(outward);
            if outward.bytes.is_empty() {
                self.news.notified().await;
                continue;
            }
            self.room.notify_one();
            outward.flush().await?;
        }
    }

    /// Adds a last answer behind all others.
    pub(super) fn say_last<S>(&self, answer: Answer, outward: &mut Outward<S>) {
        let answers = std::mem::take(&mut self.lock().answers);
        answers
            .into_iter()
            .chain([answer])
            .for_each(|answer| outward.add(answer));
    }

    fn encode<S>(&self, outward: &mut Outward<S>) {
        let mut waiting = self.lock();
        while outward.bytes.len() < CHUNK {
            if let Some(answer) = waiting.answers.pop_front() {
                outward.add(answer);
                continue;
            }
            if waiting.in_flight.len() >= self.in_flight {
                return;
            }
            let Some(telling) = waiting.tellings.pop_front() else {
                return;
            };
            let number = telling.at_least_once.then(|| waiting.next_number());
            if !outward.add_message(&telling, number)
                && let Some(number) = number
            {
                waiting.in_flight.remove(&number.get());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn next_number(&mut self) -> NonZeroU16 {
        loop {
            self.number = self.number.wrapping_add(1);
            // Fewer are in flight than there are numbers.
            if let Some(number) = NonZeroU16::new(self.number)
                && self.in_flight.insert(self.number)
            {
                return number;
            }
        }
    }
}

/// A socket's writing half with what is not written yet.
#[derive(Debug)]
pub(super) struct Outward<S> {
    pub(super) codec: Codec,
    pub(super) socket: S,
    pub(super) bytes: BytesMut,
}

impl<S> Outward<S> {
    /// Adds an answer; one that the client does not take is left out.
    pub(super) fn add(&mut self, answer: Answer) {
        let before = self.bytes.len();
        if self.codec.write(answer, &mut self.bytes).is_err() {
            self.bytes.truncate(before);
        }
    }

    fn add_message(&mut self, telling: &Telling, number: Option<NonZeroU16>) -> bool {
        let before = self.bytes.len();
        let Telling { message, retain, .. } = telling;
        let written = self
            .codec
            .write_message(message, *retain, number, &mut self.bytes);
        if let Err(error) = &written {
            self.bytes.truncate(before);
            tracing::debug!(topic = %message.topic, %error, "a client does not take a message");
        }
        written.is_ok()
    }
}

impl<S: AsyncWrite + Unpin> Outward<S> {
    /// Writes all of it, or fails when the client takes nothing for too long.
    pub(super) async fn flush(&mut self) -> std::io::Result<()> {
        while !self.bytes.is_empty() {
            let written = tokio::time::timeout(PATIENCE, self.socket.write(&self.bytes)).await??;
            if written == 0 {
                return Err(std::io::ErrorKind::WriteZero.into());
            }
            self.bytes.advance(written);
        }
        // An idle connection holds no memory for what it was told.
        self.bytes = BytesMut::new();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rmqtt_codec::version::ProtocolVersion;

    use super::*;

    fn telling(topic: &str, payload: usize, retain: bool) -> Telling {
        let mut message = Message::new(topic, payload.to_string());
        message.retain = retain;
        Telling {
            message: Arc::new(message),
            retain: false,
            at_least_once: true,
        }
    }

    #[test]
    fn of_what_is_kept_the_newest_waits_and_commands_are_few() {
        let outbox = Outbox::new(10, Arc::default());
        for number in 0..1_000 {
            outbox.tell(telling("a", number, true));
            outbox.tell(telling("b", number, false));
        }
        let waiting = outbox.lock();
        let kept: Vec<_> = waiting.tellings.iter().filter(|one| one.message.retain).collect();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].message.payload, "999");
        assert_eq!(waiting.tellings.len(), COMMANDS);
    }

    #[test]
    fn one_that_acknowledges_nothing_is_told_no_more() {
        let outbox = Outbox::new(3, Arc::default());
        for number in 0..10 {
            outbox.tell(telling("b", number, false));
        }
        let mut outward = Outward {
            codec: Codec::new(ProtocolVersion::MQTT5),
            socket: (),
            bytes: BytesMut::new(),
        };
        outbox.encode(&mut outward);
        assert_eq!(outbox.lock().tellings.len(), 7);
        outbox.acknowledged(NonZeroU16::MIN);
        outbox.encode(&mut outward);
        assert_eq!(outbox.lock().tellings.len(), 6);
    }
}
