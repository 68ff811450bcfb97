//! A batch that cannot be read back is given up when its turn comes, so that no stream stands behind it.

use plenum_protocol::streams::StreamId;

use super::number::Number;
use super::streams::{self, Stream};
use super::{Dropped, Spool, SpoolError, lost, reader, space};

/// Why, as the collector is told.
pub(super) const BROKE: &str = "a card that broke: a batch could not be read back";

impl Spool {
    /// Gives up a batch that cannot be read back, or that is not there between others, once everything before it is acknowledged.
    /// Returns whether it did.
    pub fn give_up_unreadable(&mut self, stream: &StreamId, seq: u64) -> Result<bool, SpoolError> {
        let Some(index) = self.streams.iter().position(|known| known.held.stream == *stream) else {
            return Ok(false);
        };
        let held = &self.streams[index].held;
        let noted = self.notes.look().acknowledged.get(stream).copied();
        let through = noted.unwrap_or(held.through).min(held.last);
        if through + 1 < seq || seq <= through || seq < held.first || seq > held.last {
            return Ok(false);
        }
        // The reader may have been unlucky, or late; what the writer remembers of the page is not asked.
        self.connection.execute_batch("pragma shrink_memory")?;
        if matches!(reader::read(&self.connection, "", stream, seq), Ok(Some(_))) {
            return Ok(false);
        }
        let last = self.last_of_hole(index, seq);
        let mut streams = self.streams.clone();
        let dropped = match self.delete_lost(&mut streams[index], (seq, last)) {
            Err(error) if error.is_unreadable() => {
                // Not even deleting it works: it is passed over, and what else can be read is saved at the next start.
                self.mark_suspect();
                streams = self.streams.clone();
                self.pass_over(&mut streams[index], (seq, last))?
            }
            other => other?,
        };
        tracing::error!(%stream, from = seq, to = last, readings = dropped.readings, "batches that cannot be read back are given up");
        self.dropped.add(dropped);
        self.streams = streams;
        self.tell_heads();
        Ok(true)
    }

    /// The last number that is missing in a row from `seq` on; `seq` itself if there is a row.
    fn last_of_hole(&self, index: usize, seq: u64) -> u64 {
        let Stream { number, held, .. } = &self.streams[index];
        let next: Result<Option<Number>, _> = self.connection.query_row(
            "select min(seq) from batch where stream = ?1 and seq >= ?2",
            (number, Number(seq)),
            |row| row.get(0),
        );
        match next {
            Ok(Some(Number(next))) => (next.max(seq + 1) - 1).min(held.last),
            Ok(None) => held.last,
            Err(_) => seq,
        }
    }

    fn delete_lost(&mut self, stream: &mut Stream, (seq, last): (u64, u64)) -> Result<Dropped, SpoolError> {
        let transaction = self.connection.transaction()?;
        streams::apply_through(&transaction, stream, seq - 1)?;
        let mut dropped = space::give_up_through(&transaction, stream, last, BROKE)?;
        transaction.commit()?;
        dropped.batches = last + 1 - seq;
        Ok(dropped)
    }

    fn pass_over(&mut self, stream: &mut Stream, (seq, last): (u64, u64)) -> Result<Dropped, SpoolError> {
        let transaction = self.connection.transaction()?;
        streams::apply_through(&transaction, stream, seq - 1)?;
        let id = stream.held.stream.clone();
        streams::note_loss(
            &transaction,
            stream,
            lost(&id, (seq, last), (None, None), 0, BROKE),
        )?;
        stream.held.first = last + 1;
        transaction.commit()?;
        Ok(Dropped {
            batches: last + 1 - seq,
            readings: 0,
        })
    }
}
