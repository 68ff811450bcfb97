//! The streams of earlier starts become few, and a stream is marked on the disk before anybody is told of it. What becomes of which,
//! `plenum_protocol::streams::fold` decides.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use plenum_protocol::streams::fold::{OWN_TOLD_AT_MOST, TOLD_AT_MOST};
use plenum_protocol::streams::{Earlier, StreamId, fold};
use rusqlite::{Transaction, params};

use super::number::Number;
use super::streams::{self, Stream};
use super::{Spool, SpoolError, batch, optional};

/// At a start, before its own streams are drawn.
pub(super) fn fold_earlier(transaction: &Transaction<'_>) -> Result<(), SpoolError> {
    let mut known = BTreeMap::new();
    let mut earlier = Vec::new();
    for stream in streams::load(transaction)? {
        earlier.push(Earlier {
            held: stream.held.clone(),
            told: stream.told || stream.held.through > 0,
            clock: awaited_clock(transaction, &stream)?,
        });
        known.insert(stream.held.stream.clone(), stream);
    }
    let folding = fold(&earlier);
    for stream in folding.forgotten.iter().filter_map(|id| known.get(id)) {
        streams::forget_all(transaction, stream.number)?;
    }
    for ids in &folding.folds {
        let mut streams = ids.iter().filter_map(|id| known.get(id));
        if let Some(first) = streams.next() {
            fold_into(transaction, first, streams)?;
        }
    }
    Ok(())
}

/// The boot whose clock the stream's instants wait for.
fn awaited_clock(transaction: &Transaction<'_>, stream: &Stream) -> Result<Option<i64>, SpoolError> {
    Ok(optional(
        transaction
            .prepare_cached(
                "select o.number from batch b join boot o on o.number = b.boot
                 where b.stream = ?1 and b.seq = ?2 and b.synchronised = 0 and o.offset is null",
            )?
            .query_row(params![stream.number, Number(stream.held.first)], |row| {
                row.get(0)
            }),
    )?)
}

fn fold_into<'a>(
    transaction: &Transaction<'_>,
    first: &Stream,
    later: impl Iterator<Item = &'a Stream>,
) -> Result<(), SpoolError> {
    let mut one = first.clone();
    one.held.stream = streams::name();
    // A notice of loss names its stream.
    if let Some(lost) = &mut one.held.lost {
        lost.stream = one.held.stream.clone();
    }
    for stream in later {
        let shift = one.held.last.cast_signed();
        batch::move_all(transaction, stream.number, one.number, shift)?;
        one.held.take_in(&stream.held);
        transaction.execute(
            "update stream set latest = max(coalesce(latest, other), coalesce(other, latest))
             from (select latest as other from stream where number = ?2) where number = ?1",
            (one.number, stream.number),
        )?;
        streams::forget_all(transaction, stream.number)?;
    }
    transaction.execute(
        "update stream set id = ?2, last = ?3 where number = ?1",
        params![one.number, one.held.stream.as_str(), Number(one.held.last)],
    )?;
    streams::write_loss(transaction, &one)
}

impl Spool {
    /// Marks the streams that are listed and sent from now on; those of which somebody has been told already are among them. So many have
    /// something unacknowledged at most, this start's first: the others wait until some of these are acknowledged.
    pub fn tell(&mut self) -> Result<BTreeSet<StreamId>, SpoolError> {
        let own = [self.urgent, self.routine];
        let open = |stream: &Stream| !stream.held.is_settled() || own.contains(&stream.number);
        let mut told = self
            .streams
            .iter()
            .filter(|stream| stream.told && open(stream))
            .count();
        let mut untold: Vec<usize> = (0..self.streams.len())
            .filter(|index| !self.streams[*index].told)
            .collect();
        let is_own = |index: &usize| own.contains(&self.streams[*index].number);
        untold.sort_by_key(|index| !is_own(index));
        untold.retain(|index| {
            let room = match is_own(index) {
                true => OWN_TOLD_AT_MOST,
                false => TOLD_AT_MOST,
            };
            let fits = told < room;
            told += usize::from(fits);
            fits
        });
        if !untold.is_empty() {
            let transaction = self.connection.transaction()?;
            for index in &untold {
                transaction
                    .prepare_cached("update stream set told = 1 where number = ?1")?
                    .execute([self.streams[*index].number])?;
            }
            transaction.commit()?;
            for index in untold {
                self.streams[index].told = true;
            }
            self.tell_heads();
        }
        let told = self.streams.iter().filter(|stream| stream.told);
        Ok(told.map(|stream| stream.held.stream.clone()).collect())
    }
}
