//! Items as bytes: small, exact, versioned. Names are written once an entry, instants as differences, and values
//! with few decimals as whole numbers.

use std::collections::HashMap;
use std::sync::Arc;

use plenum_protocol::{AgentName, Channel, Duration, Fault, Identifier, Outcome, Quantity, Timestamp};

use super::bytes::{Bytes, Cursor, Damaged};
use plenum_core::fact::{
    Action, ActionKind, Batch, ExpectedSensor, Gap, Item, Presence, StoredReading, SystemCondition,
};

/// The first byte of an entry's body. A reader refuses what it does not know.
const VERSION: u8 = 1;

const BATCH: u8 = 1;
const GAP: u8 = 2;
const PRESENCE: u8 = 3;
const ACTION: u8 = 4;
const REVISION: u8 = 5;
const SYSTEM: u8 = 6;

/// A reading's first byte: the low three bits say what the value is, the others what is left out.
const RAW: u8 = 4;
const FAULT: u8 = 5;
const KIND: u8 = 0b0000_0111;
const AHEAD: u8 = 0b0000_1000;
const SAME_INSTANT: u8 = 0b0001_0000;
const NEXT_CHANNEL: u8 = 0b0010_0000;

/// Tenth powers for values with 0 to 3 decimals.
const SCALES: [f64; 4] = [1.0, 10.0, 100.0, 1_000.0];

/// Writes an entry's items.
pub(super) fn encode(items: &[Item]) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.bytes.push(VERSION);
    encoder.bytes.varint(items.len() as u64);
    for item in items {
        encoder.item(item);
    }
    encoder.bytes.finish()
}

/// Reads what `encode` wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Item>, Damaged> {
    let mut decoder = Decoder {
        cursor: Cursor::new(bytes),
        words: Vec::new(),
        identifiers: Vec::new(),
        channels: Vec::new(),
    };
    if decoder.cursor.byte()? != VERSION {
        return Err(Damaged("its version is unknown"));
    }
    let count = decoder.cursor.count()?;
    let items = (0..count).map(|_| decoder.item()).collect::<Result<_, _>>()?;
    decoder.cursor.end()?;
    Ok(items)
}

#[derive(Default)]
struct Encoder {
    bytes: Bytes,
    words: HashMap<Arc<str>, u64>,
    channels: HashMap<Channel, u64>,
}

