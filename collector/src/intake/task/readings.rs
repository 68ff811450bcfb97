//! A message in: topic, stream, pack; what is taken goes into the group that gathers.

use plenum_core::fact::SystemKind;
use plenum_core::fact::{Batch, Gap, Item};
use plenum_link::mqtt::Incoming;
use plenum_protocol::senml;
use plenum_protocol::streams::{Class, Envelope, Offer, Position, StreamId, Taken};
use plenum_protocol::topic::{Topic, TopicKind};
use plenum_protocol::{AgentName, Reading, Timestamp};

use super::super::agents::{Agent, OpenGap};
use super::super::arrival::Arrival;
use super::super::counters::add;
use super::super::dead_letters::{NewLetter, stored};
use super::super::schema::StoredStream;
use super::Intake;

impl Intake {
    pub(super) fn take(&mut self, message: &Incoming, now: Arrival) {
        add(&self.counters.messages, 1);
        let Ok(topic) = message.topic.parse::<Topic>() else {
            add(&self.counters.topics_unknown, 1);
            return;
        };
        let name = AgentName {
            site: topic.site,
            agent: topic.agent,
        };
        match topic.kind {
            TopicKind::Readings => self.readings(&name, message, now),
            TopicKind::Status => self.status(&name, &message.payload, now),
            TopicKind::Ack => self.heard(&name, &message.payload, now),
            // Answers to commands have a reader of their own; commands are ours.
            TopicKind::Result | TopicKind::Command => {}
        }
    }

    fn readings(&mut self, name: &AgentName, message: &Incoming, now: Arrival) {
        let properties = message
            .user_properties
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        match Envelope::from_properties(properties) {
            Ok(Some(envelope)) => self.batch(name, &envelope, &message.payload, now),
            Ok(None) => self.foreign(name, message, now),
            Err(error) => self.letter(name, None, error.to_string(), true, message.payload.to_vec(), now),
        }
    }

    fn batch(&mut self, name: &AgentName, envelope: &Envelope, payload: &[u8], now: Arrival) {
        let bound = self.options.dead_letters;
        let agent = self.agents.entry(name.clone()).or_insert_with(Agent::new);
        agent.seen = now.at;
        let refused = now.steady < self.held || (envelope.class == Class::Routine && self.reserve.short());
        let decode = || senml::decode(&name.site, &name.agent, payload, now.at);
        // Beyond the bound of its dead letters an agent's readable batches still raise alarms; they are not acknowledged.
        let early = (agent.letter_bytes > bound).then(decode);
        let unreadable = early
            .as_ref()
            .is_some_and(|decoded| decoded.as_ref().map_or(true, |pack| !pack.bad.is_empty()));
        if refused || unreadable {
            add(&self.counters.batches_refused, 1);
            agent.receiver.refused(now.steady);
            return;
        }
        let taken = match agent.receiver.offer(envelope, now.steady) {
            Offer::Take(taken) => taken,
            Offer::Drop(plenum_protocol::streams::Drop::Duplicate) => {
                add(&self.counters.batches_duplicate, 1);
                return;
            }
            Offer::Drop(plenum_protocol::streams::Drop::Ahead) => {
                add(&self.counters.batches_out_of_order, 1);
                return;
            }
        };
        let decoded = early.unwrap_or_else(decode);
        let position = &envelope.position;
        let begins = decoded
            .as_ref()
            .ok()
            .and_then(|pack| pack.readings.iter().map(|reading| reading.at).min());
        self.say_online(name);
        self.account(name, taken, begins.unwrap_or(now.at), now);
        self.close_open_gap(name, &position.stream, begins);
        match decoded {
            Ok(pack) => {
                for bad in pack.bad {
                    let batch = Some((position.stream.clone(), position.seq));
                    self.letter(name, batch, bad.reason, false, bad.text.into_bytes(), now);
                }
                self.store(name, Some(position), pack.readings, payload.len());
            }
            Err(error) => {
                let batch = Some((position.stream.clone(), position.seq));
                self.letter(name, batch, error.to_string(), true, payload.to_vec(), now);
                self.lost_to_the_letters(name, position, now);
            }
        }
    }

    /// A publisher that is not an agent of ours: stored, never acknowledged.
    fn foreign(&mut self, name: &AgentName, message: &Incoming, now: Arrival) {
        if message.retain {
            // Relative instants would be read anew at each of our connections.
            add(&self.counters.retained_ignored, 1);
            return;
        }
        let agent = self.agents.entry(name.clone()).or_insert_with(Agent::new);
        let full = agent.letter_bytes > self.options.dead_letters;
        let spoken_for = agent.has_a_stream() || self.options.credentials.contains(name);
        if spoken_for {
            add(&self.counters.foreign_refused, 1);
            if !full {
                let reason =
                    "it came without stream properties under a name that belongs to an agent".to_owned();
                self.letter(name, None, reason, true, message.payload.to_vec(), now);
            }
            return;
        }
        let decoded = senml::decode(&name.site, &name.agent, &message.payload, now.at);
        let urgent = decoded
            .as_ref()
            .is_ok_and(|pack| pack.readings.iter().any(is_urgent));
        if now.steady < self.held || (self.reserve.short() && !urgent) {
            add(&self.counters.batches_refused, 1);
            return;
        }
        agent.seen = now.at;
        match decoded {
            Ok(pack) => {
                if !pack.readings.is_empty() {
                    self.say_online(name);
                }
                for bad in pack.bad {
                    if !full {
                        self.letter(name, None, bad.reason, false, bad.text.into_bytes(), now);
                    }
                }
                self.store(name, None, pack.readings, message.payload.len());
            }
            Err(error) if !full => {
                self.letter(name, None, error.to_string(), true, message.payload.to_vec(), now);
            }
            Err(_) => add(&self.counters.batches_refused, 1),
        }
    }

