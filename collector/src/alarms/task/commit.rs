//! One commit of the engine: alarms, log, intended messages, state and cursor in one transaction.

use std::sync::Arc;

use plenum_core::alarms::{Alarm, Event};
use plenum_core::incident::Changes;
use plenum_core::site::Site;
use plenum_core::work::Work;
use rusqlite::Connection;

use super::READER;
use crate::alarms::store;
use crate::database::{incidents, notes, works};
use crate::journal::store_cursor;
use crate::notify::{Annunciator, calls, outbox};

/// One commit of the engine.
pub(super) struct Commit {
    /// What stands, where the site is another since the last commit: whoever has come on a channel is told of it.
    pub(super) standing: Vec<Alarm>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) transitions: Vec<(Alarm, Event)>,
    pub(super) works: Vec<Work>,
    pub(super) changes: store::Changes,
    pub(super) incidents: Changes,
    pub(super) number: u64,
    pub(super) site: Arc<Site>,
    pub(super) annunciator: Arc<dyn Annunciator>,
}

impl Commit {
    pub(super) fn run(&self, connection: &Connection) -> rusqlite::Result<()> {
        for (_, event) in &self.transitions {
            store::log_event(connection, event)?;
        }
        for alarm in &self.alarms {
            store::keep_alarm(connection, alarm)?;
        }
        for work in &self.works {
            works::keep(connection, work)?;
        }
        incidents::keep(connection, &self.incidents)?;
        outbox::joined(connection, &self.incidents)?;
        notes::joined(connection, &self.incidents)?;
        calls::joined(connection, &self.incidents)?;
        if !self.transitions.is_empty() {
            self.annunciator
                .annunciate(connection, &self.transitions, &self.site)?;
        }
        if !self.standing.is_empty() {
            self.annunciator.welcome(connection, &self.standing, &self.site)?;
        }
        store::keep_engine(connection, &self.changes)?;
        store_cursor(connection, READER, self.number)
    }
}