impl Encoder {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Batch(batch) => self.batch(batch),
            Item::Gap(gap) => {
                self.bytes.push(GAP);
                self.agent(&gap.agent);
                self.bytes.text(&gap.stream);
                self.bytes.varint(gap.sequence.0);
                self.bytes.varint(gap.sequence.1);
                self.bytes.signed(gap.from.milliseconds());
                self.bytes.signed(gap.to.milliseconds());
                self.bytes.text(&gap.why);
            }
            Item::Presence(presence) => self.presence(presence),
            Item::Action(action) => {
                self.bytes.push(ACTION);
                self.bytes.varint(action.alarm);
                self.bytes.push(match action.kind {
                    ActionKind::Acknowledge => 0,
                    ActionKind::Reset => 1,
                });
                self.bytes.text(&action.actor);
                self.bytes.text(&action.comment);
                self.bytes.signed(action.at.milliseconds());
            }
            Item::Revision(number) => {
                self.bytes.push(REVISION);
                self.bytes.varint(*number);
            }
            Item::System(condition) => {
                self.bytes.push(SYSTEM);
                self.word(condition.kind.as_str());
                self.bytes.text(&condition.subject);
                self.bytes.push(u8::from(condition.active));
                self.bytes.signed(condition.at.milliseconds());
                self.bytes.text(&condition.message);
            }
        }
    }

    fn batch(&mut self, batch: &Batch) {
        self.bytes.push(BATCH);
        self.agent(&batch.agent);
        self.bytes
            .push(u8::from(batch.position.is_some()) | u8::from(batch.newest) << 1);
        if let Some((stream, seq)) = &batch.position {
            self.bytes.text(stream);
            self.bytes.varint(*seq);
        }
        self.bytes.varint(batch.readings.len() as u64);
        let mut before = 0_i64;
        let mut next_channel = 0;
        for reading in &batch.readings {
            let known = self.channels.get(&reading.channel).copied();
            let at = reading.at.milliseconds();
            let (kind, number) = split(reading.outcome);
            let mut tag = kind | if reading.ahead { AHEAD } else { 0 };
            tag |= if at == before { SAME_INSTANT } else { 0 };
            tag |= if known == Some(next_channel) {
                NEXT_CHANNEL
            } else {
                0
            };
            self.bytes.push(tag);
            if tag & NEXT_CHANNEL == 0 {
                self.channel(known, &reading.channel);
            }
            next_channel = known.unwrap_or(self.channels.len() as u64 - 1) + 1;
            if tag & SAME_INSTANT == 0 {
                self.bytes.signed(at.wrapping_sub(before));
            }
            before = at;
            match number {
                Number::Scaled(number) => self.bytes.signed(number),
                Number::Raw(value) => self.bytes.raw(&value.to_bits().to_le_bytes()),
                Number::Fault(code) => self.bytes.push(code),
            }
        }
    }

    fn channel(&mut self, known: Option<u64>, channel: &Channel) {
        let index = known.unwrap_or(self.channels.len() as u64);
        self.bytes.varint(index);
        if known.is_none() {
            self.channels.insert(channel.clone(), index);
            self.word(channel.sensor.as_str());
            self.word(channel.quantity.as_str());
        }
    }

    fn presence(&mut self, presence: &Presence) {
        self.bytes.push(PRESENCE);
        self.agent(&presence.agent);
        self.bytes
            .push(u8::from(presence.online) | u8::from(presence.clock_synchronised) << 1);
        self.bytes.varint(presence.sensors.len() as u64);
        for sensor in &presence.sensors {
            self.word(sensor.sensor.as_str());
            self.word(&sensor.driver);
            self.bytes.varint(sensor.quantities.len() as u64);
            for quantity in &sensor.quantities {
                self.word(quantity.as_str());
            }
            self.bytes.signed(sensor.interval.milliseconds());
        }
    }

    fn agent(&mut self, name: &AgentName) {
        self.word(name.site.as_str());
        self.word(name.agent.as_str());
    }

    fn word(&mut self, word: &str) {
        if let Some(index) = self.words.get(word) {
            self.bytes.varint(*index);
            return;
        }
        let index = self.words.len() as u64;
        self.words.insert(word.into(), index);
        self.bytes.varint(index);
        self.bytes.text(word);
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

struct Decoder<'a> {
    cursor: Cursor<'a>,
    words: Vec<&'a str>,
    /// The words that were asked for as identifiers, so that each is checked and allocated once.
    identifiers: Vec<Option<Identifier>>,
    channels: Vec<Channel>,
}

impl<'a> Decoder<'a> {
    fn item(&mut self) -> Result<Item, Damaged> {
        Ok(match self.cursor.byte()? {
            BATCH => Item::Batch(self.batch()?),
            GAP => Item::Gap(Gap {
                agent: self.agent()?,
                stream: self.cursor.text()?.to_owned(),
                sequence: (self.cursor.varint()?, self.cursor.varint()?),
                from: self.instant()?,
                to: self.instant()?,
                why: self.cursor.text()?.to_owned(),
            }),
            PRESENCE => Item::Presence(self.presence()?),
            ACTION => Item::Action(Action {
                alarm: self.cursor.varint()?,
                kind: match self.cursor.byte()? {
                    0 => ActionKind::Acknowledge,
                    1 => ActionKind::Reset,
                    _ => return Err(Damaged("it holds an unknown action")),
                },
                actor: self.cursor.text()?.to_owned(),
                comment: self.cursor.text()?.to_owned(),
                at: self.instant()?,
            }),
            REVISION => Item::Revision(self.cursor.varint()?),
            SYSTEM => {
                let word = self.word()?.1;
                let kind = word.parse();
                Item::System(SystemCondition {
                    kind: kind.map_err(|_| Damaged("it holds an unknown system condition"))?,
                    subject: self.cursor.text()?.to_owned(),
                    active: self.cursor.byte()? != 0,
                    at: self.instant()?,
                    message: self.cursor.text()?.to_owned(),
                })
            }
            _ => return Err(Damaged("it holds an unknown item")),
        })
    }

