//! What happened in an incident, read from the logs as they are: the alarms' log, the outbox, and what people noted. Nothing of it is kept a second time.

use plenum_core::alarms::cover::LINGERS;
use plenum_core::authority::Actor;
use plenum_core::incident::Incident;
use plenum_core::incident::note::{self, NoteError};
use plenum_core::incident::timeline::{Happened, Note};
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::Collector;
use crate::alarms::store::{self, Span};
use crate::database::{DatabaseError, Order, incidents, notes};
use crate::notify::outbox;

/// Where a page of a timeline ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The instant in milliseconds.
    pub at: i64,
    /// Of which log, in the order in which they are told at one instant.
    pub of: u8,
    /// The row there.
    pub row: i64,
}

/// Why nothing is noted.
#[derive(Debug, thiserror::Error)]
pub enum NotingError {
    /// It is not a note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// There is no such incident.
    #[error("there is no incident {0}")]
    NoIncident(u64),
    /// It has no room for more.
    #[error(
        "there are {} notes on this incident already: write a report of your own and name the incident in it",
        notes::MOST
    )]
    Many,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Collector {
    /// The incident with this number, or the whole that it turned out to be part of.
    pub async fn whole_incident(&self, id: u64) -> Result<Option<Incident>, DatabaseError> {
        let read = move |connection: &Connection| incidents::whole(connection, id);
        self.database.read(read).await
    }

    /// What happened in an incident after a place in this order, `limit` at most, and where it goes on if there is more.
    pub async fn timeline(
        &self,
        incident: Incident,
        order: Order,
        after: Option<Place>,
        limit: usize,
    ) -> Result<(Vec<Happened>, Option<Place>), DatabaseError> {
        let read = move |connection: &Connection| page(connection, &incident, (order, after), limit);
        self.database.read(read).await
    }

    /// What was noted about any incident from an instant on and whoever asks sees, the oldest first: the newest `limit` of it, and whether there is more. `part` is what they
    /// see of an incident, if anything; by that they see a note or not.
    pub async fn notes_since<Part>(
        &self,
        at: Timestamp,
        limit: usize,
        part: impl Fn(Incident) -> Option<Part> + Send + 'static,
        sees: impl Fn(&Part, &Note) -> bool + Send + 'static,
    ) -> Result<(Vec<Note>, bool), DatabaseError> {
        let read = move |connection: &Connection| notes::since(connection, at, limit, (part, sees));
        self.database.read(read).await
    }

    /// Notes something about an incident in somebody's name.
    ///
    /// # Errors
    /// [`NotingError`] says why it is not noted.
    pub async fn note(
        &self,
        incident: u64,
        by: Actor,
        text: &str,
        now: Timestamp,
    ) -> Result<Note, NotingError> {
        let text = note::written(text)?;
        let noted = self.database.write(move |connection| {
            // As it is now: since it was looked at it may have become part of another.
            let Some(whole) = incidents::whole(connection, incident)? else {
                return Ok(Err(NotingError::NoIncident(incident)));
            };
            let note = notes::add(connection, whole.id, (&by, now), &text)?;
            Ok(note.ok_or(NotingError::Many))
        });
        noted.await?
    }
}

/// A page of the three logs as one.
fn page(
    connection: &Connection,
    incident: &Incident,
    (order, after): (Order, Option<Place>),
    limit: usize,
) -> rusqlite::Result<(Vec<Happened>, Option<Place>)> {
    // One more tells whether there is more.
    let wanted = limit.saturating_add(1);
    let from = |of: u8| match after {
        None => order.start(),
        Some(place) if of == place.of => (place.at, place.row),
        Some(place) if of < place.of => (place.at, i64::MAX),
        Some(place) => (place.at, i64::MIN),
    };
    let mut all: Vec<(Place, Happened)> = Vec::new();
    let mut take = |of: u8, row: i64, happened: Happened| {
        let at = happened.at().milliseconds();
        all.push((Place { at, of, row }, happened));
    };
    let spans = spans(connection, incident)?;
    for ((_, row), event) in store::events_within(connection, &spans, order, from(0), wanted)? {
        take(0, row, Happened::Alarm(event));
    }
    for note in notes::page(connection, incident.id, order, from(1), wanted)? {
        take(1, note.number, Happened::Note(note));
    }
    for (row, message) in outbox::thread(connection, incident.id, order, from(2), wanted)? {
        take(2, row, Happened::Message(message));
    }
    all.sort_by_key(|(place, _)| *place);
    if order == Order::Newest {
        all.reverse();
    }
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|(place, _)| *place);
    Ok((all.into_iter().map(|(_, happened)| happened).collect(), next))
}

/// Which part of each member's log is this incident's: from when it was raised in it until it was raised in another; and where the incident is over, until the alarm was as
/// if it had never been, for the answers that come after.
fn spans(connection: &Connection, incident: &Incident) -> rusqlite::Result<Vec<Span>> {
    let mut spans = Vec::with_capacity(incident.members.len());
    for member in &incident.members {
        let over = incident.over_at.map(|over| over + LINGERS);
        let until = match (over, member.over_at) {
            (Some(over), Some(ended)) => {
                let normal = store::normal_from(connection, member.alarm, ended)?;
                normal.map_or(Timestamp::MAX, |normal| normal.max(over))
            }
            _ => Timestamp::MAX,
        };
        let elsewhere = incidents::elsewhere(connection, incident.id, member)?;
        let before = |at: Timestamp| Timestamp::from_milliseconds(at.milliseconds() - 1);
        spans.push((
            member.alarm,
            member.raised_at,
            elsewhere.map_or(until, |at| until.min(before(at))),
        ));
    }
    Ok(spans)
}

#[cfg(test)]
mod tests;
