//! Every batch of a damaged file that can be read: by the table first, over what cannot be read to the next row that can, then each that is
//! still missing by its number.

use std::collections::BTreeSet;

use plenum_protocol::streams::StreamId;
use rusqlite::{Connection, OptionalExtension};

use crate::spool::batch::{COLUMNS, Row};
use crate::spool::{SpoolError, streams};

/// Rows that are written together.
const AT_ONCE: u64 = 2_000;
/// Numbers that are asked for one by one at most.
const ASKED: u64 = 100_000;

/// The way from the damaged file into the new one.
pub(super) struct Rows<'a> {
    broken: &'a Connection,
    into: &'a Connection,
    columns: String,
    saved: u64,
}

impl<'a> Rows<'a> {
    pub(super) fn new(broken: &'a Connection, into: &'a Connection) -> Self {
        let sealed = broken.prepare("select seal from batch").is_ok();
        let seal = if sealed { "seal" } else { "null" };
        Self {
            broken,
            into,
            columns: format!("{COLUMNS}, {seal}"),
            saved: 0,
        }
    }

    /// Gives each stream whose name is not a valid one another.
    pub(super) fn name_streams(&self) -> Result<(), SpoolError> {
        let mut statement = self.into.prepare("select number, id from stream")?;
        let all = statement.query_map((), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        for found in all {
            let (number, id) = found?;
            if id.parse::<StreamId>().is_err() {
                self.into.execute(
                    "update stream set id = ?2 where number = ?1",
                    (number, streams::name().as_str()),
                )?;
            }
        }
        self.into.execute(
            "delete from stream where last < 0 or last >= 1 << 53 or number < 1",
            (),
        )?;
        self.into
            .execute("update stream set through = max(0, min(through, last))", ())?;
        Ok(())
    }

    /// Saves all that can be read. Returns how many batches that are.
    pub(super) fn save(mut self) -> Result<u64, SpoolError> {
        self.into.execute_batch("begin")?;
        let mut at = i64::MIN;
        while let Some(number) = self.next_number(at) {
            at = number;
            self.save_where("number = ?1", [number])?;
        }
        for (stream, first, last) in self.spans()? {
            let there = self.numbers(stream)?;
            let missing = (first..=last).filter(|seq| !there.contains(seq));
            for seq in missing.take(ASKED as usize) {
                self.save_where("stream = ?1 and seq = ?2", [stream, seq])?;
            }
        }
        self.into.execute_batch("commit")?;
        Ok(self.saved)
    }

    /// The next row's number, over a part that cannot be read.
    fn next_number(&self, after: i64) -> Option<i64> {
        let next = |after: i64| -> rusqlite::Result<Option<i64>> {
            let found = self
                .broken
                .prepare_cached("select number from batch where number > ?1 order by number limit 1")?
                .query_row([after], |row| row.get(0))
                .optional()?;
            // Pages that point at each other must not lead round in a circle.
            Ok(found.filter(|found| *found > after))
        };
        if let Ok(found) = next(after) {
            return found;
        }
        let after = after.max(0);
        let mut step = 1i64;
        while next(after.checked_add(step)?).is_err() {
            step = step.checked_mul(2)?;
        }
        // Somewhere between half of it and all of it begins what can be read.
        let (mut bad, mut good) = (step / 2, step);
        while good - bad > 1 {
            let middle = bad + (good - bad) / 2;
            match next(after + middle) {
                Ok(_) => good = middle,
                Err(_) => bad = middle,
            }
        }
        next(after + good).ok().flatten()
    }

    /// The lowest and the highest number that a stream may hold, as far as that is known.
    fn spans(&self) -> Result<Vec<(i64, i64, i64)>, SpoolError> {
        let mut statement = self
            .into
            .prepare("select s.number, s.through + 1, s.last from stream s order by s.number")?;
        let spans = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(spans.collect::<Result<_, _>>()?)
    }

    fn numbers(&self, stream: i64) -> Result<BTreeSet<i64>, SpoolError> {
        let mut statement = self
            .into
            .prepare_cached("select seq from batch where stream = ?1")?;
        let numbers = statement.query_map([stream], |row| row.get(0))?;
        Ok(numbers.collect::<Result<_, _>>()?)
    }

    fn save_where(&mut self, condition: &str, parameters: impl rusqlite::Params) -> Result<(), SpoolError> {
        let sql = format!("select {} from batch where {condition}", self.columns);
        let Ok(mut statement) = self.broken.prepare_cached(&sql) else {
            return Ok(());
        };
        let Ok(row) = statement.query_row(parameters, Row::sound) else {
            return Ok(());
        };
        let Some(row) = row else {
            return Ok(());
        };
        self.keep(&row)
    }

    fn keep(&mut self, row: &Row) -> Result<(), SpoolError> {
        let known = self
            .into
            .prepare_cached("update stream set last = max(last, ?2) where number = ?1")?
            .execute((row.stream, row.seq.cast_signed()))?;
        if known == 0 {
            // Its stream is lost: the batch goes out under another name.
            self.into
                .prepare_cached(
                    "insert into stream(number, id, urgent, last, through) values (?1, ?2, 0, ?3, 0)",
                )?
                .execute((row.stream, streams::name().as_str(), row.seq.cast_signed()))?;
        }
        match row.insert(self.into) {
            Ok(()) => self.saved += 1,
            // It is there already: two pages say the same.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {}
            Err(error) => return Err(error.into()),
        }
        if self.saved.is_multiple_of(AT_ONCE) {
            self.into.execute_batch("commit; begin")?;
        }
        Ok(())
    }
}