    fn batch(&mut self) -> Result<Batch, Damaged> {
        let agent = self.agent()?;
        let flags = self.cursor.byte()?;
        let position = match flags & 1 {
            0 => None,
            _ => Some((self.cursor.text()?.to_owned(), self.cursor.varint()?)),
        };
        let count = self.cursor.count()?;
        let mut readings = Vec::with_capacity(count);
        let mut before = 0_i64;
        let mut next_channel = 0;
        for _ in 0..count {
            let tag = self.cursor.byte()?;
            let index = match tag & NEXT_CHANNEL {
                0 => self.channel_index()?,
                _ => next_channel,
            };
            let channel = self.channels.get(index);
            let channel = channel.ok_or(Damaged("it names an unknown channel"))?.clone();
            next_channel = index + 1;
            if tag & SAME_INSTANT == 0 {
                before = before.wrapping_add(self.cursor.signed()?);
            }
            readings.push(StoredReading {
                channel,
                at: Timestamp::from_milliseconds(before),
                outcome: self.outcome(tag & KIND)?,
                ahead: tag & AHEAD != 0,
            });
        }
        Ok(Batch {
            agent,
            position,
            newest: flags & 2 != 0,
            readings,
        })
    }

    fn outcome(&mut self, kind: u8) -> Result<Outcome, Damaged> {
        match kind {
            RAW => Ok(Ok(f64::from_bits(u64::from_le_bytes(self.cursor.array()?)))),
            FAULT => Ok(Err(Fault::from_code(self.cursor.byte()?))),
            _ => {
                let scale = SCALES.get(usize::from(kind));
                let scale = scale.ok_or(Damaged("it holds an unknown kind of value"))?;
                Ok(Ok(self.cursor.signed()? as f64 / scale))
            }
        }
    }

    fn channel_index(&mut self) -> Result<usize, Damaged> {
        let index = self.cursor.index()?;
        if index == self.channels.len() {
            let channel = Channel {
                sensor: self.identifier()?,
                quantity: self.quantity()?,
            };
            self.channels.push(channel);
        }
        Ok(index)
    }

    fn presence(&mut self) -> Result<Presence, Damaged> {
        let agent = self.agent()?;
        let flags = self.cursor.byte()?;
        let count = self.cursor.count()?;
        let mut sensors = Vec::with_capacity(count);
        for _ in 0..count {
            let sensor = self.identifier()?;
            let driver = self.word()?.1.to_owned();
            let quantities = self.cursor.count()?;
            sensors.push(ExpectedSensor {
                sensor,
                driver,
                quantities: (0..quantities)
                    .map(|_| self.quantity())
                    .collect::<Result<_, _>>()?,
                interval: Duration::from_milliseconds(self.cursor.signed()?),
            });
        }
        Ok(Presence {
            agent,
            online: flags & 1 != 0,
            clock_synchronised: flags & 2 != 0,
            sensors,
        })
    }

    fn agent(&mut self) -> Result<AgentName, Damaged> {
        Ok(AgentName {
            site: self.identifier()?,
            agent: self.identifier()?,
        })
    }

    fn instant(&mut self) -> Result<Timestamp, Damaged> {
        self.cursor.signed().map(Timestamp::from_milliseconds)
    }

    fn quantity(&mut self) -> Result<Quantity, Damaged> {
        let word = self.word()?.1;
        word.parse().map_err(|_| Damaged("it names an unknown quantity"))
    }

    fn identifier(&mut self) -> Result<Identifier, Damaged> {
        let (index, word) = self.word()?;
        if let Some(identifier) = &self.identifiers[index] {
            return Ok(identifier.clone());
        }
        let identifier: Identifier = word
            .parse()
            .map_err(|_| Damaged("it holds a name that is not a valid identifier"))?;
        self.identifiers[index] = Some(identifier.clone());
        Ok(identifier)
    }

    fn word(&mut self) -> Result<(usize, &'a str), Damaged> {
        let index = self.cursor.index()?;
        if index == self.words.len() {
            self.words.push(self.cursor.text()?);
            self.identifiers.push(None);
        }
        let word = self.words.get(index);
        Ok((index, word.ok_or(Damaged("it refers to an unknown name"))?))
    }
}

#[cfg(test)]
mod tests;
