//! Reads items of every version that was ever written.

use plenum_core::fact::{
    Action, ActionKind, Batch, ExpectedSensor, Gap, Item, Presence, StoredReading, SystemCondition,
};
use plenum_protocol::{AgentName, Channel, Duration, Fault, Identifier, Outcome, Timestamp};

use super::{
    ACTION, AHEAD, BATCH, FAULT, GAP, IN_PLACE, KIND, NAMES_FIRST, NEXT_CHANNEL, PRESENCE, RAW, REVISION,
    SAME_INSTANT, SCALES, SYSTEM,
};
use crate::journal::bytes::{Cursor, Damaged};

/// Reads an entry's items.
pub(in crate::journal) fn decode(bytes: &[u8]) -> Result<Vec<Item>, Damaged> {
    let mut decoder = Decoder {
        cursor: Cursor::new(bytes),
        in_place: false,
        words: Vec::new(),
        identifiers: Vec::new(),
        channels: Vec::new(),
    };
    match decoder.cursor.byte()? {
        IN_PLACE => decoder.in_place = true,
        NAMES_FIRST => decoder.names()?,
        _ => return Err(Damaged("its version is unknown")),
    }
    let count = decoder.cursor.count()?;
    let mut items = Vec::with_capacity(count);
    for _ in 0..count {
        items.push(match decoder.in_place {
            true => decoder.bare()?,
            false => decoder.with_its_length()?,
        });
    }
    decoder.cursor.end()?;
    Ok(items)
}

/// Why an item is not read.
enum Obstacle {
    /// Its bytes are wrong.
    Damaged(Damaged),
    /// A word or a kind in it is a later program's.
    Unknown(&'static str),
}

impl From<Damaged> for Obstacle {
    fn from(damaged: Damaged) -> Self {
        Self::Damaged(damaged)
    }
}

struct Decoder<'a> {
    cursor: Cursor<'a>,
    /// Names and channels stand where they are first used.
    in_place: bool,
    words: Vec<&'a str>,
    /// The words that were asked for as identifiers, so that each is checked and allocated once.
    identifiers: Vec<Option<Identifier>>,
    /// `None`: its quantity is a later program's.
    channels: Vec<Option<Channel>>,
}

impl<'a> Decoder<'a> {
    /// An item of version 1: without a length nothing in it can be skipped.
    fn bare(&mut self) -> Result<Item, Damaged> {
        let kind = self.cursor.byte()?;
        self.item(kind).map_err(|obstacle| match obstacle {
            Obstacle::Damaged(damaged) => damaged,
            Obstacle::Unknown(what) => Damaged(what),
        })
    }

    fn with_its_length(&mut self) -> Result<Item, Damaged> {
        let kind = self.cursor.byte()?;
        let length = self.cursor.index()?;
        let bytes = self.cursor.take(length)?;
        let rest = std::mem::replace(&mut self.cursor, Cursor::new(bytes));
        let item = self.item(kind);
        self.cursor = rest;
        match item {
            Ok(item) => Ok(item),
            Err(Obstacle::Damaged(damaged)) => Err(damaged),
            Err(Obstacle::Unknown(_)) => Ok(Item::Unknown {
                kind,
                bytes: bytes.to_vec(),
            }),
        }
    }

    /// The names and channels that stand before the items of version 2.
    fn names(&mut self) -> Result<(), Damaged> {
        for _ in 0..self.cursor.count()? {
            self.words.push(self.cursor.text()?);
            self.identifiers.push(None);
        }
        for _ in 0..self.cursor.count()? {
            match self.named_channel() {
                Ok(channel) => self.channels.push(Some(channel)),
                Err(Obstacle::Unknown(_)) => self.channels.push(None),
                Err(Obstacle::Damaged(damaged)) => return Err(damaged),
            }
        }
        Ok(())
    }

    fn item(&mut self, kind: u8) -> Result<Item, Obstacle> {
        Ok(match kind {
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
                    _ => return Err(Obstacle::Unknown("it holds an unknown action")),
                },
                actor: self.cursor.text()?.to_owned().into(),
                comment: self.cursor.text()?.to_owned(),
                at: self.instant()?,
                occurrence: self.occurrence()?,
            }),
            REVISION => Item::Revision(self.cursor.varint()?),
            SYSTEM => {
                let kind = self.word()?.1.parse();
                Item::System(SystemCondition {
                    kind: kind.map_err(|_| Obstacle::Unknown("it holds an unknown system condition"))?,
                    subject: self.cursor.text()?.to_owned(),
                    active: self.cursor.byte()? != 0,
                    at: self.instant()?,
                    message: self.cursor.text()?.to_owned(),
                })
            }
            _ => return Err(Obstacle::Unknown("it holds an unknown item")),
        })
    }

    /// Stands behind an action since acknowledgements name what was seen.
    fn occurrence(&mut self) -> Result<Option<Timestamp>, Damaged> {
        if self.in_place || self.cursor.is_empty() || self.cursor.byte()? == 0 {
            return Ok(None);
        }
        Ok(Some(self.instant()?))
    }

    fn batch(&mut self) -> Result<Batch, Obstacle> {
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
            let channel = self
                .channels
                .get(index)
                .ok_or(Damaged("it names an unknown channel"))?;
            let channel = channel.clone().ok_or(UNKNOWN_QUANTITY)?;
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

    fn channel_index(&mut self) -> Result<usize, Obstacle> {
        let index = self.cursor.index()?;
        if self.in_place && index == self.channels.len() {
            let channel = self.named_channel()?;
            self.channels.push(Some(channel));
        }
        Ok(index)
    }

    fn named_channel(&mut self) -> Result<Channel, Obstacle> {
        let sensor = self.identifier()?;
        let word = self.word()?.1;
        let quantity = word.parse().map_err(|_| UNKNOWN_QUANTITY)?;
        Ok(Channel { sensor, quantity })
    }

    fn presence(&mut self) -> Result<Presence, Obstacle> {
        let agent = self.agent()?;
        let flags = self.cursor.byte()?;
        let count = self.cursor.count()?;
        let mut sensors = Vec::with_capacity(count);
        for _ in 0..count {
            let sensor = self.identifier()?;
            let driver = self.word()?.1.to_owned();
            let mut quantities = Vec::new();
            for _ in 0..self.cursor.count()? {
                let word = self.word()?.1;
                quantities.push(word.parse().map_err(|_| UNKNOWN_QUANTITY)?);
            }
            sensors.push(ExpectedSensor {
                sensor,
                driver,
                quantities,
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
        if self.in_place && index == self.words.len() {
            self.words.push(self.cursor.text()?);
            self.identifiers.push(None);
        }
        let word = self.words.get(index);
        Ok((index, word.ok_or(Damaged("it refers to an unknown name"))?))
    }
}

const UNKNOWN_QUANTITY: Obstacle = Obstacle::Unknown("it names an unknown quantity");
