//! Who hears of the incidents of a commit's alarms.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use plenum_core::alarms::Alarm;
use plenum_core::site::Site;
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::queue;
use crate::notify::calls::{self, Hearers};

/// Who hears of the incidents of several alarms, each looked up once.
pub(super) struct Hearing<'a> {
    site: &'a Site,
    known: BTreeMap<i64, Hearers>,
}

impl<'a> Hearing<'a> {
    pub(super) fn new(site: &'a Site) -> Self {
        let known = BTreeMap::new();
        Self { site, known }
    }

    /// Somebody is to be called for an alarm: whoever a ladder comes to, where one takes it.
    pub(super) fn begin(
        &mut self,
        connection: &Connection,
        alarm: &Alarm,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        let incident = queue::incident_of(connection, alarm.id)?;
        if let Ok(number) = u64::try_from(incident)
            && calls::begin(connection, number, alarm, self.site, now)?
        {
            self.known.remove(&incident);
        }
        Ok(())
    }

    pub(super) fn of(&mut self, connection: &Connection, alarm: &Alarm) -> rusqlite::Result<&Hearers> {
        let incident = queue::incident_of(connection, alarm.id)?;
        Ok(match self.known.entry(incident) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Hearers::of(connection, incident, self.site)?),
        })
    }
}
