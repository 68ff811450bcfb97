//! The look at the whole journal when it is opened: what is damaged, what is missing, where numbers go on.

use plenum_core::fact::{Finding, Item};
use rusqlite::{Connection, params};

use super::frame::{self, GENESIS, Hash};
use super::head::Head;
use super::schema;

/// What was found.
pub(super) struct Verdict {
    /// Where the journal goes on.
    pub(super) head: Head,
    /// Bytes of the good entries.
    pub(super) bytes: u64,
    /// Items of a later program, which are kept.
    pub(super) unknown: u64,
    /// The entries that they stand in, in order.
    pub(super) kept: Vec<u64>,
    /// What is wrong; empty if all is well.
    pub(super) findings: Vec<Finding>,
}

/// The walk along the chain: the last number seen and its hash, if that is known.
struct Walk {
    number: u64,
    hash: Option<Hash>,
    received: plenum_protocol::Timestamp,
    bytes: u64,
    unknown: u64,
    kept: Vec<u64>,
    findings: Vec<Finding>,
}

/// Walks the chain; sets damaged entries aside and notes holes, so that each is reported once.
pub(super) fn verify(connection: &Connection, file: Option<Head>) -> rusqlite::Result<Verdict> {
    let base = schema::base(connection)?;
    let (number, hash) = base.unwrap_or((0, GENESIS));
    let mut walk = Walk {
        number,
        hash: Some(hash),
        received: plenum_protocol::Timestamp::MIN,
        bytes: 0,
        unknown: 0,
        kept: Vec::new(),
        findings: Vec::new(),
    };
    let numbers: Vec<u64> = connection
        .prepare("select number from journal order by number")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for number in numbers {
        walk.step(connection, number)?;
    }
    walk.finish(connection, file)
}

impl Walk {
    fn step(&mut self, connection: &Connection, number: u64) -> rusqlite::Result<()> {
        let blob: Vec<u8> = connection
            .prepare_cached("select blob from journal where number = ?1")?
            .query_row([number], |row| row.get(0))?;
        let known_break = schema::break_before(connection, number)?;
        if let Some(hash) = known_break {
            self.hash = hash;
        } else if number != self.number + 1 {
            self.findings.push(Finding::Missing {
                from: self.number + 1,
                to: number - 1,
            });
            self.hash = None;
            schema::add_break(connection, number, None)?;
        }
        self.number = number;
        match frame::open(number, &blob, self.hash.as_ref()) {
            Ok((entry, hash)) => {
                self.hash = hash;
                self.received = self.received.max(entry.received);
                self.bytes += blob.len() as u64;
                let unknown = |item: &&Item| matches!(item, Item::Unknown { .. });
                let unknown = entry.items.iter().filter(unknown).count();
                if unknown > 0 {
                    self.unknown += unknown as u64;
                    self.kept.push(number);
                }
            }
            Err(why) => {
                self.findings.push(Finding::Entry {
                    number,
                    why: why.to_string(),
                });
                self.hash = None;
                connection.execute(
                    "insert into journal_damaged values (?1, ?2, ?3)",
                    params![number, why.to_string(), blob],
                )?;
                connection.execute("delete from journal where number = ?1", [number])?;
                schema::add_break(connection, number + 1, None)?;
            }
        }
        Ok(())
    }

    fn finish(mut self, connection: &Connection, file: Option<Head>) -> rusqlite::Result<Verdict> {
        let mut head = Head {
            number: self.number,
            received: self.received,
            hash: self.hash.unwrap_or(GENESIS),
        };
        if let Some(file) = file {
            head.received = head.received.max(file.received);
            if file.number > head.number {
                self.findings.push(Finding::Shortened {
                    from: head.number + 1,
                    to: file.number,
                });
                head.number = file.number;
                head.hash = file.hash;
                schema::add_break(connection, file.number + 1, Some(&file.hash))?;
            } else if file.number == head.number {
                match self.hash {
                    Some(hash) if hash != file.hash => {
                        self.findings.push(Finding::OtherTimes { number: file.number })
                    }
                    Some(_) => {}
                    // It is damaged or a later program's, and only the file knows.
                    None => head.hash = file.hash,
                }
            }
        }
        Ok(Verdict {
            head,
            bytes: self.bytes,
            unknown: self.unknown,
            kept: self.kept,
            findings: self.findings,
        })
    }
}
