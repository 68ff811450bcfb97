//! What became of the messages that called somebody for one occurrence of an alarm: when each was written, and when its provider took it.

use plenum_core::drill::Carried;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, params};

use super::DeliveryState;

/// The oldest first.
pub(super) const CARRIED: &str = r#"
select channel, recipient, created, state, finished, error from outbox
where alarm = ?1 and created >= ?2 and reason in ('"first"', '"stands-again"', '"reminder"') order by id limit 200"#;

/// The messages about an alarm that were written since an instant.
pub(crate) fn carried(
    connection: &Connection,
    alarm: u64,
    since: Timestamp,
) -> rusqlite::Result<Vec<Carried>> {
    let mut statement = connection.prepare_cached(CARRIED)?;
    let rows = statement.query_map(params![alarm.cast_signed(), since.milliseconds()], |row| {
        let finished: Option<i64> = row.get(4)?;
        let finished = finished.map(Timestamp::from_milliseconds);
        let is_taken = row.get::<_, DeliveryState>(3)? == DeliveryState::Sent;
        Ok(Carried {
            channel: row.get(0)?,
            recipient: row.get(1)?,
            sent: Timestamp::from_milliseconds(row.get(2)?),
            taken: finished.filter(|_| is_taken),
            why: row.get(5)?,
        })
    })?;
    rows.collect()
}
