//! Writes items, in the newest version.

use std::collections::HashMap;

use plenum_core::fact::{
    Action, ActionKind, Batch, Expectation, ExpectationChange, Gap, Item, Presence, Report, SystemCondition,
};
use plenum_protocol::{AgentName, Channel, Outcome};

use super::{
    ACTION, AHEAD, AUDITED, BATCH, EXPECTATION, FAULT, GAP, KNOWN, LEARNED, NAMES_FIRST, NEXT_CHANNEL,
    PRESENCE, RAW, RETIRED, REVISION, SAME_INSTANT, SCALES, SYSTEM, WORDS, WORK,
};
use crate::journal::bytes::Bytes;

/// Writes an entry's items.
pub(in crate::journal) fn encode(items: &[Item]) -> Vec<u8> {
    let mut encoder = Encoder::default();
    let mut body = Bytes::default();
    for item in items {
        let kind = encoder.item(item);
        body.push(kind);
        body.varint(encoder.item.as_slice().len() as u64);
        body.raw(encoder.item.as_slice());
        encoder.item.clear();
    }
    let mut entry = Bytes::default();
    entry.push(NAMES_FIRST);
    entry.varint(encoder.words.len() as u64);
    entry.raw(encoder.names.as_slice());
    entry.varint(encoder.indices.len() as u64);
    entry.raw(encoder.channels.as_slice());
    entry.varint(items.len() as u64);
    entry.raw(body.as_slice());
    entry.finish()
}

#[derive(Default)]
struct Encoder {
    /// The item in the making.
    item: Bytes,
    names: Bytes,
    words: HashMap<String, u64>,
    channels: Bytes,
    indices: HashMap<Channel, u64>,
}

impl Encoder {
    /// Writes an item and gives its kind.
    fn item(&mut self, item: &Item) -> u8 {
        match item {
            Item::Batch(batch) => self.batch(batch),
            Item::Gap(gap) => self.gap(gap),
            Item::Presence(presence) => self.presence(presence),
            Item::Action(action) => self.action(action),
            Item::Revision(number) => {
                self.item.varint(*number);
                REVISION
            }
            Item::System(condition) => self.system(condition),
            Item::Expectation(expectation) => self.expectation(expectation),
            Item::Words(words) => {
                self.agent(&words.agent);
                self.word(words.sensor.as_str());
                self.item.text(&words.words);
                WORDS
            }
            Item::Audited(audited) => {
                // Numbers, words and short texts can always be written.
                self.item
                    .text(&serde_json::to_string(audited).unwrap_or_default());
                AUDITED
            }
            Item::Work(said) => {
                // Numbers, words and short texts can always be written.
                self.item.text(&serde_json::to_string(said).unwrap_or_default());
                WORK
            }
            Item::Unknown { kind, bytes } => {
                // Those of a known kind refer to the names of the entry that they were read from, and a whole entry is not an item.
                debug_assert!(
                    *kind > KNOWN,
                    "an item that was not understood is never written again"
                );
                self.item.raw(bytes);
                *kind
            }
        }
    }

    fn batch(&mut self, batch: &Batch) -> u8 {
        self.agent(&batch.agent);
        self.item
            .push(u8::from(batch.position.is_some()) | u8::from(batch.newest) << 1);
        if let Some((stream, seq)) = &batch.position {
            self.item.text(stream);
            self.item.varint(*seq);
        }
        self.item.varint(batch.readings.len() as u64);
        let mut before = 0_i64;
        let mut next_channel = 0;
        for reading in &batch.readings {
            let channel = self.channel(&reading.channel);
            let at = reading.at.milliseconds();
            let (kind, number) = split(reading.outcome);
            let bit = |holds, bit| if holds { bit } else { 0 };
            let tag = kind
                | bit(reading.claimed.is_some(), AHEAD)
                | bit(at == before, SAME_INSTANT)
                | bit(channel == next_channel, NEXT_CHANNEL);
            self.item.push(tag);
            if tag & NEXT_CHANNEL == 0 {
                self.item.varint(channel);
            }
            next_channel = channel + 1;
            if tag & SAME_INSTANT == 0 {
                self.item.signed(at.wrapping_sub(before));
            }
            before = at;
            match number {
                Number::Scaled(number) => self.item.signed(number),
                Number::Raw(value) => self.item.raw(&value.to_bits().to_le_bytes()),
                Number::Fault(code) => self.item.push(code),
            }
        }
        // Behind all that an earlier program reads.
        for reading in &batch.readings {
            if let Some(claimed) = reading.claimed {
                let by = claimed.since(reading.at);
                self.item.signed(by.milliseconds());
            }
        }
        BATCH
    }

