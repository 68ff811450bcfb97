//! The entry that is being gathered: closures of one group commit add to it, its end writes it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenum_core::fact::{Entry, Item};
use plenum_protocol::{Clock, Timestamp};
use rusqlite::{Connection, params};
use tokio::sync::watch;

use super::frame;
use super::head::{Head, HeadWitness};
use super::log::Counters;
use super::recent::Recent;
use crate::database::{GroupHook, Witness};

/// The entry in the making, as a closure sees it.
#[derive(Debug)]
pub struct Group {
    number: u64,
    received: Timestamp,
    items: Vec<Item>,
}

impl Group {
    /// The number that the entry will have.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The commit's instant; never goes back from entry to entry.
    pub fn received(&self) -> Timestamp {
        self.received
    }

    /// Adds a fact.
    pub fn push(&mut self, item: Item) {
        self.items.push(item);
    }

    /// Takes the facts from `length` on out again.
    pub fn split_off(&mut self, length: usize) -> Vec<Item> {
        self.items.split_off(length)
    }

    pub(super) fn extend(&mut self, items: Vec<Item>) {
        self.items.extend(items);
    }

    /// How many facts it has so far: the index of the next.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a group that is empty is nobody's question"
    )]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Forgets the facts from `length` on.
    pub fn truncate(&mut self, length: usize) {
        self.items.truncate(length);
    }
}

/// The group, shared between the hook and the closures; both run on the writer thread.
#[derive(Clone)]
pub(super) struct Gathering(Arc<Mutex<Group>>);

impl Gathering {
    pub(super) fn new(head: &Head) -> Self {
        Self(Arc::new(Mutex::new(Group {
            number: head.number + 1,
            received: head.received,
            items: Vec::new(),
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Group> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct JournalHook {
    pub(super) gathering: Gathering,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) head: Head,
    pub(super) sealed: Option<(Head, u64)>,
    pub(super) witness: Arc<HeadWitness>,
    pub(super) recent: Arc<Recent>,
    pub(super) counters: Arc<Counters>,
    pub(super) announce: watch::Sender<u64>,
}

impl GroupHook for JournalHook {
    fn begin(&mut self) {
        let mut group = self.gathering.lock();
        group.number = self.head.number + 1;
        group.received = self.head.received.max(self.clock.now());
        group.items.clear();
        self.sealed = None;
    }

    fn seal(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let group = self.gathering.lock();
        if group.items.is_empty() {
            return Ok(());
        }
        let (blob, hash) = frame::seal(group.number, group.received, &group.items, &self.head.hash);
        connection
            .prepare_cached("insert into journal values (?1, ?2)")?
            .execute(params![group.number, blob])?;
        let head = Head {
            number: group.number,
            received: group.received,
            hash,
        };
        self.sealed = Some((head, blob.len() as u64));
        Ok(())
    }

    /// Readers have it at once; who wrote it is told when `journal.head` names it on the disk.
    fn committed(&mut self) -> Option<Arc<dyn Witness>> {
        let (head, bytes) = self.sealed.take()?;
        self.head = head;
        self.witness.committed(head);
        let items = std::mem::take(&mut self.gathering.lock().items);
        self.counters.committed(&items, bytes);
        self.recent.push(Entry {
            number: head.number,
            received: head.received,
            items,
        });
        self.announce.send_replace(head.number);
        Some(self.witness.clone())
    }

    fn rolled_back(&mut self) {
        self.gathering.lock().items.clear();
        self.sealed = None;
    }
}
