//! Reads items of every version that was ever written, and sets apart what a later program wrote.

use plenum_core::fact::{
    Action, ActionKind, Batch, Expectation, ExpectationChange, ExpectedSensor, Gap, Item, Presence, Report,
    StoredReading, SystemCondition, Words,
};
use plenum_protocol::{AgentName, Channel, Duration, Fault, Identifier, Outcome, Timestamp};

use super::{
    ACTION, AHEAD, AUDITED, BATCH, EXPECTATION, FAULT, GAP, IN_PLACE, KIND, LEARNED, NAMES_FIRST,
    NEXT_CHANNEL, PRESENCE, RAW, RETIRED, REVISION, SAME_INSTANT, SCALES, SYSTEM, UNUSED, WHOLE, WORDS, WORK,
};
use crate::journal::bytes::{Cursor, Damaged};

/// What an entry says.
#[derive(Debug)]
pub(in crate::journal) struct Decoded {
    /// Its items, in order.
    pub(in crate::journal) items: Vec<Item>,
    /// What is lost with the batches among them that are unknown.
    pub(in crate::journal) unread: Vec<Gap>,
}

/// Reads an entry's items; an entry of a later version is one unknown item.
pub(in crate::journal) fn read(bytes: &[u8]) -> Result<Decoded, Damaged> {
    match bytes.first() {
        Some(version) if *version > NAMES_FIRST => Ok(Decoded {
            items: vec![Item::Unknown {
                kind: WHOLE,
                bytes: bytes.to_vec(),
            }],
            unread: Vec::new(),
        }),
        _ => decode(bytes),
    }
}

/// Reads an entry of a version that is known.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Damaged> {
    let mut decoder = Decoder {
        cursor: Cursor::new(bytes),
        in_place: false,
        words: Vec::new(),
        identifiers: Vec::new(),
        channels: Vec::new(),
        unread: Vec::new(),
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
    Ok(Decoded {
        items,
        unread: decoder.unread,
    })
}

/// Why an item is not read.
enum Obstacle {
    /// Its bytes are wrong.
    Damaged(Damaged),
    /// A word, a name or a form in it is a later program's.
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
    /// What is lost with the batches that could not be read.
    unread: Vec<Gap>,
}

