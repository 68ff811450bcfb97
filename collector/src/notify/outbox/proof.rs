//! What is heard of a delivery after it was taken: that the telephone has it, or that it does not arrive.

use plenum_protocol::{Duration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::back_off;

/// What stands beside a delivery that somebody on the way took.
pub(super) const UNPROVED: &str = "the network took it; the telephone has not confirmed it yet";

/// Nothing is heard of a delivery later than this.
const HEARD_WITHIN: Duration = Duration::from_hours(2);

/// The row of a delivery that was taken lately, whom it was for, and the attempts at it.
fn taken(connection: &Connection, key: &str, now: Timestamp) -> rusqlite::Result<Option<(i64, String, u32)>> {
    connection
        .query_row(
            "select id, recipient, attempts from outbox indexed by outbox_finished where finished > ?2 and state = 'sent' and key = ?1",
            params![key, (now - HEARD_WITHIN).milliseconds()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()
}

/// The telephone has it. Gives whose; none where it is not known, or not any more.
pub(in crate::notify) fn proved(
    connection: &Connection,
    key: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    let Some((id, recipient, _)) = taken(connection, key, now)? else {
        return Ok(None);
    };
    connection.execute(
        "update outbox set error = null where id = ?1 or bundle = ?1",
        [id],
    )?;
    Ok(Some(recipient))
}

/// It does not arrive: it is told anew as things stand then, after a while as whatever fails, unless a later message went to the same one about the same alarm. Gives to
/// whom it went; none where it is not known, or not any more.
pub(in crate::notify) fn undelivered(
    connection: &Connection,
    key: &str,
    why: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    let Some((id, recipient, attempts)) = taken(connection, key, now)? else {
        return Ok(None);
    };
    let anew = connection.execute(
        "update outbox as this set error = ?2, state = 'waiting', next_attempt = ?3, finished = null
         where (id = ?1 or bundle = ?1) and state = 'sent' and not exists (
             select 1 from outbox as later indexed by outbox_queue
             where later.alarm = this.alarm and later.channel = this.channel and later.recipient = this.recipient and later.id > this.id)",
        params![id, why, (now + back_off(attempts)).milliseconds()],
    )?;
    if anew == 0 {
        connection.execute(
            "update outbox set error = ?2, state = 'failed' where id = ?1 or bundle = ?1 and state = 'sent'",
            params![id, why],
        )?;
    }
    Ok(Some(recipient))
}

/// What waits over a channel is tried now: it is well again.
pub(in crate::notify) fn hurry(
    connection: &Connection,
    channel: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .execute(
            "update outbox set next_attempt = ?2 where channel = ?1 and state = 'waiting' and next_attempt > ?2",
            params![channel, now.milliseconds()],
        )
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, filled};
    use super::super::{DeliveryState, waiting};
    use super::*;

    const KEY: &str = "sms Sent 0";

    fn error(connection: &Connection) -> rusqlite::Result<Option<String>> {
        connection.query_row("select error from outbox where key = ?1", [KEY], |row| row.get(0))
    }

    #[test]
    fn what_was_taken_is_proved_or_told_anew_unless_something_newer_went() {
        let (_folder, database) = filled(&[("sms", DeliveryState::Sent, 1)]);
        let tried = database.write_blocking(|connection| {
            connection.execute("update outbox set error = ?1, message = '{}'", [UNPROVED])?;
            assert_eq!(proved(connection, "another", NOW)?, None);
            assert_eq!(error(connection)?.as_deref(), Some(UNPROVED));
            assert_eq!(proved(connection, KEY, NOW)?.as_deref(), Some(KEY));
            assert_eq!(error(connection)?, None);
            assert_eq!(undelivered(connection, "another", "no", NOW)?, None);
            assert_eq!(undelivered(connection, KEY, "no", NOW)?.as_deref(), Some(KEY));
            assert_eq!(
                (waiting(connection)?, error(connection)?.as_deref()),
                (1, Some("no"))
            );
            assert_eq!(undelivered(connection, KEY, "no", NOW)?, None, "once");
            connection.execute(
                "update outbox set next_attempt = ?1",
                [(NOW + Duration::from_minutes(5)).milliseconds()],
            )?;
            hurry(connection, "sms", NOW)?;
            connection.query_row("select next_attempt from outbox", [], |row| row.get::<_, i64>(0))
        });
        assert_eq!(tried.unwrap(), NOW.milliseconds());
        let (_folder, database) = filled(&[("sms", DeliveryState::Sent, 2)]);
        let tried = database.write_blocking(|connection| {
            connection.execute("update outbox set recipient = 'anna'", [])?;
            assert_eq!(undelivered(connection, KEY, "no", NOW)?.as_deref(), Some("anna"));
            connection.query_row("select state from outbox where key = ?1", [KEY], |row| {
                row.get::<_, String>(0)
            })
        });
        assert_eq!(tried.unwrap(), "failed");
    }
}
