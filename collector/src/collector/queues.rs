//! The collector's queues as `/metrics` shows them: how much waits, how much may, and what was turned away.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use plenum_core::fact::SystemCondition;
use tokio::sync::{mpsc, watch};

use super::Collector;
use crate::broker::{BrokerCounters, Commands, Incoming};
use crate::notify::courier::Courier;

/// A queue at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// What it is called.
    pub name: &'static str,
    /// What waits in it.
    pub length: u64,
    /// What may wait in it; none where only the disk is a bound.
    pub capacity: Option<u64>,
    /// What it turned away since the start. A queue whose writers wait drops nothing.
    pub dropped: u64,
}

/// What there is to be seen of the parts that begin when the doors open.
pub struct Running {
    /// What the broker counts.
    pub broker: Arc<BrokerCounters>,
    /// Who asks agents for something.
    pub commands: Commands,
    /// What the connection to a broker elsewhere counts.
    pub link: Option<Arc<plenum_link::mqtt::Counters>>,
    /// Whether agents' packets can reach us.
    pub connected: watch::Receiver<bool>,
    /// What carries messages.
    pub(crate) pager: Arc<Courier>,
    /// Seen without being held open: each ends when its writers are gone.
    pub(crate) packets: mpsc::WeakSender<Incoming>,
    pub(crate) conditions: mpsc::WeakSender<SystemCondition>,
}

impl Collector {
    /// Every queue, always in the same order.
    pub fn queues(&self) -> [Queue; 6] {
        let running = self.running.get();
        let (waiting, failed) = (&self.deliveries.waiting, &self.deliveries.failed);
        let refused = running.map_or(0, |running| running.broker.refused_full.load(Ordering::Relaxed));
        let length = |name, (length, capacity): (usize, usize), dropped| Queue {
            name,
            length: length as u64,
            capacity: Some(capacity as u64),
            dropped,
        };
        [
            length(
                "packets",
                running.map_or((0, 0), |running| {
                    (running.broker.waiting_packets(), weak(&running.packets).1)
                }),
                refused,
            ),
            length("commands", held(&self.intake), 0),
            length(
                "conditions",
                running.map_or((0, 0), |running| weak(&running.conditions)),
                0,
            ),
            Queue {
                name: "messages",
                length: waiting.load(Ordering::Relaxed),
                capacity: None,
                dropped: failed.load(Ordering::Relaxed),
            },
            length("plenum.db", self.database.queue(), 0),
            length(
                "history.db",
                self.history.database().map_or((0, 0), |history| history.queue()),
                0,
            ),
        ]
    }
}

/// Length and capacity.
fn held<T>(queue: &mpsc::Sender<T>) -> (usize, usize) {
    let most = queue.max_capacity();
    (most - queue.capacity(), most)
}

fn weak<T>(queue: &mpsc::WeakSender<T>) -> (usize, usize) {
    queue.upgrade().map_or((0, 0), |queue| held(&queue))
}
