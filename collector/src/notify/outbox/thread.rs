//! The thread of an incident: the messages that tell of it, each with what came of it. What left together is one message.

use plenum_core::incident::timeline::{Course, Message};
use plenum_core::oncall::Reason;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{DeliveryState, Told};
use crate::database::{Order, from_json, known};

/// A row that went along with another's message is told with that, as long as the same came of both. Of a message its place is when it ended, while it waits when it was intended.
pub(super) const THREAD: &str = "
select id, created, channel, recipient, state, attempts, error, finished, next_attempt, message
from outbox as this indexed by outbox_incident
where incident = ?1 and (bundle is null or state is not (select state from outbox as lead where lead.id = this.bundle))
    and (coalesce(finished, created), id) {beyond} (?2, ?3)
order by coalesce(finished, created) {way}, id {way} limit ?4";
/// What a message tells: what it is about first.
pub(super) const TELLS: &str = "
select alarm, reason from outbox as this where id = ?1
union all
select alarm, reason from outbox as this indexed by outbox_bundle where bundle = ?1 and id <> ?1 and state = ?2";

/// The messages of an incident after an instant and a row in this order, each with its row.
pub(crate) fn thread(
    connection: &Connection,
    incident: u64,
    order: Order,
    (at, row): (i64, i64),
    limit: usize,
) -> rusqlite::Result<Vec<(i64, Message)>> {
    let mut statement = connection.prepare_cached(&order.of(THREAD))?;
    let rows = statement.query(params![incident, at, row, limit as i64])?;
    let found: Vec<(i64, DeliveryState, Message)> = known("outbox", rows, message)?;
    let mut messages = Vec::with_capacity(found.len());
    for (id, state, mut message) in found {
        message.tells = tells(connection, id, state)?;
        messages.push((id, message));
    }
    Ok(messages)
}

fn message(row: &Row<'_>) -> rusqlite::Result<(i64, DeliveryState, Message)> {
    let state: DeliveryState = row.get(4)?;
    let ended: Option<i64> = row.get(7)?;
    let told = row
        .get::<_, Option<String>>(9)?
        .map(|_| from_json::<Told>(row, 9))
        .transpose()?;
    let waits = state == DeliveryState::Waiting;
    let message = Message {
        intended: Timestamp::from_milliseconds(row.get(1)?),
        ended: ended.map(Timestamp::from_milliseconds),
        next_attempt: waits
            .then(|| row.get(8).map(Timestamp::from_milliseconds))
            .transpose()?,
        channel: row.get(2)?,
        to: row.get(3)?,
        course: state.into(),
        attempts: row.get(5)?,
        error: row.get(6)?,
        subject: told.map(|told| told.message.subject),
        tells: Vec::new(),
    };
    Ok((row.get(0)?, state, message))
}

fn tells(connection: &Connection, id: i64, state: DeliveryState) -> rusqlite::Result<Vec<(u64, Reason)>> {
    let mut statement = connection.prepare_cached(TELLS)?;
    known("outbox", statement.query(params![id, state])?, |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), from_json(row, 1)?))
    })
}

impl From<DeliveryState> for Course {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Waiting => Self::Waiting,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Failed => Self::GivenUp,
            DeliveryState::Replaced => Self::Replaced,
            DeliveryState::Withheld => Self::Withheld,
        }
    }
}
