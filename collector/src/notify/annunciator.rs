//! Puts the messages that transitions call for into the outbox, inside the commit that logs the transitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use plenum_core::alarms::{Alarm, Event};
use plenum_core::site::Site;
use plenum_protocol::{Clock, Timestamp};
use rusqlite::Connection;
use tokio::sync::Notify;

use super::calls::{self, Touched};
use super::outbox;

/// Who is told of transitions, inside the commit that logs them.
pub trait Annunciator: Send + Sync {
    /// Writes the messages that are to be sent because of these transitions, in their transaction.
    fn annunciate(
        &self,
        connection: &Connection,
        transitions: &[(Alarm, Event)],
        site: &Site,
    ) -> rusqlite::Result<()>;

    /// Writes the messages to whoever has come on a channel with a revision of the site, while these alarms stand.
    fn welcome(&self, _: &Connection, _: &[Alarm], _: &Site) -> rusqlite::Result<()> {
        Ok(())
    }

    /// The transaction is durable: what was written may be sent.
    fn committed(&self) {}
}

/// An annunciator that tells nobody: history that is played in, and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Muted;

impl Annunciator for Muted {
    fn annunciate(&self, _: &Connection, _: &[(Alarm, Event)], _: &Site) -> rusqlite::Result<()> {
        Ok(())
    }
}

/// Writes to the outbox and wakes the courier.
pub struct Outbox {
    clock: Arc<dyn Clock>,
    deliver_from: AtomicI64,
    wake: Arc<Notify>,
    touched: Touched,
}

impl Outbox {
    /// Tells everything; the courier waits on `wake`.
    pub fn new(clock: Arc<dyn Clock>, wake: Arc<Notify>) -> Self {
        Self {
            clock,
            deliver_from: AtomicI64::new(i64::MIN),
            wake,
            touched: Touched::default(),
        }
    }

    /// What happened before this instant is not told: history that is played in.
    pub fn deliver_from(&self, instant: Timestamp) {
        self.deliver_from.store(instant.milliseconds(), Ordering::Relaxed);
    }

    /// Since when what happened is told.
    pub(crate) fn delivers_from(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.deliver_from.load(Ordering::Relaxed))
    }

    /// Messages were written that may leave.
    pub(super) fn carry(&self) {
        self.wake.notify_one();
    }

    /// The incidents that something has happened to.
    pub(super) fn touched(&self) -> &Touched {
        &self.touched
    }
}

impl Annunciator for Outbox {
    fn annunciate(
        &self,
        connection: &Connection,
        transitions: &[(Alarm, Event)],
        site: &Site,
    ) -> rusqlite::Result<()> {
        for (alarm, _) in transitions {
            self.touched.add(calls::incident_of(connection, alarm.id)?);
        }
        let from = self.delivers_from();
        outbox::intend(connection, transitions, site, self.clock.now(), from).map(drop)
    }

    fn welcome(&self, connection: &Connection, standing: &[Alarm], site: &Site) -> rusqlite::Result<()> {
        let from = self.delivers_from();
        outbox::intend_for_newcomers(connection, standing, site, self.clock.now(), from).map(drop)
    }

    fn committed(&self) {
        self.wake.notify_one();
        self.touched.wake();
    }
}
