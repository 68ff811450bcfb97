//! The look at every chunk after a start, a few at a time: damage is found and said before somebody asks for it.

use std::collections::HashMap;

use plenum_protocol::Duration;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::chunk::Chunk;
use super::point::period_of;
use super::schema;
use super::store::History;
use crate::database::DatabaseError;

/// Chunks and bytes that one look reads at most, so that no snapshot is held for long.
const CHUNKS: usize = 256;
const BYTES: usize = 4 << 20;
/// Between two looks, so that intake has the disk.
const PAUSE: Duration = Duration::from_milliseconds(100);

/// What one look found.
struct Looked {
    /// Where to go on; nothing at the end.
    next: Option<i64>,
    /// Chunks that cannot be read.
    damaged: u64,
    /// Whether keys do not rise, or lie outside of what is written of their series: what is searched by them is not found.
    disordered: bool,
}

impl History {
    /// Looks at every chunk once. When all are whole and nothing else was found, a condition of before is over.
    pub async fn check(self, stop: CancellationToken) {
        let ended = stop.run_until_cancelled(self.look_at_all()).await.is_some();
        self.0.checked.store(ended, std::sync::atomic::Ordering::Release);
    }

    async fn look_at_all(&self) {
        let mut next = Some(i64::MIN);
        let mut damaged = 0;
        while let Some(from) = next {
            let history = self.clone();
            let look = move || history.0.file.read(|connection| look(connection, from));
            let Ok(looked) = tokio::task::spawn_blocking(look).await else {
                // The program is being stopped: what was not looked at is not called whole.
                return std::future::pending().await;
            };
            match looked {
                Ok(looked) => {
                    damaged += looked.damaged;
                    next = looked.next;
                    if looked.disordered {
                        self.0
                            .file
                            .damage
                            .note("chunks do not lie in their order".to_owned());
                        self.0.file.damage.ask_for_repair();
                        return;
                    }
                }
                // It is begun anew at this moment, or the disk is busy.
                Err(
                    DatabaseError::Closed { .. } | DatabaseError::Busy { .. } | DatabaseError::Full { .. },
                ) => {}
                // Whatever else it is, it would be the same the next time.
                Err(error) => {
                    self.0.file.damage.note(error.to_string());
                    self.0.file.damage.ask_for_repair();
                    return;
                }
            }
            if next.is_none() {
                break;
            }
            self.0.clock.sleep(PAUSE).await;
        }
        let history = self.clone();
        let ends = move || history.0.file.read(schema::missing_ends);
        if let Ok(Ok(missing @ 1..)) = tokio::task::spawn_blocking(ends).await {
            let finding = format!("{missing} series do not begin or end where it is written");
            self.0.file.damage.note(finding);
            self.0.file.damage.ask_for_repair();
            return;
        }
        if damaged > 0 {
            let finding = format!("{damaged} chunks cannot be read: their hours are unknown");
            self.0.file.damage.note(finding);
        }
    }
}

fn look(connection: &Connection, from: i64) -> rusqlite::Result<Looked> {
    let spans: HashMap<u32, Option<(i64, i64)>> = connection
        .prepare_cached("select id, first_period, last_period from series")?
        .query_map([], |row| {
            let first: Option<i64> = row.get(1)?;
            Ok((row.get(0)?, first.zip(row.get(2)?)))
        })?
        .collect::<Result<_, _>>()?;
    let mut statement =
        connection.prepare_cached("select key, blob from chunk where key >= ?1 order by key")?;
    let mut rows = statement.query([from])?;
    let mut looked = Looked {
        next: None,
        damaged: 0,
        disordered: false,
    };
    let (mut chunks, mut bytes, mut before) = (0, 0, None);
    while let Some(row) = rows.next()? {
        let key: i64 = row.get(0)?;
        if before.is_some_and(|before| key <= before) {
            looked.disordered = true;
            return Ok(looked);
        }
        if chunks == CHUNKS || bytes >= BYTES {
            looked.next = Some(key);
            return Ok(looked);
        }
        before = Some(key);
        chunks += 1;
        let blob = row.get_ref(1)?.as_blob().unwrap_or_default();
        bytes += blob.len();
        let (period, span) = (schema::period(key), spans.get(&schema::series_of(key)));
        // What lies outside of its series' span is not found by anybody who asks.
        let is_within =
            |span: &Option<(i64, i64)>| span.is_some_and(|(first, last)| (first..=last).contains(&period));
        looked.disordered |= span.is_some_and(|span| !is_within(span));
        let whole = span.is_some() && Chunk::open(blob).is_ok_and(|chunk| period_of(chunk.last) == period);
        looked.damaged += u64::from(!whole);
    }
    Ok(looked)
}