/// How far a batch's readings have been read.
#[derive(Default)]
struct Walk {
    /// The instant of the reading before, in milliseconds.
    before: i64,
    next_channel: usize,
    /// The first and the last instant among them.
    span: Option<(Timestamp, Timestamp)>,
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
            ACTION => Item::Action(self.action()?),
            REVISION => Item::Revision(self.cursor.varint()?),
            SYSTEM => {
                let kind = self.word()?.1.parse();
                Item::System(SystemCondition {
                    kind: kind.map_err(|_| Obstacle::Unknown("it holds an unknown system condition"))?,
                    subject: self.cursor.text()?.to_owned(),
                    active: self.cursor.byte()? != 0,
                    at: self.instant()?,
                    report: self.report()?,
                })
            }
            EXPECTATION => Item::Expectation(Expectation {
                agent: self.agent()?,
                change: self.expectation()?,
            }),
            WORDS => Item::Words(Words {
                agent: self.agent()?,
                sensor: self.identifier()?,
                words: self.cursor.text()?.to_owned(),
            }),
            AUDITED => {
                let audited = serde_json::from_str(self.cursor.text()?);
                let unknown = |_| Obstacle::Unknown("it holds an unknown deed");
                Item::Audited(audited.map_err(unknown)?)
            }
            WORK => {
                let said = serde_json::from_str(self.cursor.text()?);
                let unknown = |_| Obstacle::Unknown("it says something unknown of work");
                Item::Work(said.map_err(unknown)?)
            }
            _ => return Err(Obstacle::Unknown("it holds an unknown item")),
        })
    }

    /// Stands behind an earlier program's sentence. One that this program does not know is told by its kind and subject alone.
    fn report(&mut self) -> Result<Report, Damaged> {
        let sentence = self.cursor.text()?.to_owned();
        if self.in_place || self.cursor.is_empty() {
            return Ok(Report::Sentence(sentence));
        }
        let report = serde_json::from_str(self.cursor.text()?);
        Ok(report.unwrap_or(Report::Sentence(sentence)))
    }

    fn expectation(&mut self) -> Result<ExpectationChange, Obstacle> {
        match self.cursor.byte()? {
            LEARNED => Ok(ExpectationChange::Learned {
                channel: self.named_channel()?,
                interval: Duration::from_milliseconds(self.cursor.signed()?),
                at: self.instant()?,
            }),
            RETIRED => Ok(ExpectationChange::Retired {
                sensor: self.identifier()?,
                // Earlier programs knew revisions alone.
                by: match self.in_place || self.cursor.is_empty() {
                    true => None,
                    false => Some(self.cursor.text()?.to_owned().into()),
                },
            }),
            _ => Err(Obstacle::Unknown("it holds an unknown expectation")),
        }
    }

    fn action(&mut self) -> Result<Action, Obstacle> {
        let alarm = self.cursor.varint()?;
        let kind = self.cursor.byte()?;
        let (actor, comment) = (self.cursor.text()?, self.cursor.text()?);
        let (at, occurrence) = (self.instant()?, self.occurrence()?);
        Ok(Action {
            alarm,
            // The instant that some are about stands behind all that the others have.
            kind: match kind {
                0 => ActionKind::Acknowledge,
                1 => ActionKind::Reset,
                2 => ActionKind::Shelve {
                    until: self.instant()?,
                },
                3 => ActionKind::Unshelve,
                4 => ActionKind::OutOfService {
                    review: self.instant()?,
                },
                5 => ActionKind::ReturnToService,
                6 => ActionKind::AcknowledgeUntil {
                    until: self.instant()?,
                },
                7 => ActionKind::GiveBack,
                _ => return Err(Obstacle::Unknown("it holds an unknown action")),
            },
            actor: actor.to_owned().into(),
            comment: comment.to_owned(),
            at,
            occurrence,
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
        let (mut walk, mut unknown) = (Walk::default(), None);
        for _ in 0..count {
            match self.reading(&mut walk) {
                Ok(Some(reading)) => readings.push(reading),
                Ok(None) => unknown = Some(UNKNOWN_QUANTITY),
                // Where the next reading begins is known no more, and so the end of the gap is the last instant that was.
                Err(obstacle @ Obstacle::Unknown(_)) => {
                    unknown = Some(obstacle);
                    break;
                }
                Err(damaged) => return Err(damaged),
            }
        }
        if let Some(obstacle) = unknown {
            let (stream, sequence) = position.unwrap_or_default();
            self.unread.extend(walk.span.map(|(from, to)| Gap {
                agent,
                stream,
                sequence: (sequence, sequence),
                from,
                to,
                why: "written by a later program, which can read it".to_owned(),
            }));
            return Err(obstacle);
        }
        self.claims(&mut readings)?;
        Ok(Batch {
            agent,
            position,
            newest: flags & 2 != 0,
            readings,
        })
    }

    /// What moved readings claimed stands behind them; an earlier program did not write it.
    fn claims(&mut self, readings: &mut [StoredReading]) -> Result<(), Damaged> {
        if self.in_place || self.cursor.is_empty() {
            return Ok(());
        }
        for reading in readings.iter_mut().filter(|reading| reading.claimed.is_some()) {
            let by = Duration::from_milliseconds(self.cursor.signed()?);
            reading.claimed = Some(reading.at + by);
        }
        Ok(())
    }

    /// `None`: its quantity is a later program's.
    fn reading(&mut self, walk: &mut Walk) -> Result<Option<StoredReading>, Obstacle> {
        let tag = self.cursor.byte()?;
        if tag & UNUSED != 0 {
            return Err(Obstacle::Unknown("it holds an unknown form of reading"));
        }
        let index = match tag & NEXT_CHANNEL {
            0 => self.channel_index()?,
            _ => walk.next_channel,
        };
        let channel = self.channels.get(index);
        let channel = channel.ok_or(Damaged("it names an unknown channel"))?.clone();
        walk.next_channel = index + 1;
        if tag & SAME_INSTANT == 0 {
            walk.before = walk.before.wrapping_add(self.cursor.signed()?);
        }
        let at = Timestamp::from_milliseconds(walk.before);
        let (from, to) = walk.span.unwrap_or((at, at));
        walk.span = Some((from.min(at), to.max(at)));
        let outcome = self.outcome(tag & KIND)?;
        Ok(channel.map(|channel| StoredReading {
            channel,
            at,
            outcome,
            claimed: (tag & AHEAD != 0).then_some(at),
        }))
    }

    fn outcome(&mut self, kind: u8) -> Result<Outcome, Obstacle> {
        match kind {
            RAW => Ok(Ok(f64::from_bits(u64::from_le_bytes(self.cursor.array()?)))),
            FAULT => Ok(Err(Fault::from_code(self.cursor.byte()?))),
            _ => {
                let scale = SCALES.get(usize::from(kind));
                let scale = scale.ok_or(Obstacle::Unknown("it holds an unknown kind of value"))?;
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
        // Both are read, whatever they say: the next channel stands behind them.
        let (sensor, word) = (self.identifier(), self.word()?.1);
        let quantity = word.parse().map_err(|_| UNKNOWN_QUANTITY);
        Ok(Channel {
            sensor: sensor?,
            quantity: quantity?,
        })
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

    fn agent(&mut self) -> Result<AgentName, Obstacle> {
        Ok(AgentName {
            site: self.identifier()?,
            agent: self.identifier()?,
        })
    }

    fn instant(&mut self) -> Result<Timestamp, Damaged> {
        self.cursor.signed().map(Timestamp::from_milliseconds)
    }

    fn identifier(&mut self) -> Result<Identifier, Obstacle> {
        let (index, word) = self.word()?;
        if let Some(identifier) = &self.identifiers[index] {
            return Ok(identifier.clone());
        }
        let identifier: Identifier = word
            .parse()
            .map_err(|_| Obstacle::Unknown("it holds a name that is not a valid identifier"))?;
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
