//! Puts the messages that transitions call for into the outbox, inside the commit that logs the transitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use plenum_core::alarms::{Alarm, Event};
use plenum_core::site::Site;
use plenum_protocol::{Clock, Timestamp};
use rusqlite::Connection;
use tokio::sync::Notify;

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
}

impl Outbox {
    /// Tells everything; the courier waits on `wake`.
    pub fn new(clock: Arc<dyn Clock>, wake: Arc<Notify>) -> Self {
        Self {
            clock,
            deliver_from: AtomicI64::new(i64::MIN),
            wake,
        }
    }

    /// What happened before this instant is not told: history that is played in.
    pub fn deliver_from(&self, instant: Timestamp) {
        self.deliver_from.store(instant.milliseconds(), Ordering::Relaxed);
    }
}

impl Annunciator for Outbox {
    fn annunciate(
        &self,
        connection: &Connection,
        transitions: &[(Alarm, Event)],
        site: &Site,
    ) -> rusqlite::Result<()> {
        let deliver_from = Timestamp::from_milliseconds(self.deliver_from.load(Ordering::Relaxed));
        outbox::intend(connection, transitions, site, self.clock.now(), deliver_from).map(drop)
    }

    fn welcome(&self, connection: &Connection, standing: &[Alarm], site: &Site) -> rusqlite::Result<()> {
        let deliver_from = Timestamp::from_milliseconds(self.deliver_from.load(Ordering::Relaxed));
        outbox::intend_for_newcomers(connection, standing, site, self.clock.now(), deliver_from).map(drop)
    }

    fn committed(&self) {
        self.wake.notify_one();
    }
}