    fn gap(&mut self, gap: &Gap) -> u8 {
        self.agent(&gap.agent);
        self.item.text(&gap.stream);
        self.item.varint(gap.sequence.0);
        self.item.varint(gap.sequence.1);
        self.item.signed(gap.from.milliseconds());
        self.item.signed(gap.to.milliseconds());
        self.item.text(&gap.why);
        GAP
    }

    fn presence(&mut self, presence: &Presence) -> u8 {
        self.agent(&presence.agent);
        self.item
            .push(u8::from(presence.online) | u8::from(presence.clock_synchronised) << 1);
        self.item.varint(presence.sensors.len() as u64);
        for sensor in &presence.sensors {
            self.word(sensor.sensor.as_str());
            self.word(&sensor.driver);
            self.item.varint(sensor.quantities.len() as u64);
            for quantity in &sensor.quantities {
                self.word(quantity.as_str());
            }
            self.item.signed(sensor.interval.milliseconds());
        }
        PRESENCE
    }

    fn action(&mut self, action: &Action) -> u8 {
        self.item.varint(action.alarm);
        self.item.push(match action.kind {
            ActionKind::Acknowledge => 0,
            ActionKind::Reset => 1,
            ActionKind::Shelve { .. } => 2,
            ActionKind::Unshelve => 3,
            ActionKind::OutOfService { .. } => 4,
            ActionKind::ReturnToService => 5,
            ActionKind::AcknowledgeUntil { .. } => 6,
            ActionKind::GiveBack => 7,
        });
        self.item.text(&action.actor.to_string());
        self.item.text(&action.comment);
        self.item.signed(action.at.milliseconds());
        self.item.push(u8::from(action.occurrence.is_some()));
        if let Some(occurrence) = action.occurrence {
            self.item.signed(occurrence.milliseconds());
        }
        match action.kind {
            ActionKind::Shelve { until: at }
            | ActionKind::AcknowledgeUntil { until: at }
            | ActionKind::OutOfService { review: at } => {
                self.item.signed(at.milliseconds());
            }
            _ => {}
        }
        ACTION
    }

    fn system(&mut self, condition: &SystemCondition) -> u8 {
        self.word(condition.kind.as_str());
        self.item.text(&condition.subject);
        self.item.push(u8::from(condition.active));
        self.item.signed(condition.at.milliseconds());
        // Where an earlier program had its sentence, whose place is kept.
        match &condition.report {
            Report::Sentence(sentence) => self.item.text(sentence),
            report => {
                self.item.text("");
                // A report has no map whose keys are not words: it can always be written.
                self.item.text(&serde_json::to_string(report).unwrap_or_default());
            }
        }
        SYSTEM
    }

    fn expectation(&mut self, expectation: &Expectation) -> u8 {
        self.agent(&expectation.agent);
        match &expectation.change {
            ExpectationChange::Learned {
                channel,
                interval,
                at,
            } => {
                self.item.push(LEARNED);
                self.word(channel.sensor.as_str());
                self.word(channel.quantity.as_str());
                self.item.signed(interval.milliseconds());
                self.item.signed(at.milliseconds());
            }
            ExpectationChange::Retired { sensor, by } => {
                self.item.push(RETIRED);
                self.word(sensor.as_str());
                if let Some(by) = by {
                    self.item.text(&by.to_string());
                }
            }
        }
        EXPECTATION
    }

    fn agent(&mut self, name: &AgentName) {
        self.word(name.site.as_str());
        self.word(name.agent.as_str());
    }

    fn word(&mut self, word: &str) {
        let index = self.index(word);
        self.item.varint(index);
    }

    /// A name's index among the entry's names.
    fn index(&mut self, word: &str) -> u64 {
        if let Some(index) = self.words.get(word) {
            return *index;
        }
        let index = self.words.len() as u64;
        self.words.insert(word.to_owned(), index);
        self.names.text(word);
        index
    }

    /// A channel's index among the entry's channels.
    fn channel(&mut self, channel: &Channel) -> u64 {
        if let Some(index) = self.indices.get(channel) {
            return *index;
        }
        let sensor = self.index(channel.sensor.as_str());
        let quantity = self.index(channel.quantity.as_str());
        self.channels.varint(sensor);
        self.channels.varint(quantity);
        let index = self.indices.len() as u64;
        self.indices.insert(channel.clone(), index);
        index
    }
}

enum Number {
    Scaled(i64),
    Raw(f64),
    Fault(u8),
}

/// The shortest exact form of an outcome, and its kind.
fn split(outcome: Outcome) -> (u8, Number) {
    let value = match outcome {
        Ok(value) => value,
        Err(fault) => return (FAULT, Number::Fault(fault.code())),
    };
    for (kind, scale) in (0..).zip(SCALES) {
        // Out of range it saturates and does not read back.
        let number = (value * scale).round() as i64;
        if (number as f64 / scale).to_bits() == value.to_bits() {
            return (kind, Number::Scaled(number));
        }
    }
    (RAW, Number::Raw(value))
}