    fn store(&mut self, name: &AgentName, position: Option<&Position>, readings: Vec<Reading>, bytes: usize) {
        if readings.is_empty() {
            return;
        }
        self.gathered.readings += readings.len();
        self.gathered.bytes += bytes;
        if let Some(position) = position {
            self.remember(
                name,
                &position.stream,
                readings.iter().map(|reading| reading.at).max(),
            );
        }
        self.gathered.items.push(Item::Batch(Batch {
            agent: name.clone(),
            position: position.map(|position| (position.stream.to_string(), position.seq)),
            newest: position.is_none_or(|position| position.seq == position.last),
            readings: readings.into_iter().map(stored).collect(),
        }));
    }

    /// The stream's newest instant goes with its record.
    fn remember(&mut self, name: &AgentName, stream: &StreamId, newest: Option<Timestamp>) {
        let Some(agent) = self.agents.get_mut(name) else {
            return;
        };
        let memory = agent.streams.entry(stream.clone()).or_default();
        memory.last_at = memory.last_at.max(newest);
        if let Some(stored) = self.gathered.streams.get_mut(&(name.clone(), stream.clone())) {
            stored.last_at = memory.last_at;
        }
    }

    /// What the stream bookkeeping wants in this commit: records, and gaps with their instants.
    pub(super) fn account(&mut self, name: &AgentName, taken: Taken, begins: Timestamp, now: Arrival) {
        let Some(agent) = self.agents.get_mut(name) else {
            return;
        };
        for (stream, record) in taken.records {
            let memory = agent.streams.entry(stream.clone()).or_default();
            memory.last = record.seen;
            let stored = StoredStream {
                agent: name.clone(),
                stream: stream.clone(),
                record,
                last_at: memory.last_at,
            };
            self.gathered.streams.insert((name.clone(), stream), stored);
        }
        for found in taken.gaps {
            let memory = agent.streams.get(&found.stream);
            let lost = found.lost.as_ref();
            let before = memory.and_then(|memory| memory.last_at);
            let from = lost.and_then(|lost| lost.from).or(before).unwrap_or(begins);
            let to = lost.and_then(|lost| lost.to).unwrap_or(begins).max(from);
            let message = format!(
                "{} lost batches {} to {} of a stream: {}",
                name, found.from_seq, found.to_seq, found.why
            );
            add(&self.counters.gaps, 1);
            self.gathered.items.push(Item::Gap(Gap {
                agent: name.clone(),
                stream: found.stream.to_string(),
                sequence: (found.from_seq, found.to_seq),
                from,
                to,
                why: found.why,
            }));
            let change = self
                .conditions
                .set(SystemKind::Gap, &name.to_string(), true, now.at, &message);
            self.gathered.condition(change);
        }
    }

    /// A whole batch is a dead letter, and a gap: up to now if it is the newest, else up to the next batch.
    fn lost_to_the_letters(&mut self, name: &AgentName, position: &Position, now: Arrival) {
        let Some(agent) = self.agents.get_mut(name) else {
            return;
        };
        let memory = agent.streams.entry(position.stream.clone()).or_default();
        let open = memory.open.get_or_insert_with(|| OpenGap {
            from: memory.last_at.unwrap_or(now.at),
            sequence: (position.seq, position.seq),
            why: "dead letters".to_owned(),
        });
        open.sequence.1 = position.seq;
        if position.seq == position.last {
            self.close_open_gap(name, &position.stream, Some(now.at));
        }
    }

    fn close_open_gap(&mut self, name: &AgentName, stream: &StreamId, to: Option<Timestamp>) {
        let Some(memory) = self
            .agents
            .get_mut(name)
            .and_then(|agent| agent.streams.get_mut(stream))
        else {
            return;
        };
        if let Some(to) = to
            && let Some(open) = memory.open.take()
        {
            add(&self.counters.gaps, 1);
            self.gathered.items.push(Item::Gap(Gap {
                agent: name.clone(),
                stream: stream.to_string(),
                sequence: open.sequence,
                from: open.from,
                to: to.max(open.from),
                why: open.why,
            }));
        }
    }

    fn letter(
        &mut self,
        name: &AgentName,
        position: Option<(StreamId, u64)>,
        reason: String,
        whole: bool,
        payload: Vec<u8>,
        now: Arrival,
    ) {
        let agent = self.agents.entry(name.clone()).or_insert_with(Agent::new);
        if agent.letter_bytes > self.options.dead_letters {
            // Only what has no stream comes here: a batch was refused before.
            add(&self.counters.batches_refused, 1);
            return;
        }
        tracing::warn!(agent = %name, reason, whole, "unreadable: to the dead letters");
        let letter = NewLetter {
            agent: name.clone(),
            position,
            reason,
            whole,
            payload,
        };
        agent.letter_bytes += letter.bytes();
        self.gathered.bytes += letter.payload.len();
        let message = format!(
            "what {} sent could not be read and was set aside: {}; see `plenum dead-letters list`",
            name, letter.reason
        );
        self.gathered.letters.push(letter);
        add(&self.counters.dead_letters, 1);
        let change = self
            .conditions
            .set(SystemKind::DeadLetters, &name.to_string(), true, now.at, &message);
        self.gathered.condition(change);
    }
}

fn is_urgent(reading: &Reading) -> bool {
    reading.outcome.is_err()
        || reading.channel.quantity.urgency() == plenum_protocol::quantity::Urgency::Urgent
}
