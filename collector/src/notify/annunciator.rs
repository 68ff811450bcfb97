//! Puts the messages that transitions call for into the outbox, inside the commit that logs the transitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use plenum_protocol::{Clock, Timestamp};
use rusqlite::Connection;
use tokio::sync::Notify;

use super::outbox;
use crate::alarms::Annunciator;
use plenum_core::alarms::{Alarm, Event};
use plenum_core::site::Site;

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

    fn committed(&self) {
        self.wake.notify_one();
    }
}
