//! Acknowledgement links: a secret that stands for one occurrence of one alarm and one person, of which the hash alone is kept.

use plenum_core::alarms::Alarm;
use plenum_protocol::{Duration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

/// How long a link works, from the last attempt that carried it.
const LIFE: Duration = Duration::from_hours(24);

/// What an acknowledgement link stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The number of the alarm that it acknowledges.
    pub alarm: u64,
    /// The occurrence: when it was raised. A later one needs a link of its own.
    pub raised_at: Timestamp,
    /// The person who got it, as the site names them.
    pub person: String,
    /// The number of the delivery that carried it first; 0 where an earlier program gave it out.
    pub delivery: i64,
}

/// The secret that a message to a person carries. `earlier`: of an attempt that may have arrived, so that one link does for both; where that is over
/// or stands for an earlier occurrence there is another.
pub fn secret_for(
    connection: &Connection,
    (alarm, delivery): (&Alarm, i64),
    person: &str,
    earlier: Option<String>,
    now: Timestamp,
) -> rusqlite::Result<String> {
    let (raised, expires) = (alarm.raised_at.milliseconds(), (now + LIFE).milliseconds());
    let hash = |secret: &str| Sha256::digest(secret).to_vec();
    if let Some(secret) = earlier {
        let renewed = connection.execute(
            "update acknowledge_link set expires = ?5 where hash = ?1 and alarm = ?2 and raised = ?3 and person = ?4",
            params![hash(&secret), alarm.id as i64, raised, person, expires],
        )?;
        if renewed > 0 {
            return Ok(secret);
        }
    }
    let secret = hex::encode(rand::random::<[u8; 24]>());
    connection.execute(
        "insert into acknowledge_link (hash, alarm, raised, person, expires, delivery) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![hash(&secret), alarm.id as i64, raised, person, expires, delivery],
    )?;
    Ok(secret)
}

/// What a link's secret stands for; `None` if it never was one or is over.
pub fn link(connection: &Connection, secret: &str, now: Timestamp) -> rusqlite::Result<Option<Link>> {
    connection
        .query_row(
            "select alarm, raised, person, delivery from acknowledge_link where hash = ?1 and expires >= ?2",
            params![Sha256::digest(secret).as_slice(), now.milliseconds()],
            |row| {
                Ok(Link {
                    alarm: row.get::<_, i64>(0)? as u64,
                    raised_at: Timestamp::from_milliseconds(row.get(1)?),
                    person: row.get(2)?,
                    delivery: row.get(3)?,
                })
            },
        )
        .optional()
}

/// Forgets the links that are over.
pub(super) fn prune(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .execute(
            "delete from acknowledge_link where expires < ?1",
            [now.milliseconds()],
        )
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, alarm, filled};
    use super::*;

    #[test]
    fn the_link_of_an_attempt_is_carried_on_as_long_as_it_takes_this_occurrence() {
        let (_folder, database) = filled(&[]);
        let again = Alarm {
            raised_at: NOW + Duration::from_minutes(1),
            ..alarm()
        };
        let day = Duration::from_hours(24);
        let tried = database.write_blocking(move |connection| {
            let secret = |alarm: &Alarm, person, earlier: &str, now| {
                secret_for(connection, (alarm, 5), person, Some(earlier.to_owned()), now)
            };
            let first = secret_for(connection, (&alarm(), 5), "anna", None, NOW)?;
            let later = NOW + day;
            assert_eq!(secret(&alarm(), "anna", &first, later)?, first);
            assert!(link(connection, &first, later + day)?.is_some(), "it was renewed");
            // An alarm that went and came: the link for what went takes nothing.
            let of_again = secret(&again, "anna", &first, NOW)?;
            assert_eq!(
                link(connection, &of_again, NOW)?.unwrap().raised_at,
                again.raised_at
            );
            assert_ne!(secret(&alarm(), "bert", &first, NOW)?, first);
            prune(connection, later + day + day)?;
            let late = secret(&alarm(), "anna", &first, later + day + day)?;
            Ok(late != first && link(connection, &late, later + day + day)?.is_some())
        });
        assert!(tried.unwrap());
    }
}
