//! The figures of the alarms themselves over a period.

use std::collections::HashMap;

use plenum_core::alarms::figures::{About, Figures, Fold, LOOKBACK};
use plenum_protocol::Timestamp;

use super::Alarms;
use crate::alarms::{figures, store};
use crate::database::DatabaseError;

impl Alarms {
    /// The figures of `from..to`, which is not empty, for so many people.
    pub async fn figures(
        &self,
        (from, to): (Timestamp, Timestamp),
        operators: u32,
    ) -> Result<Figures, DatabaseError> {
        let read = move |connection: &rusqlite::Connection| {
            // By the database as the log is: what screens see comes a moment after the commit.
            let alarms = store::alarms(connection)?.into_iter().map(|alarm| {
                let about = About {
                    priority: alarm.priority,
                    latched: alarm.latched,
                };
                (alarm.id, about)
            });
            let alarms: HashMap<u64, About> = alarms.collect();
            let numbers: Vec<u64> = alarms.keys().copied().collect();
            let openings = figures::openings(connection, &numbers, from - LOOKBACK)?;
            let mut fold = Fold::new((from, to), operators, openings);
            for step in figures::steps(connection, from - LOOKBACK, to)? {
                fold.step(&step);
            }
            Ok(fold.finish(|alarm| alarms.get(&alarm).copied()))
        };
        self.0.database.read(read).await
    }
}
