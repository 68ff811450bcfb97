//! One event or many: the incidents' machine beside the engine, committed with it, and what screens ask of it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use plenum_core::alarms::{Alarm, Event};
use plenum_core::incident::{Changes, Incident, Incidents, Topology};
use plenum_core::site::Site;
use plenum_protocol::Timestamp;

use super::{Alarms, Shared};
use crate::database::{DatabaseError, incidents};

impl Alarms {
    /// Those before a number, the newest first, `limit` at most, each with its members; those that are open, or all.
    pub async fn incidents(
        &self,
        before: Option<u64>,
        all: bool,
        limit: usize,
    ) -> Result<Vec<Incident>, DatabaseError> {
        let read = move |connection: &rusqlite::Connection| incidents::page(connection, before, all, limit);
        self.0.database.read(read).await
    }

    /// Those that stand or stood since an instant, as whoever asks sees them, `limit` at most: those that stand first, then the newest. And whether there are more.
    pub async fn incidents_since(
        &self,
        at: Timestamp,
        limit: usize,
        sees: impl Fn(Incident) -> Option<Incident> + Send + 'static,
    ) -> Result<(Vec<Incident>, bool), DatabaseError> {
        let read = move |connection: &rusqlite::Connection| incidents::since(connection, at, limit, sees);
        self.0.database.read(read).await
    }

    /// The incident with this number, whatever became of it.
    pub async fn incident(&self, id: u64) -> Result<Option<Incident>, DatabaseError> {
        let read = move |connection: &rusqlite::Connection| incidents::one(connection, id);
        self.0.database.read(read).await
    }

    /// The incident that an alarm is a member of, or was the last time.
    pub fn incident_of(&self, alarm: u64) -> Option<u64> {
        let of = self.0.incident_of.read().unwrap_or_else(PoisonError::into_inner);
        of.get(&alarm).copied()
    }
}

impl Shared {
    /// Which incidents alarms belong to can be seen from here on.
    pub(super) fn note(&self, changes: &Changes) {
        let mut of = self.incident_of.write().unwrap_or_else(PoisonError::into_inner);
        let members = changes.members.iter();
        of.extend(members.map(|(incident, member)| (member.alarm, *incident)));
    }

    /// Alarms that are of another incident now, beside those that changed themselves.
    pub(super) fn moved(&self, changes: &Changes, changed: &BTreeMap<u64, Alarm>) -> Vec<Alarm> {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        let members = changes.members.iter().map(|(_, member)| member.alarm);
        let moved = members.filter(|alarm| !changed.contains_key(alarm));
        moved.filter_map(|alarm| view.get(&alarm).cloned()).collect()
    }
}

/// The machine with the site that it goes by.
pub(super) struct Grouping {
    incidents: Incidents,
    topology: Topology,
    site: Arc<Site>,
}

impl Grouping {
    /// As it was left.
    pub(super) fn new(left: Option<Incidents>, alarms: &BTreeMap<u64, Alarm>, site: Arc<Site>) -> Self {
        let topology = Topology::of(&site);
        let incidents = left.unwrap_or_else(|| Incidents::begin(alarms.values(), &topology));
        Self {
            incidents,
            topology,
            site,
        }
    }

    /// Takes transitions in their order, under the site that is in force by then. Gives what is to be written down.
    pub(super) fn take(&mut self, transitions: &[(Alarm, Event)], site: &Arc<Site>) -> Changes {
        if !Arc::ptr_eq(&self.site, site) {
            self.topology = Topology::of(site);
            self.site = site.clone();
        }
        for (alarm, event) in transitions {
            self.incidents.apply(alarm, event.at, &self.topology);
        }
        self.incidents.take_changes()
    }
}
