//! The alarms' log: transitions, and when alarms stood.

use plenum_core::alarms::{Alarm, Episode, Event};
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::Alarms;
use crate::alarms::store::{self, EventCursor};
use crate::database::DatabaseError;

impl Alarms {
    /// The log from `from` to before `to`, in the order of the instants.
    pub async fn events(
        &self,
        from: Timestamp,
        to: Timestamp,
        after: Option<EventCursor>,
        limit: usize,
    ) -> Result<(Vec<Event>, Option<EventCursor>), DatabaseError> {
        self.0
            .database
            .read(move |connection| store::events(connection, from, to, after, limit))
            .await
    }

    /// An alarm's own log, the newest first.
    pub async fn events_of(&self, alarm: u64, limit: usize) -> Result<Vec<Event>, DatabaseError> {
        self.0
            .database
            .read(move |connection| store::events_of(connection, alarm, limit))
            .await
    }

    /// When alarms stood within `from..to`, the newest first, `limit` at most.
    pub async fn episodes(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Alarm, Episode)>, DatabaseError> {
        // An alarm that was last raised before the period and has returned before it has no episode in it.
        let mut asked = self.alarms(true);
        asked.retain(|alarm| {
            alarm.raised_at >= from
                || alarm.is_open()
                || alarm.returned_at.is_none_or(|returned| returned >= from)
        });
        let read = move |connection: &Connection| {
            let mut all = Vec::new();
            for alarm in asked {
                for episode in store::episodes(connection, alarm.id, from, to)? {
                    all.push((alarm.clone(), episode));
                }
            }
            all.sort_by_key(|(_, episode)| std::cmp::Reverse((episode.raised_at, episode.alarm)));
            all.truncate(limit);
            Ok(all)
        };
        self.0.database.read(read).await
    }

    /// When one alarm stood within `from..to`, the newest first.
    pub async fn episodes_of(
        &self,
        alarm: u64,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Episode>, DatabaseError> {
        self.0
            .database
            .read(move |connection| store::episodes(connection, alarm, from, to))
            .await
    }
}
